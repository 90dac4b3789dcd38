use std::fmt;

use serde::{Deserialize, Serialize};

use super::ObjectRef;

/// One thing done to a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The process of the server's container killed from its node: the pod stays.
    Crash,
    /// A pod deleted with its own grace period.
    DeletePod,
    /// A pod deleted with grace period 0.
    ForceDelete,
    /// A StatefulSet deleted, its pods with it.
    DeleteStatefulset,
    /// Claims deleted by name.
    DeleteClaims,
    /// All pods of the workload deleted at once, with their own grace period.
    DeletePods,
    /// The number of members changed.
    Scale {
        /// To how many.
        replicas: u32,
    },
    /// The pods' template changed, so that every pod is replaced.
    Restart,
    /// The pods' template set back to what it was.
    Undo,
    /// The pods' template made to ask for an image that cannot be had.
    BreakImage,
    /// The pods' template made to ask for the manifest's image again.
    MendImage,
    /// Another set of manifests applied over the first.
    Upgrade,
    /// A pod evicted: deleted through the eviction API, which asks the PodDisruptionBudgets.
    Evict,
    /// A node cordoned, so that nothing new is scheduled on it.
    Cordon,
    /// A node's cordon taken away.
    Uncordon,
    /// A node paused: all its processes stand still, and nothing on it answers.
    PauseNode,
    /// A paused node let go on.
    ResumeNode,
    /// The PRIMARY of a replica set told to step down.
    StepDown,
}

/// What a fault is aimed at: the fault is proven when this very object is seen to go.
pub type FaultTarget = ObjectRef;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crash => "kill the server process",
            Self::DeletePod => "delete pod",
            Self::ForceDelete => "force delete pod",
            Self::DeleteStatefulset => "delete StatefulSet",
            Self::DeleteClaims => "delete claims",
            Self::DeletePods => "delete all pods",
            Self::Scale { replicas } => return write!(f, "scale to {replicas}"),
            Self::Restart => "restart",
            Self::Undo => "undo the restart",
            Self::BreakImage => "ask for an image that cannot be had",
            Self::MendImage => "set the image back",
            Self::Upgrade => "apply the new manifests",
            Self::Evict => "evict pod",
            Self::Cordon => "cordon node",
            Self::Uncordon => "uncordon node",
            Self::PauseNode => "pause node",
            Self::ResumeNode => "let node go on",
            Self::StepDown => "step the PRIMARY down",
        })
    }
}
