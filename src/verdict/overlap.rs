use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::times::seconds;
use super::view::DrillView;
use crate::history::{DrillId, Event, Fault, History, TaskChange};

/// Whether the old and the new server process ran at once: a forced deletion makes the API forget the pod before
/// the kubelet has ended its processes (Kubernetes' "Force Delete StatefulSet Pods").
///
/// A measurement from the node, not a promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// The drill.
    pub drill: DrillId,
    /// The member's pod.
    pub pod: String,
    /// The old process's end less the new one's start, in microseconds of the node's clock: so long both ran, or,
    /// where it is negative, so long none did. None when it was not measured.
    pub overlap_us: Option<i64>,
    /// Why it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmeasured: Option<String>,
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = self.unmeasured.as_deref().unwrap_or("no reason is known");
        match self.overlap_us {
            Some(us) if us > 0 => {
                write!(
                    f,
                    "old and new server process both ran for {}",
                    seconds(us.unsigned_abs())
                )
            }
            Some(us) => write!(
                f,
                "no overlap: the old server process ended {} before the new one started",
                seconds(us.unsigned_abs())
            ),
            None => write!(f, "overlap of old and new server process not measured: {why}"),
        }
    }
}

/// The overlap of a drill; none when it forces no deletion.
pub(super) fn of(view: &DrillView<'_>, history: &History) -> Option<Overlap> {
    view.fault(Fault::ForceDelete)?;
    let measured = measure(view, history);
    Some(Overlap {
        drill: view.id.clone(),
        pod: view.member.pod.clone(),
        overlap_us: measured.as_ref().ok().copied(),
        unmeasured: measured.err(),
    })
}

fn measure(view: &DrillView<'_>, history: &History) -> Result<i64, String> {
    // The last container of the old pod, the first of the new one: those that could meet.
    let old = view.old_pod().and_then(|old| containers(view, old).last());
    let old = old.ok_or("the old server's container was not seen")?;
    let new = view.new_pod().and_then(|new| containers(view, new).next());
    let new = new.ok_or("the new server's container was not seen")?;
    let (old_node, ended) = task(history, old, TaskChange::Exited)
        .ok_or_else(|| format!("the node did not report the end of container {old}"))?;
    let (new_node, started) = task(history, new, TaskChange::Started)
        .ok_or_else(|| format!("the node did not report the start of container {new}"))?;
    if old_node != new_node {
        return Err(format!(
            "one ran on {old_node}, the other on {new_node}, and clocks differ"
        ));
    }
    i64::try_from(ended.duration_since(started).as_micros()).map_err(|error| error.to_string())
}

/// The IDs of the containers that ran the engine in a pod, without the runtime's prefix.
fn containers<'h>(view: &DrillView<'h>, uid: &str) -> impl Iterator<Item = &'h str> {
    view.pod(uid).filter_map(|pod| {
        let id = view.engine(pod.state?)?.id.as_deref()?;
        Some(id.split_once("://").map_or(id, |(_, id)| id))
    })
}

/// A node's report on a container, wherever in the history: it comes by another way than the watches' and may be late.
fn task<'h>(history: &'h History, container: &str, change: TaskChange) -> Option<(&'h str, Timestamp)> {
    history.records.iter().find_map(|record| match &record.event {
        Event::NodeTask(task) if task.container == container && task.change == change => {
            Some((task.node.as_str(), task.when))
        }
        _ => None,
    })
}
