use serde::{Deserialize, Serialize};

use crate::plan::Promise;
use crate::workload::WorkloadId;

/// What a rule of [`crate::lint`] found in the manifests before the run, and did not find suppressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreseen {
    /// The rule's identifier, for example `SP003`.
    pub rule: String,
    /// What the rule finds.
    pub title: String,
    /// What is wrong here.
    pub message: String,
    /// Where: `file:line`.
    pub place: String,
    /// The workload whose pods it is about; none where it is about the set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadId>,
    /// The promises whose violation the rule foresees. Kept with the finding, so that a verdict does not change with the
    /// rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foresees: Vec<Promise>,
}
