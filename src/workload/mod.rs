//! What is deployed: the workload behind a set of manifests, its engine, members, claims and credentials.

mod credentials;
mod model;

pub use credentials::{Credentials, Password};
pub use model::{
    ClaimTemplate, Engine, EngineKind, Member, PodManagement, Retention, RetentionPolicy, Workload,
    WorkloadId, WorkloadKind,
};
