//! The drills, a file each: when it applies, its steps, and what it promises.

mod delete_claim;
mod delete_stateful_set;
mod deployment;
mod expect_failure;
mod lose_pod;
mod parts;

pub(super) use delete_claim::delete_claim;
pub(super) use delete_stateful_set::delete_stateful_set;
pub(super) use deployment::of_deployment;
pub(super) use expect_failure::expect_failure;
pub(super) use lose_pod::{force_delete, lose_pod};
