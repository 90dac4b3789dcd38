//! The harness's own behaviour on a real cluster: what a good run proves is worth as much as what a bad one cannot.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a panic is a failure"
)]

#[path = "../support/mod.rs"]
mod support;

mod cleanup;
mod commands;
mod context;
mod failures;
mod faults;
mod in_cluster;
mod k3d;
mod lent;
mod namespaces;
mod probe;
mod probe_engines;
mod provider;
mod refusal;
mod replica_set;
mod scene;
mod tls;
mod twins;
mod upgrade;
mod wild;
