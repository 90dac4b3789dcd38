use std::fmt;

use serde::{Deserialize, Serialize};

use super::seconds;
use super::view::POD;
use crate::history::{Event, History, ObjectState};
use crate::workload::WorkloadId;

/// What Ready was worth when a member came up: the first session against the readiness probe.
///
/// `mysqladmin ping` succeeds on a server that denies access, and on the temporary one of the first initialisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// The workload.
    pub workload: WorkloadId,
    /// The member's pod.
    pub pod: String,
    /// From the start of the server's process until Ready, in microseconds; none where either was not seen.
    pub ready_us: Option<u64>,
    /// From the start of the server's process until the first session, in microseconds.
    pub session_us: Option<u64>,
    /// How often a container of it was started again until the first session.
    pub restarts: u32,
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ready_us, self.session_us) {
            (Some(ready), Some(session)) => {
                write!(
                    f,
                    "Ready {}, first session {} after its server's process was started: ",
                    seconds(ready),
                    seconds(session)
                )?;
                if ready < session {
                    write!(f, "Ready {} too early", seconds(session - ready))?;
                } else {
                    write!(f, "Ready {} after it", seconds(ready - session))?;
                }
            }
            _ => f.write_str("not measured: its start or its Ready was not seen")?,
        }
        write!(f, "; {} restarts", self.restarts)
    }
}

/// Of every member whose first session is in the history.
pub(super) fn readiness(history: &History) -> Vec<Readiness> {
    let records = history.records.iter();
    records
        .filter_map(|record| match &record.event {
            Event::FirstSession { workload, pod, .. } => Some(of(history, workload, pod, record.at_us)),
            _ => None,
        })
        .collect()
}

fn of(history: &History, workload: &WorkloadId, pod: &str, session_us: u64) -> Readiness {
    let states = || {
        history.records.iter().filter_map(|record| match &record.event {
            Event::Observed {
                object,
                state: ObjectState::Pod(state),
                ..
            } if object.kind == POD && object.namespace == workload.namespace && object.name == pod => {
                Some((record.at_us, &**state))
            }
            _ => None,
        })
    };
    let runs = |(_, state): &(u64, &crate::history::PodState)| {
        state
            .containers
            .iter()
            .any(|container| !container.init && container.running)
    };
    let started = states().find(runs).map(|(us, _)| us);
    let ready = states().find(|(_, state)| state.ready).map(|(us, _)| us);
    let until = states().filter(|(us, _)| *us <= session_us);
    let restarts = until.flat_map(|(_, state)| state.containers.iter().map(|container| container.restarts));
    Readiness {
        workload: workload.clone(),
        pod: pod.to_owned(),
        ready_us: ready
            .zip(started)
            .map(|(ready, started)| ready.saturating_sub(started)),
        session_us: started.map(|started| session_us.saturating_sub(started)),
        restarts: restarts.max().unwrap_or(0),
    }
}
