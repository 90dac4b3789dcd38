//! What is done to a workload, one file a fault.
//!
//! A fault is aimed first, at the very objects that are there now, and carried out then: the history knows its
//! targets' UIDs before anything is touched, and the verdict asks whether those were seen to go.

mod aim;
mod delete_claims;
mod delete_pod;
mod delete_stateful_set;

pub use aim::{Aim, FaultError};
pub use delete_claims::delete_claims;
pub use delete_pod::delete_pod;
pub use delete_stateful_set::delete_stateful_set;
