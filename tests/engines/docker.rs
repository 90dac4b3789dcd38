//! The Docker engine: whether it is there and has the images.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use testcontainers::bollard::Docker;
use testcontainers::core::client::docker_client_instance;
use tokio::sync::Mutex;

use super::container::within;

/// An image that an engine is proven with, and the port of its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Image {
    /// Its name.
    pub name: &'static str,
    /// Its tag.
    pub tag: &'static str,
    /// Where its server listens.
    pub port: u16,
}

impl From<Image> for String {
    fn from(image: Image) -> Self {
        format!("{}:{}", image.name, image.tag)
    }
}

/// PostgreSQL as the first document has it.
pub const POSTGRES: Image = Image {
    name: "postgres",
    tag: "16-alpine",
    port: 5432,
};
/// PostgreSQL as the document with several databases has it.
pub const POSTGRES_15: Image = Image {
    name: "postgres",
    tag: "15",
    port: 5432,
};
/// MySQL.
pub const MYSQL: Image = Image {
    name: "mysql",
    tag: "8.0",
    port: 3306,
};
/// MongoDB.
pub const MONGO: Image = Image {
    name: "mongo",
    tag: "4.4",
    port: 27017,
};
/// A web server.
pub const NGINX: Image = Image {
    name: "nginx",
    tag: "latest",
    port: 80,
};

/// An image's labels.
pub type Labels = HashMap<String, String>;

/// The engine that testcontainers talks to, for what testcontainers cannot do.
pub async fn docker() -> Result<Docker> {
    Ok(docker_client_instance().await?)
}

/// The labels of the image. It is asked for before every container, since testcontainers would otherwise pull what is
/// missing, and take its time.
pub async fn labels(image: impl Into<String>) -> Result<Labels> {
    static LABELS: Mutex<BTreeMap<String, Labels>> = Mutex::const_new(BTreeMap::new());
    let (image, mut known) = (image.into(), LABELS.lock().await);
    if let Some(labels) = known.get(&image) {
        return Ok(labels.clone());
    }
    let labels = within("Docker's word on the image", inspect(&image)).await;
    let labels = labels.with_context(|| {
        format!("these tests need Docker with the image {image} in it: run scripts/setup")
    })?;
    known.insert(image, labels.clone());
    Ok(labels)
}

/// Whether the image is one of the project's stand-ins.
pub async fn is_stand_in(image: Image) -> Result<bool> {
    Ok(labels(image).await?.contains_key("io.stateproof.stand-in-for"))
}

async fn inspect(image: &str) -> Result<Labels> {
    let image = docker().await?.inspect_image(image).await?;
    Ok(image.config.and_then(|config| config.labels).unwrap_or_default())
}
