//! Clusters of others: reached by a context of a kubeconfig, or from inside one of their pods.
//!
//! Nothing of the cluster itself is made or removed. What is there already is not touched: a namespace that exists is used
//! only when it is empty, and one that a run makes is known by its name and by the run that made it. Two runs keep out of
//! each other's way by a `coordination.k8s.io` Lease in every namespace that they use, since a lock on a file is good for
//! one machine only.

mod access;
mod lease;
mod live;
mod occupants;
pub mod rights;
mod spec;
mod vacancy;

pub use access::ContextError;
pub use lease::Tenancy;
pub use live::live;
pub use spec::{ContextSpec, IN_CLUSTER};
pub use vacancy::{Taken, Vacancy, empty_lent, missing_rights, remove_made};
