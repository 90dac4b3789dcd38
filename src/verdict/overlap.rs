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
    /// What was measured.
    pub measured: Measured,
}

/// The time between the new process's start and the old one's end, in microseconds of the node's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measured {
    /// Both ran for so long.
    Both {
        /// Microseconds.
        us: u64,
    },
    /// The old one had ended so long before.
    Apart {
        /// Microseconds.
        us: u64,
    },
    /// Nobody knows.
    Not {
        /// Why.
        why: String,
    },
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.measured {
            Measured::Both { us } => write!(f, "old and new server process both ran for {}", seconds(*us)),
            Measured::Apart { us } => write!(
                f,
                "no overlap: the old server process ended {} before the new one started",
                seconds(*us)
            ),
            Measured::Not { why } => write!(f, "overlap of old and new server process not measured: {why}"),
        }
    }
}

/// The overlap of a drill; none when it forces no deletion.
pub(super) fn of(view: &DrillView<'_>, history: &History) -> Option<Overlap> {
    view.fault(Fault::ForceDelete)?;
    let measured = measure(view, history).unwrap_or_else(|why| Measured::Not { why });
    Some(Overlap {
        drill: view.id.clone(),
        pod: view.member.pod.clone(),
        measured,
    })
}

fn measure(view: &DrillView<'_>, history: &History) -> Result<Measured, String> {
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
    let overlap = ended.duration_since(started);
    let us = u64::try_from(overlap.unsigned_abs().as_micros()).unwrap_or(u64::MAX);
    Ok(if overlap.is_positive() {
        Measured::Both { us }
    } else {
        Measured::Apart { us }
    })
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
