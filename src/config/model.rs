use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{schema, text};
use crate::manifest::Place;
use crate::plan::{Drill, End, Promise};
use crate::workload::{Declarations, Password, Tls};

/// What a `stateproof.toml` says.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "stateproof.toml")]
pub struct Config {
    /// Only these drills, of those that apply.
    #[schemars(schema_with = "schema::drills")]
    pub drills: Vec<Drill>,
    /// Not these drills.
    #[schemars(schema_with = "schema::drills")]
    pub skip: Vec<Drill>,
    /// Only what is promised of these.
    #[schemars(schema_with = "schema::promises")]
    pub only: Vec<Promise>,
    /// How long a pod may take to become Ready and its server to accept a session: seconds, or a text such as "5m".
    #[serde(deserialize_with = "text::duration")]
    #[schemars(schema_with = "schema::duration")]
    pub deadline: Option<Duration>,
    /// The set is expected to fail, and in this way: `KIND/NAME:SIGN=TEXT`. Every end must be seen. The text of an event
    /// is `REASON: MESSAGE`, with `Normal/` or `Warning/` before it where its type matters.
    #[serde(deserialize_with = "text::ends")]
    #[schemars(with = "Vec<String>")]
    pub expect_failure: Vec<End>,
    /// Whether to initiate replica sets that the manifests leave to an operator to initiate.
    pub initiate_replica_set: Option<bool>,
    /// Image of the pod from which names are resolved and connections made.
    pub vantage_image: Option<String>,
    /// Images to run in place of others: an image as the manifests name it, its name without the tag, or everything
    /// below a path (`docker.io/*`), and what stands in its place (`mirror.example/hub/*`).
    pub image_overrides: BTreeMap<String, String>,
    /// Secrets of the set that every pod pulls its images with, stateproof's own too, besides those that the manifests
    /// name.
    pub image_pull_secrets: Vec<String>,
    /// Storage classes that are made as aliases, each with the class of the cluster that it stands for.
    pub storage_classes: BTreeMap<String, String>,
    /// Where the set is proven.
    pub cluster: ClusterTable,
    /// What is said of single workloads, by namespace and name: `[workload."shop/orders"]`. Where the manifests name no
    /// namespace, it is `default`.
    #[schemars(with = "BTreeMap<String, WorkloadTable>")]
    pub workload: BTreeMap<Spanned<String>, WorkloadTable>,
    /// Where the file says what, and what it said of passwords.
    #[serde(skip)]
    pub(super) read: Read,
}

/// What provides the cluster.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterTable {
    /// What makes it.
    pub provider: Option<ProviderName>,
    /// Its name.
    pub name: Option<String>,
    /// The provider's configuration file; a relative path is relative to this file.
    pub config: Option<PathBuf>,
    /// How many nodes one that is created gets.
    pub nodes: Option<u32>,
    /// The node image.
    pub node_image: Option<String>,
}

/// A provider of clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderName {
    /// Kubernetes in Docker.
    Kind,
    /// k3s in Docker.
    K3d,
}

/// What is said of one workload.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WorkloadTable {
    /// Its engine: `other` is one that stateproof does not speak, `none` leaves the workload alone.
    #[serde(deserialize_with = "text::engine")]
    #[schemars(schema_with = "schema::engine")]
    pub engine: Option<String>,
    /// The port that its server listens on.
    pub port: Option<u16>,
    /// The user to log in as.
    pub user: Option<String>,
    /// The database to make the ledger's table in.
    pub database: Option<String>,
    /// Where its server keeps its data.
    pub data_directory: Option<String>,
    /// The variable of stateproof's own environment that holds the password.
    #[schemars(with = "Option<String>")]
    pub password_env: Option<Spanned<String>>,
    /// The file that holds the password; a relative path is relative to this file. A newline at its end is left out.
    #[schemars(with = "Option<String>")]
    pub password_file: Option<Spanned<PathBuf>>,
    /// The password itself: for tests. It is never printed.
    #[schemars(with = "Option<String>")]
    pub(super) password: Option<Spanned<String>>,
    /// Whether connections to its server are encrypted.
    #[schemars(with = "Option<Tls>")]
    pub tls: Option<Spanned<Tls>>,
    /// The file with the certificates, in PEM, of whoever signs the server's, for `verify-full`; a relative path is
    /// relative to this file.
    #[schemars(with = "Option<String>")]
    pub tls_ca: Option<Spanned<PathBuf>>,
    /// Only these drills, of those that apply.
    #[schemars(schema_with = "schema::drills")]
    pub drills: Vec<Drill>,
    /// Not these drills.
    #[schemars(schema_with = "schema::drills")]
    pub skip: Vec<Drill>,
    /// Only what is promised of these.
    #[schemars(schema_with = "schema::promises")]
    pub only: Vec<Promise>,
    /// How long one of its pods may take to become Ready and its server to accept a session.
    #[serde(deserialize_with = "text::duration")]
    #[schemars(schema_with = "schema::duration")]
    pub deadline: Option<Duration>,
    /// It is expected to fail, and in this way.
    #[serde(deserialize_with = "text::ends")]
    #[schemars(with = "Vec<String>")]
    pub expect_failure: Vec<End>,
}

/// What reading a file has come to, beside what it says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) declarations: Declarations,
    /// Where the tables of the workloads stand, by their names.
    pub(super) places: BTreeMap<String, Place>,
    pub(super) passwords: Vec<Password>,
}

impl Config {
    /// What is said of workloads that their manifests do not.
    #[must_use]
    pub fn declarations(&self) -> &Declarations {
        &self.read.declarations
    }

    /// The passwords in it, or in what it names: what no output may show.
    #[must_use]
    pub fn passwords(&self) -> &[Password] {
        &self.read.passwords
    }

    /// The table of a workload.
    ///
    /// `default` stands for the namespace of a workload whose manifests name none, whatever the run calls it.
    #[must_use]
    pub fn table(&self, namespace: &str, name: &str) -> Option<&WorkloadTable> {
        let wanted = format!("{namespace}/{name}");
        let table = self.workload.iter().find(|(key, _)| *key.get_ref() == wanted);
        table.map(|(_, table)| table)
    }
}

/// Without the password.
impl std::fmt::Debug for WorkloadTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkloadTable")
            .field("engine", &self.engine)
            .field("port", &self.port)
            .field("drills", &self.drills)
            .finish_non_exhaustive()
    }
}
