//! Everything that needs no cluster.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a panic is a failure"
)]

mod aliases;
mod api_server;
mod bare_pod;
mod campaign;
mod claims;
mod cli;
mod cli_reports;
mod config;
mod context;
mod credentials;
mod declared;
mod definitions;
mod deployment;
mod document;
mod fixtures;
mod history;
mod kept;
mod layout;
mod lint;
mod manifest;
mod many;
mod members;
mod plan;
mod probe;
mod pure;
mod recognition;
mod refusals;
mod replica_set;
mod report;
mod reports;
mod room;
mod rounds;
mod shards;
mod tape;
mod terminal;
mod untried;
mod vantage;
mod verdict;
mod watches;
mod way_in;
mod wild;
mod workload;
mod workload_engines;
