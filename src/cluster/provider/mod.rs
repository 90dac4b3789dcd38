//! Clusters of our own: created with kind, reused, leased and removed, with a journal on disk.
//!
//! Everything is done through the tools' command lines (`docker`, `kind`), because kind has no other stable
//! interface and needs the Docker command itself. What is about to be done is written to the journal before it is
//! done, so that whatever a crash leaves is found and removed by the next [`Kind::ensure`] or
//! [`Kind::remove_expired`].
//!
//! ```no_run
//! use stateproof::cluster::provider::{ClusterSpec, Kind, images};
//!
//! # async fn example() -> Result<(), stateproof::cluster::provider::ProviderError> {
//! let kind = Kind::from_env()?;
//! let cluster = kind.ensure(&ClusterSpec::default()).await?;
//! let facts = images::ensure(&cluster, &["postgres:16-alpine".to_owned()]).await?;
//! println!("{} runs {facts:?}, see {}", cluster.name, cluster.kubeconfig.display());
//! kind.remove(&cluster.name).await?;
//! # Ok(())
//! # }
//! ```

mod blocking;
mod cluster;
mod config;
mod create;
mod directories;
mod docker;
mod error;
mod found;
pub mod images;
mod journal;
mod kind;
mod lease;
mod lock;
mod means;
mod network;
mod node;
mod process;
mod reference;
mod remove;
mod spec;
mod tasks;
mod tool;

pub use cluster::{Cluster, Locks};
pub use error::ProviderError;
pub use kind::{Kind, Removal};
pub use lease::Lease;
pub use means::Share;
pub use node::Node;
pub use process::Process;
pub use spec::{ClusterSpec, DEFAULT_NAME, STAND_IN_NODE};
