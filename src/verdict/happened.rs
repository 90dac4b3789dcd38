//! Proofs of the faults that are no deletions.

use super::view::{Begun, DrillView, POD, STATEFUL_SET};
use crate::history::{Event, Fault, NodeState, ObjectState, SetState};

const NODE: &str = "Node";

/// The StatefulSet was seen to ask for so many members.
pub(super) fn scaled(view: &DrillView<'_>, begun: Begun<'_>, replicas: u32) -> Result<(), String> {
    let seen = sets(view, begun, |place| place > begun.place).any(|set| set.replicas == replicas);
    if seen {
        return Ok(());
    }
    Err(format!(
        "the fault did not happen: StatefulSet {} was never seen to ask for {replicas} members",
        view.workload.name
    ))
}

/// The StatefulSet was seen with another revision of its template than before.
pub(super) fn revised(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    let before = sets(view, begun, |place| place < begun.place).last();
    let before = before
        .and_then(|set| set.update_revision.as_deref())
        .ok_or_else(|| {
            format!(
                "the fault did not happen: no revision of StatefulSet {} was seen before {}",
                view.workload.name, begun.fault
            )
        })?;
    let changed = sets(view, begun, |place| place > begun.place)
        .filter_map(|set| set.update_revision.as_deref())
        .any(|revision| revision != before);
    if changed {
        return Ok(());
    }
    Err(format!(
        "the fault did not happen: StatefulSet {} was never seen with another revision than {before}",
        view.workload.name
    ))
}

/// Every eviction was answered: carried out, and the pod seen to go, or refused for the sake of a budget.
pub(super) fn evicted(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    let is_ours = |name: &str| view.workload.members().any(|member| member.pod == name);
    if begun.targets.is_empty() {
        return Err("the fault did not happen: an eviction was aimed at nothing".into());
    }
    for target in begun.targets {
        if target.kind != POD || target.namespace != view.workload.namespace || !is_ours(&target.name) {
            return Err(format!(
                "the fault did not happen: an eviction was aimed at {} {}, not at a member's pod",
                target.kind, target.name
            ));
        }
        match answer(view, begun) {
            Some(Answer::Accepted) if view.gone(target, begun).is_some() => {}
            Some(Answer::Accepted) => {
                return Err(format!(
                    "the fault did not happen: {} {} with UID {} was never seen to go",
                    target.kind, target.name, target.uid
                ));
            }
            // The API server answers with it for other reasons as well: too many requests, for one.
            Some(Answer::Refused { status: 429, message }) if names_budget(message) => {}
            Some(Answer::Refused { message, .. }) => {
                return Err(format!(
                    "the fault did not happen: the eviction of {} was refused for another reason: {message}",
                    target.name
                ));
            }
            None => {
                return Err(format!(
                    "the fault did not happen: the eviction of {} was never answered",
                    target.name
                ));
            }
        }
    }
    Ok(())
}

/// Whether the member keeps its pod: it was to be evicted, and every time that was refused.
pub(super) fn keeps_pod(view: &DrillView<'_>) -> bool {
    let evicted = |begun: &&Begun<'_>| {
        begun.fault == Fault::Evict && begun.targets.iter().any(|target| view.is_pod(target))
    };
    let mut evictions = view.faults.iter().filter(evicted).peekable();
    evictions.peek().is_some()
        && evictions.all(|begun| matches!(answer(view, *begun), Some(Answer::Refused { .. })))
}

/// The new manifests were answered: refused, or accepted, and then the StatefulSet seen with another revision where its
/// template is another one.
pub(super) fn upgraded(view: &DrillView<'_>, begun: Begun<'_>, replaces_pods: bool) -> Result<(), String> {
    let workload = view.workload;
    let kind = workload.kind.name();
    let aimed = begun.targets.iter().any(|target| {
        target.kind == kind && target.name == workload.name && target.namespace == workload.namespace
    });
    if !aimed {
        return Err(format!(
            "the fault did not happen: the new manifests found no {kind} {}",
            workload.name
        ));
    }
    match answer(view, begun) {
        Some(Answer::Accepted) if replaces_pods && kind == STATEFUL_SET => revised(view, begun),
        Some(Answer::Accepted | Answer::Refused { .. }) => Ok(()),
        None => Err("the fault did not happen: the new manifests were never answered".into()),
    }
}

/// The node was seen cordoned, or no longer.
pub(super) fn cordoned(view: &DrillView<'_>, begun: Begun<'_>, cordoned: bool) -> Result<(), String> {
    let how = if cordoned { "cordoned" } else { "uncordoned" };
    nodes_seen(view, begun, how, |node| node.cordoned == cordoned)
}

/// The cluster was seen to take the node for dead, or to hear of it again.
pub(super) fn heard_of(view: &DrillView<'_>, begun: Begun<'_>, ready: bool) -> Result<(), String> {
    let how = if ready { "Ready again" } else { "taken for dead" };
    nodes_seen(view, begun, how, |node| node.ready == ready)
}

/// Every node that a fault was aimed at was seen in a state since.
fn nodes_seen(
    view: &DrillView<'_>,
    begun: Begun<'_>,
    how: &str,
    is: impl Fn(&NodeState) -> bool,
) -> Result<(), String> {
    for target in begun.targets {
        let seen = view.all().any(|at| match at.event {
            Event::Observed {
                object,
                state: ObjectState::Node(node),
                ..
            } => at.place > begun.place && object.uid == target.uid && is(node),
            _ => false,
        });
        if !seen {
            return Err(format!(
                "the fault did not happen: {} {} was never seen {how}",
                target.kind, target.name
            ));
        }
    }
    Ok(())
}

/// What the API server said to an eviction.
#[derive(Clone, Copy)]
pub(super) enum Answer<'h> {
    Accepted,
    /// With this status, in these words.
    Refused {
        status: u16,
        message: &'h str,
    },
}

/// The answer to a fault: the first after it was begun, before the next is.
pub(super) fn answer<'h>(view: &DrillView<'h>, begun: Begun<'_>) -> Option<Answer<'h>> {
    for at in view.own().filter(|at| at.place > begun.place) {
        match at.event {
            Event::FaultAccepted { fault, .. } if *fault == begun.fault => return Some(Answer::Accepted),
            Event::FaultRefused {
                fault,
                status,
                message,
                ..
            } if *fault == begun.fault => {
                let status = *status;
                return Some(Answer::Refused { status, message });
            }
            Event::FaultRefused { .. } | Event::FaultBegun { .. } => return None,
            _ => {}
        }
    }
    None
}

fn names_budget(message: &str) -> bool {
    message.to_lowercase().contains("disruption budget")
}

/// The kinds that these faults are aimed at, and the name where the plan says it.
pub(super) fn aimed(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    let fits = match begun.fault {
        Fault::Cordon | Fault::Uncordon | Fault::PauseNode | Fault::ResumeNode => {
            begun.targets.iter().any(|target| target.kind == NODE)
        }
        _ => begun.targets.iter().any(|target| {
            target.kind == STATEFUL_SET
                && target.name == view.workload.name
                && target.namespace == view.workload.namespace
        }),
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "the fault did not happen: {} was aimed at something else than the plan says",
        begun.fault
    ))
}

/// What was seen of the very StatefulSet that a fault was aimed at.
fn sets<'h>(
    view: &DrillView<'h>,
    begun: Begun<'h>,
    places: impl Fn(usize) -> bool,
) -> impl Iterator<Item = &'h SetState> {
    view.all().filter_map(move |at| match at.event {
        Event::Observed {
            object,
            state: ObjectState::Set(state),
            ..
        } if places(at.place) && begun.targets.iter().any(|target| target.uid == object.uid) => {
            Some(&**state)
        }
        _ => None,
    })
}
