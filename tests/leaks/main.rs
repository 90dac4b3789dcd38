//! What a run leaves behind, on the cluster, on this machine and in what it says: nothing.
//!
//! These tests compare everything there is before with everything there is afterwards: they have the cluster to
//! themselves, one after the other. `STATEPROOF_CLUSTER` names another cluster than the one the tests share.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a panic is a failure"
)]

#[path = "../support/mod.rs"]
mod support;

mod gc;
mod marker;
mod passwords;
mod signals;
mod snapshot;
