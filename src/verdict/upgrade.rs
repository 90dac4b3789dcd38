use super::happened::{Answer, answer};
use super::model::Finding;
use super::recovery::last_seen;
use super::times::seconds;
use super::view::{Begun, DrillView, Ending, POD};
use crate::history::{Fault, PodState};
use crate::plan::Step;
use crate::workload::{Change, WorkloadKind};

/// How one goes over all the same to what the API server refuses.
const BY_HAND: &str = "by hand: delete the StatefulSet with --cascade=orphan and apply the new manifests; its pods, claims \
                       and rows stay. A claim is made larger itself, where its class allows that (Kubernetes, \"Resizing \
                       Persistent Volumes\"; kubernetes/kubernetes issue 68737)";

/// The API server takes the new manifests, and every member becomes Ready as what they ask for.
///
/// Refuted by the API server's refusal, and by a new pod whose server ends by itself. A time-out alone refutes nothing.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let step = view.planned.steps.iter().find_map(|step| match step {
        Step::Upgrade {
            replicas,
            replaces_pods,
        } => Some((*replicas, *replaces_pods)),
        _ => None,
    });
    let (Some(begun), Some((replicas, replaces_pods))) = (view.fault(Fault::Upgrade), step) else {
        return Finding::inconclusive("the new manifests were not applied");
    };
    let none = Change::default();
    let change = view.planned.change.as_ref().unwrap_or(&none);
    match answer(view, begun) {
        Some(Answer::Accepted) => {}
        Some(Answer::Refused { message, .. }) => return refused(message, change),
        None => return Finding::inconclusive("the API server did not answer"),
    }
    let members: Vec<DrillView<'_>> = match view.workload.kind {
        WorkloadKind::StatefulSet | WorkloadKind::Pod => {
            (0..replicas).map(|ordinal| view.seen_from(ordinal)).collect()
        }
        WorkloadKind::Deployment => vec![view.seen_from(view.member.ordinal)],
    };
    let (mut missing, mut failed, mut ready_us) = (Vec::new(), Vec::new(), begun.us);
    for member in &members {
        match state_of(member, begun, replaces_pods) {
            Member::Ready { us } => ready_us = ready_us.max(us),
            Member::Missing(what) => missing.push(what),
            Member::Failed(what) => failed.push(what),
        }
    }
    let mut evidence = change.differs.clone();
    if !failed.is_empty() {
        evidence.extend(failed);
        return Finding::violated(evidence);
    }
    if !missing.is_empty() {
        return Finding::inconclusive(missing.join("; "));
    }
    if view.ending != Ending::Complete || view.gap(POD, begun.place, usize::MAX) {
        return Finding::inconclusive("not everything that followed was seen");
    }
    evidence.push(if replaces_pods {
        let after = seconds(ready_us.saturating_sub(begun.us));
        format!("accepted; every member was replaced and Ready {after} later")
    } else {
        "accepted; no pod had to be replaced, and every member is Ready".to_owned()
    });
    Finding::held(evidence)
}

/// Whether the drill goes over to other manifests that replace no pod, or are refused.
pub(super) fn keeps_pods(view: &DrillView<'_>) -> bool {
    let mut steps = view.planned.steps.iter();
    let in_place = steps.any(|step| {
        matches!(
            step,
            Step::Upgrade {
                replaces_pods: false,
                ..
            }
        )
    });
    let begun = view.fault(Fault::Upgrade);
    let refused = begun.is_some_and(|begun| matches!(answer(view, begun), Some(Answer::Refused { .. })));
    in_place || refused
}

fn refused(message: &str, change: &Change) -> Finding {
    let mut evidence = vec![format!("the API server refused the new manifests: {message}")];
    if !change.immutable.is_empty() {
        evidence.push(format!(
            "of a StatefulSet that exists, these are never changed: {}",
            change.immutable.join(", ")
        ));
        evidence.push(BY_HAND.to_owned());
    }
    Finding::violated(evidence)
}

/// What became of a member.
enum Member {
    Ready {
        us: u64,
    },
    /// It is not what it should be, for no reason that was seen.
    Missing(String),
    /// Its new server ended by itself.
    Failed(String),
}

fn state_of(member: &DrillView<'_>, begun: Begun<'_>, replaces_pods: bool) -> Member {
    let name = &member.member.pod;
    let alive = |uid: &str| member.pod(uid).all(|pod| pod.state.is_some());
    let last = member.pods().iter().rev().find(|pod| alive(pod.uid));
    let Some((pod, state)) = last.and_then(|pod| Some((pod, pod.state?))) else {
        return Member::Missing(format!("{name} was not there in the end"));
    };
    let is_new = member.first_seen(pod.uid) > Some(begun.place);
    if state.ready && (is_new || !replaces_pods) {
        let ready = member.ready(pod.uid).map_or(begun.us, |ready| ready.us);
        return Member::Ready { us: ready };
    }
    let what = format!("{} is not Ready{}", pod.name, last_seen(state));
    if is_new && has_failed(member, state) {
        return Member::Failed(what);
    }
    if is_new {
        return Member::Missing(what);
    }
    Member::Missing(format!("{} is the pod that was there before", pod.name))
}

/// Whether the server in a pod ended by itself.
fn has_failed(view: &DrillView<'_>, pod: &PodState) -> bool {
    let server = view.engine(pod);
    server.is_some_and(|server| server.restarts > 0 || server.terminated.is_some())
}
