//! The drills, a file each: when it applies, its steps, and what it promises.

mod delete_claim;
mod delete_stateful_set;
mod divergence;
mod lose_pod;
mod parts;
mod roles;
mod step_down;

pub(super) use delete_claim::delete_claim;
pub(super) use delete_stateful_set::delete_stateful_set;
pub(super) use divergence::divergence;
pub(super) use lose_pod::{force_delete, lose_pod};
pub(super) use roles::roles;
pub(super) use step_down::step_down;
