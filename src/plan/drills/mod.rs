//! The drills, a file each: when it applies, its steps, and what it promises.

mod bare_pod;
mod delete_claim;
mod delete_stateful_set;
mod deployment;
mod divergence;
mod drain;
mod evict;
mod expect_failure;
mod lose_all_pods;
mod lose_pod;
mod order;
mod parts;
mod roles;
mod rollout;
mod scale;
mod step_down;

pub(super) use bare_pod::of_bare_pod;
pub(super) use delete_claim::delete_claim;
pub(super) use delete_stateful_set::delete_stateful_set;
pub(super) use deployment::of_deployment;
pub(super) use divergence::divergence;
pub(super) use drain::drain;
pub(super) use evict::evict;
pub(super) use expect_failure::expect_failure;
pub(super) use lose_all_pods::lose_all_pods;
pub(super) use lose_pod::{force_delete, lose_pod};
pub(super) use order::order;
pub(super) use roles::roles;
pub(super) use rollout::rollout;
pub(super) use scale::scale;
pub(super) use step_down::step_down;
