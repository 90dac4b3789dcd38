//! Proof that your state survives: end-to-end verification of stateful Kubernetes manifests.
//!
//! Data flows one way:
//!
//! ```text
//! manifest ──► workload ──► plan ──► run ──► history ──► verdict ──► report
//! ```
//!
//! `manifest`, `workload`, `plan`, `history`, `verdict` and `report` are pure: they know neither a cluster nor a
//! driver, and the same history gives the same verdict wherever it is judged.

pub mod history;
pub mod plan;
pub mod report;
pub mod verdict;
pub mod workload;
