//! Proof that your state survives: end-to-end verification of stateful Kubernetes manifests.
//!
//! Data flows one way:
//!
//! ```text
//! manifest ──► workload ──► plan ──► run ──► history ──► verdict ──► report
//! ```
//!
//! `manifest`, `workload`, `lint`, `plan`, `history`, `verdict` and `report` are pure: they know neither a cluster nor
//! a driver, and the same history gives the same verdict wherever it is judged. [`run::Verification`] is where to
//! start, and [`prelude`] shows a whole test; [`lint::lint`] says what can be told without a cluster.

pub mod cluster;
pub mod config;
pub mod engine;
pub mod fault;
mod harmless;
pub mod history;
mod image;
pub mod lint;
pub mod manifest;
pub mod plan;
pub mod prelude;
mod quantity;
pub mod report;
pub mod run;
pub mod vantage;
pub mod verdict;
pub mod workload;

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
