//! Clusters of our own: created with kind or k3d, reused, leased and removed, with a journal on disk.
//!
//! Everything is done through the tools' command lines (`docker`, `kind`, `k3d`), because these have no other stable
//! interface, and kind needs the Docker command itself. What is about to be done is written to the journal before it is
//! done, so that whatever a crash leaves is found and removed by the next [`Clusters::ensure`] or
//! [`Clusters::remove_expired`].
//!
//! ```no_run
//! use stateproof::cluster::provider::{ClusterSpec, Clusters, images};
//!
//! # async fn example() -> Result<(), stateproof::cluster::provider::ProviderError> {
//! let clusters = Clusters::from_env()?;
//! let cluster = clusters.ensure(&ClusterSpec::default()).await?;
//! let facts = images::ensure(&cluster, &["postgres:16-alpine".to_owned()]).await?;
//! println!("{} runs {facts:?}, see {}", cluster.name, cluster.kubeconfig.display());
//! clusters.remove(&cluster.name).await?;
//! # Ok(())
//! # }
//! ```

mod backend;
mod blocking;
mod cluster;
mod clusters;
mod create;
mod directories;
mod docker;
mod error;
mod fan_out;
mod found;
pub mod images;
mod journal;
mod k3d;
mod kind;
mod layout;
mod lease;
mod lock;
mod means;
mod network;
mod node;
mod path;
mod process;
mod remove;
mod spec;
mod tasks;
mod tool;
mod version;

pub use backend::Provider;
pub use cluster::{Cluster, Locks};
pub use clusters::{Clusters, Removal};
pub use error::ProviderError;
pub use layout::{ConfigError, ConfigFile, Layout};
pub use lease::Lease;
pub use means::Share;
pub use node::Node;
pub use process::Process;
pub use spec::{ClusterSpec, DEFAULT_NAME, STAND_IN_NODE};
