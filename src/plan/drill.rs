use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{End, Expectation, Rounds};
use crate::workload::{Change, Workload};

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
    /// How often the drills are done, where that was asked for; without it once, in the order in which they stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Rounds>,
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
    /// The end that [`Drill::ExpectFailure`] awaits: every one of these must be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<End>,
    /// What [`Drill::Upgrade`] goes over to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
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
    /// Nothing is done: the set is awaited to fail, in the way that was named beforehand.
    ExpectFailure,
    /// Look at a replica set as it came up: who is PRIMARY, what SECONDARY members answer, where rows arrive.
    Roles,
    /// Write through a Service, a new connection a row, and read each member by itself.
    Divergence,
    /// Kill the member's server process from its node, while writing: the pod stays, the container is made anew.
    Crash,
    /// Delete the member's pod with its grace period, while writing.
    LosePod,
    /// Delete it with grace period 0: the API forgets the pod before the kubelet has killed it.
    ForceDelete,
    /// Delete all pods at once, while writing.
    LoseAllPods,
    /// Scale to none and back to all: who is removed and created after whom.
    Order,
    /// Remove the last member and bring it back: nobody else is touched.
    Scale,
    /// Remove every member and bring them all back, while writing.
    ScaleToZero,
    /// Change the pods' template and set it back, while writing.
    Rollout,
    /// Change the template to an image that cannot be had and set it back, while writing.
    BadRollout,
    /// Evict the member's pod, as a drain does, and see what the PodDisruptionBudget says.
    Evict,
    /// Cordon the member's node, evict it, and let it back.
    Drain,
    /// Pause the member's node, delete its pod by force, and let the node go on.
    PauseNode,
    /// Tell the PRIMARY to step down: who can write then, and through which name.
    StepDown,
    /// Apply another set of manifests over the first, while writing.
    Upgrade,
    /// Delete the StatefulSet, look at the claims, apply it again.
    DeleteStatefulset,
    /// Delete the StatefulSet and then its claims by name, apply it again. The rows must be gone: the
    /// negative control of the drills before it.
    DeleteClaim,
}

impl Drill {
    /// Every drill, in the order in which a run takes them: the destructive one last.
    pub const ALL: [Self; 19] = [
        Self::ExpectFailure,
        Self::Roles,
        Self::Divergence,
        Self::Crash,
        Self::LosePod,
        Self::ForceDelete,
        Self::LoseAllPods,
        Self::Order,
        Self::Scale,
        Self::ScaleToZero,
        Self::Rollout,
        Self::BadRollout,
        Self::Evict,
        Self::Drain,
        Self::PauseNode,
        Self::StepDown,
        Self::Upgrade,
        Self::DeleteStatefulset,
        Self::DeleteClaim,
    ];

    /// Whether its fault is a node's: it meets whatever else runs there.
    #[must_use]
    pub fn is_for_a_node(self) -> bool {
        matches!(self, Self::Drain | Self::PauseNode)
    }

    /// Whether its fault is done from the node itself, past the API server.
    #[must_use]
    pub fn is_done_from_the_node(self) -> bool {
        matches!(self, Self::Crash | Self::PauseNode)
    }

    /// Whether it only looks: nothing is done to the workload that would have to be proven.
    #[must_use]
    pub fn is_without_fault(self) -> bool {
        matches!(self, Self::ExpectFailure | Self::Roles | Self::Divergence)
    }

    /// The name used on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ExpectFailure => "expect-failure",
            Self::Roles => "roles",
            Self::Divergence => "divergence",
            Self::Crash => "crash",
            Self::LosePod => "lose-pod",
            Self::ForceDelete => "force-delete",
            Self::LoseAllPods => "lose-all-pods",
            Self::Order => "order",
            Self::Scale => "scale",
            Self::ScaleToZero => "scale-to-zero",
            Self::Rollout => "rollout",
            Self::BadRollout => "bad-rollout",
            Self::Evict => "evict",
            Self::Drain => "drain",
            Self::PauseNode => "pause-node",
            Self::StepDown => "step-down",
            Self::Upgrade => "upgrade",
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
///     "no drill `lose-node`: there are expect-failure, roles, divergence, crash, lose-pod, force-delete, lose-all-pods, \
///      order, scale, scale-to-zero, rollout, bad-rollout, evict, drain, pause-node, step-down, upgrade, delete-statefulset, delete-claim",
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
    /// Kill the member's server process from its node, with SIGKILL.
    Crash,
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
    /// Wait until the member is Ready as a pod with a new UID, or after a crash with a new server process.
    AwaitReady,
    /// Wait until the writer has had this many more rows acknowledged.
    AwaitRows {
        /// How many.
        rows: u32,
    },
    /// Stop the writer once this many rows were acknowledged after the recovery.
    StopWriter {
        /// How many.
        rows_after: u32,
    },
    /// Look at the member's claims and volumes.
    InspectClaims,
    /// Read every row of this drill through each other Service whose every connection leads to the member.
    ReadServices,
    /// Ask the vantage for the addresses of every Service that selects the members.
    ResolveServices,
    /// Delete the first member's pod and wait until it is Ready as another: from then on the newest pod is not the one
    /// with the highest ordinal.
    RenewFirst,
    /// Delete the pods of all members at once.
    DeletePods,
    /// Change the number of members, and wait until those that go are gone.
    Scale {
        /// To how many.
        replicas: u32,
    },
    /// Wait until every member that there should be is Ready, those that a fault met as pods with new UIDs.
    AwaitAllReady,
    /// Change the pods' template, so that the controller replaces every pod.
    Restart,
    /// Set the template back.
    Undo,
    /// Have the template ask for an image that cannot be had.
    BreakImage,
    /// Wait until a pod waits for that image.
    AwaitBroken,
    /// Have the template ask for the manifest's image again.
    MendImage,
    /// Wait until every member is Ready again; where setting the template back is not enough, delete the broken pod by
    /// hand.
    AwaitMended,
    /// Apply the other set of manifests.
    Upgrade {
        /// How many members it asks for.
        replicas: u32,
        /// Whether it has another template of the pods.
        replaces_pods: bool,
    },
    /// Evict pods through the eviction API, one after the other, whatever the answer: the member's, and those of the
    /// members after it.
    Evict {
        /// How many.
        pods: u32,
    },
    /// Cordon the node that the member's pod is on.
    Cordon,
    /// Wait until the member's new pod is Ready on another node, or stays Pending because its volume cannot go there.
    AwaitDisplaced,
    /// Let pods be scheduled on that node again.
    Uncordon,
    /// Pause the node that the member's pod is on, and wait until the cluster takes it for dead.
    PauseNode,
    /// Let that node go on, and wait until the cluster has noticed.
    ResumeNode,
    /// Wait until the server that ran on the paused node has ended.
    AwaitEnded,
    /// Write rows through every Service that spreads connections over several members, each row over a new connection,
    /// until every member was reached; where there is no such Service, through the members' own names.
    WriteThroughServices,
    /// Read every row of this drill from each member by itself.
    ReadMembers,
    /// Wait until the replica set has one PRIMARY and otherwise SECONDARY members.
    AwaitRoles,
    /// Ask each member for what its role lets it answer.
    ProbeRoles,
    /// Have the first member of a replica set elected, where another one is PRIMARY: the state from which a step-down is
    /// shown.
    ElectFirst,
    /// Tell the PRIMARY to step down, and wait until another member has its role.
    StepDown,
    /// Write through each Service that selects one pod only.
    ProbePrimaryAddress,
    /// Wait until the named end is seen, or another one.
    AwaitEnd,
    /// Read every row of this drill back through the DNS name: the final read.
    Read,
    /// Ask the member for its page over HTTP through the DNS name, where it keeps no rows.
    Get,
}

impl Step {
    /// Whether it writes or reads the member's rows, or waits for some: it needs the member's server.
    pub(crate) fn is_about_rows(self) -> bool {
        matches!(
            self,
            Self::Write { .. }
                | Self::StartWriter
                | Self::AwaitRows { .. }
                | Self::StopWriter { .. }
                | Self::Read
        )
    }
}
