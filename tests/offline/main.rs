//! Everything that needs no cluster.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a panic is a failure"
)]

mod api_server;
mod claims;
mod cli;
mod cli_reports;
mod credentials;
mod deployment;
mod document;
mod fixtures;
mod history;
mod layout;
mod lint;
mod manifest;
mod members;
mod plan;
mod refusals;
mod replica_set;
mod report;
mod reports;
mod tape;
mod verdict;
mod watches;
mod workload;
mod workload_engines;
