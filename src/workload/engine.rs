use std::fmt;

use serde::{Deserialize, Serialize};

use super::Tls;
use super::engines;
use crate::image::ImageName;

/// What runs in a workload's members, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// The protocol.
    pub kind: EngineKind,
    /// What the server is called: `TimescaleDB`, `Redis`. Empty where nobody has looked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub product: String,
    /// How it was recognised, as a sentence fragment: `its image postgres:16`. Empty where nobody has looked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recognised_by: String,
    /// The container that runs it.
    pub container: String,
    /// The image as the manifest names it.
    pub image: String,
    /// The port it listens on.
    pub port: u16,
    /// Where it keeps its data, as image and environment have it; for files over HTTP the first claim's mount.
    /// Empty where it keeps none.
    pub data_directory: String,
    /// Whether connections to it are encrypted.
    #[serde(default, skip_serializing_if = "Tls::is_default")]
    pub tls: Tls,
}

impl Engine {
    /// The version that the image's tag asks for: `16` for `postgres:16-alpine`, `8.0` for `mysql:8.0`. None where it
    /// names none, and where the image is not the engine's official one, whose versions are its own.
    #[must_use]
    pub fn version_asked(&self) -> Option<&str> {
        let official = engines::is_official(&self.image, self.kind);
        ImageName::parse(&self.image).version().filter(|_| official)
    }
}

/// What the server is called, and whose protocol it is spoken to in where that is another's.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.to_string();
        match self.kind {
            EngineKind::Other => write!(f, "{}, which stateproof does not speak", self.product),
            // Whatever the web server is called, what counts is the files.
            EngineKind::Http | EngineKind::Unknown => f.write_str(&kind),
            _ if self.product.is_empty() || self.product == kind => f.write_str(&kind),
            _ => write!(f, "{}, spoken to as {kind}", self.product),
        }
    }
}

/// The database engines that stateproof speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EngineKind {
    /// PostgreSQL.
    #[serde(rename = "PostgreSQL")]
    PostgreSql,
    /// MySQL.
    #[serde(rename = "MySQL")]
    MySql,
    /// MongoDB.
    #[serde(rename = "MongoDB")]
    MongoDb,
    /// Files on a volume, and a web server that answers over HTTP (nginx).
    #[serde(rename = "HTTP")]
    Http,
    /// One that stateproof does not speak: nothing is written, the rest is proven all the same.
    #[serde(rename = "other")]
    Other,
    /// None that is known, or none that matters: the set is expected to fail before anybody could speak to it.
    #[serde(rename = "unknown")]
    Unknown,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PostgreSql => f.write_str("PostgreSQL"),
            Self::MySql => f.write_str("MySQL"),
            Self::MongoDb => f.write_str("MongoDB"),
            Self::Http => f.write_str("files over HTTP"),
            Self::Other => f.write_str("an engine that stateproof does not speak"),
            Self::Unknown => f.write_str("an unknown engine"),
        }
    }
}
