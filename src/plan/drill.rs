use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Expectation;
use crate::workload::Workload;

/// Everything that a run will do, decided before anything is touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The workload that the drills are for.
    pub workload: Workload,
    /// The drills, in the order in which they run.
    pub drills: Vec<PlannedDrill>,
    /// The drills that will not run, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A drill as it will run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDrill {
    /// Which drill.
    pub drill: Drill,
    /// The ordinal of the member that the fault is for.
    pub member: u32,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What is checked afterwards, and what passes.
    pub expectations: Vec<Expectation>,
}

/// A drill that does not apply, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Which drill.
    pub drill: Drill,
    /// Why, as a sentence fragment.
    pub reason: String,
}

/// A named sequence of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drill {
    /// Delete the member's pod with its grace period, while writing.
    LosePod,
    /// Delete it with grace period 0: the API forgets the pod before the kubelet has killed it.
    ForceDelete,
    /// Delete the StatefulSet, look at the claims, apply it again.
    DeleteStatefulset,
    /// Delete the StatefulSet and then its claims by name, apply it again. The rows must be gone: the
    /// negative control of the drills before it.
    DeleteClaim,
}

impl Drill {
    /// Every drill, in the order in which a run takes them: the destructive one last.
    pub const ALL: [Self; 4] = [
        Self::LosePod,
        Self::ForceDelete,
        Self::DeleteStatefulset,
        Self::DeleteClaim,
    ];

    /// The name used on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LosePod => "lose-pod",
            Self::ForceDelete => "force-delete",
            Self::DeleteStatefulset => "delete-statefulset",
            Self::DeleteClaim => "delete-claim",
        }
    }
}

impl fmt::Display for Drill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads a drill's name.
///
/// ```
/// use stateproof::plan::Drill;
///
/// assert_eq!("lose-pod".parse(), Ok(Drill::LosePod));
/// assert_eq!(
///     "lose-node".parse::<Drill>().unwrap_err().to_string(),
///     "no drill `lose-node`: there are lose-pod, force-delete, delete-statefulset, delete-claim",
/// );
/// ```
impl FromStr for Drill {
    type Err = UnknownDrill;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|drill| drill.name() == name)
            .ok_or_else(|| UnknownDrill(name.to_owned()))
    }
}

/// A name that is no drill's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no drill `{0}`: there are {known}", known = Drill::ALL.map(Drill::name).join(", "))]
pub struct UnknownDrill(String);

/// One thing that a drill does. What is done to what follows from the plan's workload and the drill's member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Ask the vantage for the member's address and compare with the pod's, until they agree.
    Resolve,
    /// Write rows through the DNS name and wait until each is acknowledged.
    Write {
        /// How many.
        rows: u32,
    },
    /// From here on write row after row, through every interruption.
    StartWriter,
    /// Delete the member's pod.
    DeletePod {
        /// Grace period in seconds; `None` leaves the pod its own.
        grace_seconds: Option<u32>,
    },
    /// Delete the StatefulSet, its pods with it, and wait until they are gone.
    DeleteStatefulSet,
    /// Delete the member's claims by name and wait until they are gone.
    DeleteClaims,
    /// Apply the manifests again.
    Reapply,
    /// Wait until the member is Ready as a pod with a new UID.
    AwaitReady,
    /// Stop the writer once this many rows were acknowledged after the recovery.
    StopWriter {
        /// How many.
        rows_after: u32,
    },
    /// Look at the member's claims and volumes.
    InspectClaims,
    /// Read every row of this drill back through the DNS name: the final read.
    Read,
}
