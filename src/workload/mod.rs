//! What is deployed: the workload behind a set of manifests, its engine, members, claims and credentials.

mod budgets;
mod claim;
mod credentials;
mod data_directory;
pub mod declared;
mod demand;
mod deployment;
mod discover;
mod engines;
mod environment;
mod error;
mod governing;
mod http;
pub(crate) mod image;
mod model;
mod mongodb;
mod mysql;
mod neighbours;
mod outline;
mod ports;
mod postgres;
mod references;
mod selector;
mod services;
mod stateful_set;
mod template;
mod typed;

pub use credentials::{Credentials, Password};
pub use demand::Demand;
pub use discover::{Discovered, discover};
pub use error::DiscoverError;
pub use model::{
    ClaimTemplate, DisruptionBudget, Engine, EngineKind, Member, PodManagement, Replication, Retention,
    RetentionPolicy, ServiceRef, UpdateStrategy, Workload, WorkloadId, WorkloadKind,
};
pub use mysql::LEDGER_DATABASE;
pub use outline::outline;
