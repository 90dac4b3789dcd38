//! Everything that needs no cluster.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a panic is a failure"
)]

mod cli;
mod credentials;
mod document;
mod fixtures;
mod history;
mod layout;
mod manifest;
mod plan;
mod refusals;
mod report;
mod tape;
mod verdict;
mod workload;
