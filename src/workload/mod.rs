//! What is deployed: the workload behind a set of manifests, its engine, members, claims and credentials.

mod bare_pod;
mod budgets;
mod claim;
mod credentials;
mod data_directory;
mod declaration;
pub mod declared;
mod demand;
mod deployment;
mod discover;
mod engines;
mod environment;
mod error;
mod files;
mod governing;
mod http;
pub(crate) mod image;
mod left_alone;
mod login;
mod model;
mod mongodb;
mod mysql;
mod neighbours;
mod operators;
mod outline;
mod ports;
mod postgres;
mod products;
mod programs;
mod references;
mod requests;
mod resources;
mod selector;
mod services;
mod stateful_set;
mod template;
mod tls;
mod typed;

pub use credentials::{Credentials, Password};
pub use declaration::{Declaration, Declarations};
pub use demand::Demand;
pub use discover::{Discovered, Survey, discover, survey};
pub use error::DiscoverError;
pub use left_alone::LeftAlone;
pub use model::{
    ClaimTemplate, DisruptionBudget, Engine, EngineKind, Member, PodManagement, Replication, Retention,
    RetentionPolicy, ServiceRef, UpdateStrategy, Workload, WorkloadId, WorkloadKind,
};
pub use mysql::LEDGER_DATABASE;
pub use outline::outline;
pub use requests::{NodeRoom, Requests, Shortage};
pub use resources::Resources;
pub use tls::Tls;
