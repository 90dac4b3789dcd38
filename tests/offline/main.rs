//! Everything that needs no cluster.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a panic is a failure"
)]

mod gen_;
mod history;
mod report;
mod tape;
mod verdict;
mod verdict_rows;
