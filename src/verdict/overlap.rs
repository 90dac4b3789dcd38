use std::fmt;

use serde::{Deserialize, Serialize};

use super::servers;
use super::times::seconds;
use super::view::DrillView;
use crate::history::{DrillId, Fault};

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
pub(super) fn of(view: &DrillView<'_>) -> Option<Overlap> {
    view.fault(Fault::ForceDelete)?;
    let measured = measure(view).unwrap_or_else(|why| Measured::Not { why });
    Some(Overlap {
        drill: view.id.clone(),
        pod: view.member.pod.clone(),
        measured,
    })
}

fn measure(view: &DrillView<'_>) -> Result<Measured, String> {
    // The last container of the old pod, the first of the new one: those that could meet.
    let servers = servers::of(view);
    let (old_pod, new_pod) = (view.old_pod(), view.new_pod());
    let old = servers.iter().rfind(|server| Some(server.uid) == old_pod);
    let old = old.ok_or("the old server's container was not seen")?;
    let new = servers.iter().find(|server| Some(server.uid) == new_pod);
    let new = new.ok_or("the new server's container was not seen")?;
    let ended = old
        .ended
        .ok_or_else(|| format!("the node did not report the end of container {}", old.container))?;
    let started = new
        .started
        .ok_or_else(|| format!("the node did not report the start of container {}", new.container))?;
    if ended.node != started.node {
        return Err(format!(
            "one ran on {}, the other on {}, and clocks differ",
            ended.node, started.node
        ));
    }
    let overlap = ended.when.duration_since(started.when);
    let us = u64::try_from(overlap.unsigned_abs().as_micros()).unwrap_or(u64::MAX);
    Ok(if overlap.is_positive() {
        Measured::Both { us }
    } else {
        Measured::Apart { us }
    })
}
