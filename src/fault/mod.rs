//! What is done to a workload, one file a fault.
//!
//! A fault is aimed first, at the very objects that are there now, and carried out then: the history knows its
//! targets' UIDs before anything is touched, and the verdict asks whether those were seen to go.

mod aim;
mod cordon;
mod delete_claims;
mod delete_pod;
mod delete_pods;
mod delete_stateful_set;
mod evict;
mod scale;
mod template;

pub use aim::{Aim, FaultError};
pub use cordon::{cordon_node, cordon_this_node, uncordon_node};
pub use delete_claims::delete_claims;
pub use delete_pod::{delete_pod, delete_this_pod};
pub use delete_pods::delete_pods;
pub use delete_stateful_set::delete_stateful_set;
pub use evict::evict_pod;
pub use scale::scale_set;
pub use template::{break_image, mend_image, restart_pods, undo_restart};
