//! What can be said of manifests before there is a cluster: rules, each from a failure that somebody had.
//!
//! A rule is one file under `rules/`, pure, over what the set declares ([`crate::workload::declared`]). Its identifier
//! is stable. The rules `SP001` … foresee failures of the workload; from `SP100` on they are about the manifests'
//! shape and about suppressions.
//!
//! ```
//! use stateproof::lint::lint;
//! use stateproof::manifest::ManifestSet;
//!
//! let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
//! let findings = lint(&set, "default").findings;
//! assert!(findings.iter().any(|finding| finding.rule.id == "SP028"));
//! # Ok::<(), stateproof::manifest::Problems>(())
//! ```

mod explain;
mod finding;
mod fix;
mod level;
mod rule;
mod rules;
mod run;
mod suppression;

pub use explain::{explain, markdown};
pub use finding::Finding;
pub use fix::{FixError, Fixed, fix};
pub use level::Level;
pub use rule::Rule;
pub use rules::{catalogue, find};
pub use run::{Lint, lint};
pub use suppression::Suppressed;
