use super::model::Finding;
use super::sighting::Sighting;
use super::view::{DrillView, Ending, POD};
use crate::history::{ClaimState, Event, Fault, ObjectState, VolumeState};

/// The member comes back where its volume can be.
///
/// While its node is cordoned the new pod goes to another, or stays Pending because its volume cannot: that is no
/// fault of anybody's, and said as such. Once the node is given back it must be Ready on a node that its volumes'
/// affinity names (Kubernetes' "Persistent Volumes: Node Affinity", "Safely Drain a Node").
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let pod = &view.member.pod;
    let (Some(cordon), Some(uncordon)) = (view.fault(Fault::Cordon), view.fault(Fault::Uncordon)) else {
        return Finding::inconclusive("no node was cordoned and given back");
    };
    let Some(node) = cordon.targets.first().map(|target| target.name.as_str()) else {
        return Finding::inconclusive("no node was cordoned");
    };
    let Some(old) = view.old_pod() else {
        return Finding::inconclusive(format!("no pod {pod} was seen before its node was cordoned"));
    };
    let was_on = view
        .pod(old)
        .filter(|seen| seen.place < cordon.place)
        .filter_map(|seen| seen.state?.node.as_deref())
        .last();
    if was_on != Some(node) {
        return Finding::inconclusive(format!(
            "{node} was cordoned, and {pod} was on {}",
            was_on.unwrap_or("none")
        ));
    }
    let Some(new) = view.new_pod() else {
        return Finding::inconclusive(format!("no new pod {pod} was seen: it was not displaced"));
    };
    let refuted = |evidence: String| {
        if view.ending == Ending::Complete && !view.gap_since_fault(POD) {
            Finding::violated(vec![evidence])
        } else {
            Finding::inconclusive(evidence)
        }
    };
    let during: Vec<_> = view
        .pod(new)
        .filter(|seen| seen.place > cordon.place && seen.place < uncordon.place)
        .collect();
    if during
        .iter()
        .any(|seen| seen.state.and_then(|state| state.node.as_deref()) == Some(node))
    {
        return Finding::violated(vec![format!(
            "{pod}: pod {new} was put on {node} while it was cordoned"
        )]);
    }
    let Some(ready) = view.pod(new).filter(|seen| is_ready(*seen)).last() else {
        return refuted(format!(
            "{pod}: pod {new} was not Ready again after {node} was given back"
        ));
    };
    let now_on = ready
        .state
        .and_then(|state| state.node.as_deref())
        .unwrap_or("none");

    let mut evidence = vec![displaced(&during, pod, node)];
    for claim in &view.member.claims {
        let Some((name, volume)) = volume_of(view, claim, ready.place) else {
            return Finding::inconclusive(format!("the volume of claim {claim} was not seen"));
        };
        if volume.nodes.is_empty() {
            evidence.push(format!(
                "volume {name} names no node: what makes it the same volume on another is not shown"
            ));
        } else if volume.nodes.iter().any(|lies| lies == now_on) {
            evidence.push(format!("volume {name} lies on {}", volume.nodes.join(", ")));
        } else {
            return Finding::violated(vec![format!(
                "{pod} is on {now_on}, its volume {name} on {}",
                volume.nodes.join(", ")
            )]);
        }
    }
    evidence.push(format!("{pod} was on {node} before and is Ready on {now_on} now"));
    Finding::held(evidence)
}

/// What became of the pod while its node was cordoned.
fn displaced(during: &[Sighting<'_>], pod: &str, node: &str) -> String {
    if let Some(elsewhere) = during
        .iter()
        .find(|seen| is_ready(**seen))
        .and_then(|seen| seen.state?.node.as_deref())
    {
        return format!("with {node} cordoned {pod} was Ready on {elsewhere}");
    }
    let words = during
        .iter()
        .rev()
        .find_map(|seen| seen.state?.unschedulable.as_deref());
    match words {
        Some(words) if is_bound(words) => {
            format!("storage-bound, as expected: with {node} cordoned {pod} stayed Pending: {words}")
        }
        Some(words) => {
            format!("with {node} cordoned no other node took {pod}, which stayed Pending: {words}")
        }
        None => format!("with {node} cordoned {pod} was not seen to be scheduled"),
    }
}

/// Whether the scheduler names a volume as what keeps a pod from a node.
fn is_bound(words: &str) -> bool {
    // `node(s) had volume node affinity conflict`, `node(s) didn't match PersistentVolume's node affinity`.
    words.to_lowercase().contains("volume")
}

fn is_ready(seen: Sighting<'_>) -> bool {
    seen.state.is_some_and(|state| state.ready)
}

/// The volume of a claim, as both were last seen before a place of the history.
fn volume_of<'h>(view: &DrillView<'h>, claim: &str, before: usize) -> Option<(&'h str, &'h VolumeState)> {
    let mut events = view.all().rev().filter(|at| at.place < before);
    let bound: &ClaimState = events.find_map(|at| match at.event {
        Event::Observed {
            object,
            state: ObjectState::Claim(state),
            ..
        } if object.namespace == view.workload.namespace && object.name == claim => Some(state),
        _ => None,
    })?;
    let name = bound.volume.as_deref()?;
    let volume = view.all().rev().find_map(|at| match at.event {
        Event::Observed {
            object,
            state: ObjectState::Volume(state),
            ..
        } if object.name == name => Some(state),
        _ => None,
    })?;
    Some((name, volume))
}
