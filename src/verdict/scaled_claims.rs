use super::inspection::Inspection;
use super::model::Finding;
use super::retention::{claim_before, describe};
use super::view::{Begun, CLAIM, DrillView};
use crate::history::{Event, Fault};
use crate::plan::Outcome;
use crate::workload::RetentionPolicy;

/// What becomes of a member's claims when it is scaled away: they stay, and it takes them again when it comes back.
///
/// Source: Kubernetes' "StatefulSets: PersistentVolumeClaim retention", `whenScaled`.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let scaled = |to: &dyn Fn(u32) -> bool| {
        view.faults
            .iter()
            .copied()
            .find(|begun| matches!(begun.fault, Fault::Scale { replicas } if to(replicas)))
    };
    let ordinal = view.member.ordinal;
    let (Some(down), Some(up)) = (
        scaled(&|replicas| replicas <= ordinal),
        scaled(&|replicas| replicas > ordinal),
    ) else {
        return Finding::inconclusive(format!("{} was not scaled away and back", view.member.pod));
    };
    let claims = &view.member.claims;
    let findings = claims.iter().map(|claim| kept(view, claim, down, up));
    let Some(mut finding) = Finding::worst_of(findings.collect()) else {
        return Finding::inconclusive("the manifest asks for no claim");
    };
    if finding.observed == Outcome::Violated && view.workload.retention.when_scaled == RetentionPolicy::Delete
    {
        finding.evidence.push(format!(
            "this is what the manifest asks for: persistentVolumeClaimRetentionPolicy.whenScaled: Delete ({})",
            view.workload.declared_at
        ));
    }
    finding
}

/// Whether a claim outlived its pod and is the returned member's again.
fn kept(view: &DrillView<'_>, name: &str, down: Begun<'_>, up: Begun<'_>) -> Finding {
    let Some((uid, old)) = claim_before(view, name, down.place) else {
        return Finding::inconclusive(format!(
            "claim {name} was not seen before the set was scaled down"
        ));
    };
    let went = view.all().any(|at| {
        at.place > down.place
            && matches!(at.event, Event::Gone { object } if object.kind == CLAIM && object.uid == uid)
    });
    if went {
        return Finding::violated(vec![format!(
            "claim {name} with UID {uid} went when the set was scaled down"
        )]);
    }
    let inspections = view.inspections();
    let between = |found: &&Inspection<'_>| found.place > down.place && found.place < up.place;
    let (Some(between), Some(after)) = (
        inspections.iter().rfind(between),
        inspections.iter().rfind(|found| found.place > up.place),
    ) else {
        return Finding::inconclusive(format!(
            "claim {name} was not looked at both while the member was away and afterwards"
        ));
    };
    for (found, when) in [(between, "while the member was away"), (after, "afterwards")] {
        match found.claim(&view.workload.namespace, name) {
            Some((object, state))
                if object.uid == uid
                    && state.phase == "Bound"
                    && !state.terminating
                    && state.volume == old.volume => {}
            other => {
                let now = other.map_or_else(
                    || "was not there".into(),
                    |(object, state)| describe(&object.uid, state),
                );
                return Finding::violated(vec![format!("claim {name} with UID {uid} {now} {when}")]);
            }
        }
    }
    let mounted = view.new_pod().is_some_and(|new| {
        view.pod(new)
            .filter_map(|pod| pod.state)
            .any(|pod| pod.claims.iter().any(|claim| claim == name))
    });
    let taken = if mounted {
        format!(", and {} has it again", view.member.pod)
    } else {
        String::new()
    };
    Finding::held(vec![format!(
        "claim {name} with UID {uid} stayed Bound while {} was away{taken}",
        view.member.pod
    )])
}
