use super::view::{Begun, DrillView};
use crate::history::{Event, Fault, PodState, WriteFate};
use crate::workload::WorkloadKind;

const DEPLOYMENT: &str = "Deployment";

/// Whether a fault happened to a Deployment's pods: the one that was meant was seen to go, and for a changed template
/// all that were there.
///
/// # Errors
///
/// Says what was not seen.
pub(super) fn proven(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    let name = &view.workload.name;
    let not = |what: String| Err(format!("the fault did not happen: {what}"));
    let went = match begun.fault {
        Fault::DeletePod | Fault::ForceDelete => {
            let pods = begun.targets.iter().filter(|target| view.is_pod(target));
            pods.map(|target| target.uid.as_str()).collect()
        }
        Fault::BreakImage | Fault::MendImage if aimed_at_the_set(view, begun) => return Ok(()),
        Fault::Restart | Fault::Undo => {
            if !aimed_at_the_set(view, begun) {
                return not(format!("{} was not aimed at {DEPLOYMENT} {name}", begun.fault));
            }
            there_at(view, begun.place)
        }
        other => return not(format!("{other} is nothing that is done to a {DEPLOYMENT}")),
    };
    if went.is_empty() {
        return not(format!("{} met no pod of {DEPLOYMENT} {name}", begun.fault));
    }
    for uid in went {
        let gone = view
            .pod(uid)
            .any(|pod| pod.place > begun.place && pod.state.is_none());
        if !gone {
            let pod = view.name(uid).unwrap_or(name);
            return not(format!("Pod {pod} with UID {uid} was never seen to go"));
        }
    }
    Ok(())
}

fn aimed_at_the_set(view: &DrillView<'_>, begun: Begun<'_>) -> bool {
    let workload = view.workload;
    begun.targets.iter().any(|target| {
        target.kind == DEPLOYMENT && target.name == workload.name && target.namespace == workload.namespace
    })
}

/// The pods that were there at a place of the history and that nobody had deleted yet.
fn there_at<'h>(view: &DrillView<'h>, place: usize) -> Vec<&'h str> {
    let mut there: Vec<&str> = Vec::new();
    for pod in view.pods().iter().filter(|pod| pod.place < place) {
        there.retain(|uid| *uid != pod.uid);
        if pod.state.is_some_and(PodState::is_alive) {
            there.push(pod.uid);
        }
    }
    there
}

/// What a Deployment does to its pods' names, which no promise covers: none for a StatefulSet, or where no pod was
/// replaced.
pub(super) fn names(view: &DrillView<'_>) -> Option<String> {
    if view.workload.kind != WorkloadKind::Deployment {
        return None;
    }
    let name = |uid: Option<&str>| uid.and_then(|uid| view.name(uid));
    let (old, new) = (name(view.old_pod())?, name(view.new_pod())?);
    Some(format!(
        "{}: {old} went, {new} came: a Deployment's pods have no stable names",
        view.id
    ))
}

/// Whether one of several pods of a Deployment acknowledged a row that was sent after a time: its Service leads to any
/// of them, and a client whose pod stays need not come to the new one.
pub(super) fn answers_after(view: &DrillView<'_>, us: u64) -> bool {
    let several = view.workload.kind == WorkloadKind::Deployment && view.workload.replicas > 1;
    several
        && view.own().any(|at| match at.event {
            Event::Wrote { outcomes, .. } => outcomes
                .iter()
                .any(|outcome| outcome.fate == WriteFate::Acknowledged && outcome.sent_us >= us),
            _ => false,
        })
}
