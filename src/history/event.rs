use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    ClusterFacts, Fault, FaultTarget, Foreseen, Keys, NodeTask, ObjectRef, ObjectState, Refusal, Sharded,
    WriteOutcome,
};
use crate::plan::{Drill, Plan};
use crate::workload::WorkloadId;

/// The format that this version writes. A reader refuses a newer one.
pub const FORMAT_VERSION: u32 = 1;

/// One line of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Position in the history, from 0, without gaps.
    pub seq: u64,
    /// Microseconds since the run began, on a monotonic clock.
    pub at_us: u64,
    /// Wall time.
    pub wall: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened.
///
/// The first event of a history is [`Event::RunStarted`], the last [`Event::RunEnded`]; a history without the
/// latter was cut off and proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run began.
    RunStarted {
        /// [`FORMAT_VERSION`] of the writer.
        format: u32,
        /// Version of stateproof that wrote it.
        version: String,
        /// What will be done, a plan a workload.
        plans: Vec<Plan>,
        /// Where.
        cluster: Box<ClusterFacts>,
    },
    /// The run is a share of a suite: the other drills are other runs'.
    Sharded(Sharded),
    /// The manifests were linted before anything was done to them.
    Linted {
        /// What was found, in the order of files and lines; empty where nothing was.
        findings: Vec<Foreseen>,
    },
    /// An object of the set was applied.
    Applied {
        /// The object, with the UID that the API server gave it.
        object: ObjectRef,
    },
    /// A watch delivered an object's state.
    Observed {
        /// The object.
        object: ObjectRef,
        /// Its `metadata.resourceVersion`.
        version: String,
        /// Its state.
        #[serde(flatten)]
        state: ObjectState,
    },
    /// A watch delivered an object's deletion.
    Gone {
        /// The object.
        object: ObjectRef,
    },
    /// A watch broke and was begun again with a list: transitions may be missing.
    Gap {
        /// The kind that was watched.
        kind: String,
        /// Why it broke.
        reason: String,
    },
    /// A running server was asked for its version and its durability settings.
    Server {
        /// The drill during which it was asked; none when it was before the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drill: Option<DrillId>,
        /// The pod it runs in.
        pod: String,
        /// What it calls itself.
        version: String,
        /// The settings that durability depends on, by the server's own names.
        settings: BTreeMap<String, String>,
    },
    /// The workload did not come up: none of its drills began.
    NotUp {
        /// Which.
        workload: WorkloadId,
        /// Why, with the causes, the outermost first.
        error: Vec<String>,
    },
    /// A drill began.
    DrillStarted {
        /// Which.
        drill: DrillId,
    },
    /// A drill ended. It is complete only without an error.
    DrillEnded {
        /// Which.
        drill: DrillId,
        /// Why it could not be carried through, with the causes, the outermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        error: Vec<String>,
    },
    /// The vantage asked the cluster's DNS for a name.
    Resolved {
        /// The drill.
        drill: DrillId,
        /// The name asked for.
        name: String,
        /// The addresses it answered with; empty when it does not resolve.
        addresses: Vec<String>,
    },
    /// Rows are about to be written. Written before the first of them is sent.
    Attempting {
        /// The drill.
        drill: DrillId,
        /// The rows' keys.
        keys: Keys,
    },
    /// What became of rows, in batches.
    Wrote {
        /// The drill.
        drill: DrillId,
        /// What an acknowledgement means, for example `w: majority`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        level: String,
        /// A row each.
        #[serde(deserialize_with = "fitting")]
        outcomes: Vec<WriteOutcome>,
    },
    /// A connection through a name was opened.
    Connected {
        /// The drill.
        drill: DrillId,
        /// The name it was opened to.
        name: String,
        /// Which server answered, as it says itself: the address that it was reached at, which tells the new pod's
        /// server from the old one's, which a forced deletion leaves running for a while; or the name of its host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<String>,
        /// Attempts that failed before it, and the last failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Refusal>,
    },
    /// A connection was lost: recorded as such, it is not the loss of the server.
    Disconnected {
        /// The drill.
        drill: DrillId,
        /// What the driver or the tunnel said.
        reason: String,
    },
    /// A fault is about to be done. Whether it happened is decided from what the watches saw.
    FaultBegun {
        /// The drill.
        drill: DrillId,
        /// What.
        fault: Fault,
        /// To what.
        targets: Vec<FaultTarget>,
    },
    /// The API server accepted the fault's request.
    FaultAccepted {
        /// The drill.
        drill: DrillId,
        /// What.
        fault: Fault,
    },
    /// The API server refused the fault's request, as it may be meant to: a PodDisruptionBudget's 429.
    FaultRefused {
        /// The drill.
        drill: DrillId,
        /// What.
        fault: Fault,
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The rows of a drill that one member has, read from that member alone.
    MemberRead {
        /// The drill.
        drill: DrillId,
        /// The member's pod.
        pod: String,
        /// What kind of read it was.
        level: String,
        /// The keys of the rows that it has.
        keys: Keys,
    },
    /// A member accepted its first session since the set was applied.
    FirstSession {
        /// The workload.
        workload: WorkloadId,
        /// The member's pod.
        pod: String,
        /// Attempts that failed before it, and the last failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Refusal>,
    },
    /// The rows of a drill, read through a Service whose every connection leads to the member.
    ServiceRead {
        /// The drill.
        drill: DrillId,
        /// The Service's DNS name.
        service: String,
        /// The keys of the rows that are there.
        keys: Keys,
    },
    /// A question to which the answer itself is what is to be shown.
    Probed {
        /// The drill.
        drill: DrillId,
        /// What was tried.
        probe: Probe,
        /// Against what: a pod, or a DNS name.
        against: String,
        /// What was answered where it was let, for example a status and a body's first line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
        /// How it was refused, in the server's words; none where it was let.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// A member of a replica set has a role, as it says itself; recorded whenever it changes.
    Role {
        /// The workload.
        workload: WorkloadId,
        /// The member's pod.
        pod: String,
        /// `PRIMARY`, `SECONDARY`, or another state by its MongoDB name; `DOWN` where it does not answer.
        role: String,
        /// The election's term, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        term: Option<i64>,
    },
    /// The wait for a named end is over.
    CameTo {
        /// The drill.
        drill: DrillId,
        /// What the set came to, a sentence fragment.
        state: String,
        /// What stands in its way, in the cluster's own words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
    },
    /// A replica set's configuration, as a member has it.
    Configuration {
        /// The workload.
        workload: WorkloadId,
        /// The replica set's name.
        set: String,
        /// The configuration's version.
        version: i64,
        /// The members' hosts as they stand in it.
        hosts: Vec<String>,
    },
    /// The last lines of a container's log: asked for where something did not become what was awaited.
    Log {
        /// The pod.
        object: Box<ObjectRef>,
        /// The container.
        container: String,
        /// Its last lines.
        lines: Vec<String>,
    },
    /// The container runtime of a node started or ended a process, in the node's own time.
    NodeTask(NodeTask),
    /// The member's claims were looked at.
    ClaimsInspected {
        /// The drill.
        drill: DrillId,
        /// The claims that exist, with their state.
        claims: Vec<(ObjectRef, super::ClaimState)>,
        /// The volumes that these claims are bound to, or were bound to, and that exist.
        volumes: Vec<(ObjectRef, super::VolumeState)>,
    },
    /// The final read of a drill's rows.
    Read {
        /// The drill.
        drill: DrillId,
        /// What kind of read it was, for example `SELECT over a new connection`.
        level: String,
        /// The keys of the rows that are there.
        keys: Keys,
        /// The keys of those among them whose payload is not what was written.
        #[serde(default, skip_serializing_if = "Keys::is_empty")]
        corrupt: Keys,
    },
    /// The harness waited for the cluster, or for a server in it.
    Waited(Span),
    /// Something a reader should know.
    Note {
        /// A sentence.
        text: String,
    },
    /// The last round of a workload's drills is over; what is done once comes after it.
    RoundsEnded {
        /// The workload.
        workload: WorkloadId,
        /// How many rounds were begun.
        begun: u32,
    },
    /// The run ended.
    RunEnded {
        /// Whether it was interrupted by a signal.
        interrupted: bool,
    },
}

/// Which drill on which workload, and in which round: `postgresql-prod/postgres/lose-pod, round 17`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DrillId {
    /// The workload: most records of a history name the same.
    #[serde(flatten, deserialize_with = "shared")]
    pub workload: Arc<WorkloadId>,
    /// The drill.
    pub drill: Drill,
    /// In which round, counted from 1; 0 where the drill is done once.
    #[serde(default, skip_serializing_if = "super::object::is_zero")]
    pub round: u32,
}

impl fmt::Display for DrillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.workload, self.drill)?;
        match self.round {
            0 => Ok(()),
            round => write!(f, ", round {round}"),
        }
    }
}

/// A question to which the answer itself is what is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// A read on a SECONDARY without leave to read there.
    ReadPlain,
    /// A read on a SECONDARY with leave (`secondaryPreferred`, `rs.secondaryOk()`).
    ReadSecondaryOk,
    /// A write on a SECONDARY.
    WriteSecondary,
    /// A write through a Service's name.
    WriteThroughService,
    /// A request over HTTP.
    Get,
}

/// A time in which something in the cluster was under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What was awaited, for example `Pod postgres-0 Ready`.
    pub what: String,
    /// When it began, in microseconds since the run began.
    pub from_us: u64,
    /// When it ended, in microseconds since the run began.
    pub to_us: u64,
}

/// The workload that the record before named, where it is the same: a history has a million records.
fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<WorkloadId>, D::Error> {
    thread_local! {
        static LAST: RefCell<Weak<WorkloadId>> = const { RefCell::new(Weak::new()) };
    }
    let id = WorkloadId::deserialize(deserializer)?;
    Ok(LAST.with_borrow_mut(|last| {
        last.upgrade().filter(|last| **last == id).unwrap_or_else(|| {
            let id = Arc::new(id);
            *last = Arc::downgrade(&id);
            id
        })
    }))
}

/// Without the room for more that a list is read with.
fn fitting<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<WriteOutcome>, D::Error> {
    let mut outcomes = Vec::deserialize(deserializer)?;
    outcomes.shrink_to_fit();
    Ok(outcomes)
}
