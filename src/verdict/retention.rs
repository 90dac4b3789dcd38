use super::model::Finding;
use super::scaled_claims;
use super::view::{Begun, CLAIM, DrillView, VOLUME};
use crate::history::{ClaimState, Event, Fault, ObjectState, VolumeState};
use crate::plan::{Drill, Outcome};
use crate::workload::RetentionPolicy;

/// What becomes of the claims when the StatefulSet goes: they stay until they are deleted by name, and then go with
/// their volumes as the volumes' reclaim policy has it.
///
/// Source: Kubernetes' "StatefulSets: PersistentVolumeClaim retention" and "Persistent Volumes: reclaiming".
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    if view.planned.drill == Drill::Scale {
        return scaled_claims::check(view);
    }
    let Some(set) = view.fault(Fault::DeleteStatefulset) else {
        return Finding::inconclusive("the StatefulSet was not deleted");
    };
    if view.member.claims.is_empty() {
        return Finding::inconclusive("the manifest asks for no claim");
    }
    let by_name = view.fault(Fault::DeleteClaims);
    let mut parts = Vec::new();
    for member in view.workload.members() {
        // Only the claims of the member that the drill is for are deleted by name.
        let by_name = by_name.filter(|_| member.ordinal == view.member.ordinal);
        for claim in &member.claims {
            parts.push(kept(view, claim, set, by_name));
            if let Some(by_name) = by_name {
                parts.push(reclaimed(view, claim, by_name));
            }
        }
    }
    let observed = parts
        .iter()
        .map(|part| part.observed)
        .max()
        .unwrap_or(Outcome::Inconclusive);
    // The weightiest first, and nothing that held where something did not.
    let mut evidence: Vec<String> = parts
        .into_iter()
        .filter(|part| part.observed == observed)
        .flat_map(|part| part.evidence)
        .collect();
    if observed == Outcome::Violated && view.workload.retention.when_deleted == RetentionPolicy::Delete {
        evidence.push(format!(
            "this is what the manifest asks for: persistentVolumeClaimRetentionPolicy.whenDeleted: Delete ({})",
            view.workload.declared_at
        ));
    }
    Finding { observed, evidence }
}

/// Whether a claim outlived the StatefulSet, until it was deleted by name where the drill does that.
fn kept(view: &DrillView<'_>, name: &str, set: Begun<'_>, by_name: Option<Begun<'_>>) -> Finding {
    let until = by_name.map_or(usize::MAX, |fault| fault.place);
    let Some((uid, _)) = claim_before(view, name, set.place) else {
        return Finding::inconclusive(format!(
            "claim {name} was not seen before the StatefulSet was deleted"
        ));
    };
    let went = view.all().any(|at| {
        at.place > set.place
            && at.place < until
            && matches!(at.event, Event::Gone { object } if object.kind == CLAIM && object.uid == uid)
    });
    if went {
        return Finding::violated(vec![format!(
            "claim {name} with UID {uid} went with the StatefulSet"
        )]);
    }
    let set_gone = set
        .targets
        .iter()
        .filter_map(|target| view.gone(target, set))
        .max();
    let mut found = false;
    for inspection in view.inspections() {
        if set_gone.is_none_or(|gone| inspection.place < gone) || inspection.place > until {
            continue;
        }
        match inspection.claim(&view.workload.namespace, name) {
            Some((object, state)) if object.uid == uid && state.phase == "Bound" && !state.terminating => {
                found = true;
            }
            other => {
                let now = other.map_or_else(
                    || "was not there".into(),
                    |(object, state)| describe(&object.uid, state),
                );
                return Finding::violated(vec![format!(
                    "claim {name} with UID {uid} {now} after the StatefulSet was gone"
                )]);
            }
        }
    }
    if found {
        let then = if by_name.is_some() {
            ", and went when it was deleted by name"
        } else {
            ""
        };
        Finding::held(vec![format!(
            "claim {name} with UID {uid} stayed Bound when the StatefulSet was gone{then}"
        )])
    } else {
        Finding::inconclusive(format!(
            "claim {name} was not looked at after the StatefulSet was gone"
        ))
    }
}

/// Whether a claim's volume went or stayed as its reclaim policy has it, once the claim was deleted by name.
fn reclaimed(view: &DrillView<'_>, claim: &str, by_name: Begun<'_>) -> Finding {
    let Some(volume) =
        claim_before(view, claim, by_name.place).and_then(|(_, state)| state.volume.as_deref())
    else {
        return Finding::inconclusive(format!("the volume of claim {claim} was not seen"));
    };
    let Some(policy) =
        volume_seen(view, volume, |place| place < by_name.place).map(|state| &state.reclaim_policy)
    else {
        return Finding::inconclusive(format!("the reclaim policy of volume {volume} was not seen"));
    };
    // Only its deletion counts: an inspection lists the volumes of the claims it found, so its silence says nothing.
    let deleted = view.all().any(|at| {
        at.place > by_name.place
            && matches!(at.event, Event::Gone { object } if object.kind == VOLUME && object.name == volume)
    });
    let phase =
        volume_seen(view, volume, |place| place > by_name.place).map_or("unknown", |state| &state.phase);
    let says = |what: &str| format!("volume {volume} (reclaim policy {policy}) {what}");
    match (policy.as_str(), deleted) {
        ("Delete", true) => Finding::held(vec![says("went with its claim")]),
        ("Delete", false) if phase == "Failed" => {
            Finding::violated(vec![says("could not be deleted: its phase is Failed")])
        }
        ("Delete", false) => Finding::inconclusive(says("was not seen to go")),
        ("Retain", true) => Finding::violated(vec![says("went with its claim")]),
        ("Retain", false) if next_volume(view, claim, by_name) == Some(volume) => {
            Finding::violated(vec![says("was given to the next claim")])
        }
        ("Retain", false) if phase == "Released" => {
            let next = next_volume(view, claim, by_name);
            let next = next.map(|next| format!("the next claim {claim} has another volume: {next}"));
            let stayed = says("stayed, Released");
            Finding::held(std::iter::once(stayed).chain(next).collect())
        }
        (_, _) => Finding::inconclusive(says(&format!("was last seen with phase {phase}"))),
    }
}

/// The volume of the claim that took the name of one deleted by name.
fn next_volume<'h>(view: &DrillView<'h>, claim: &str, by_name: Begun<'_>) -> Option<&'h str> {
    let (old, _) = claim_before(view, claim, by_name.place)?;
    let (new, state) = claim_before(view, claim, usize::MAX)?;
    state.volume.as_deref().filter(|_| new != old)
}

/// The claim of a name as it was last seen before a place of the history: its UID and state.
pub(super) fn claim_before<'h>(
    view: &DrillView<'h>,
    name: &str,
    before: usize,
) -> Option<(&'h str, &'h ClaimState)> {
    let namespace = &view.workload.namespace;
    view.all()
        .rev()
        .filter(|at| at.place < before)
        .find_map(|at| match at.event {
            Event::Observed {
                object,
                state: ObjectState::Claim(state),
                ..
            } if object.namespace == *namespace && object.name == name => {
                Some((object.uid.as_str(), &**state))
            }
            Event::ClaimsInspected { claims, .. } => claims
                .iter()
                .find(|(object, _)| object.namespace == *namespace && object.name == name)
                .map(|(object, state)| (object.uid.as_str(), state)),
            _ => None,
        })
}

/// A volume as it was last seen at those places of the history.
fn volume_seen<'h>(
    view: &DrillView<'h>,
    name: &str,
    places: impl Fn(usize) -> bool,
) -> Option<&'h VolumeState> {
    view.all()
        .rev()
        .filter(|at| places(at.place))
        .find_map(|at| match at.event {
            Event::Observed {
                object,
                state: ObjectState::Volume(state),
                ..
            } if object.name == name => Some(&**state),
            Event::ClaimsInspected { volumes, .. } => volumes
                .iter()
                .find(|(object, _)| object.name == name)
                .map(|(_, state)| state),
            _ => None,
        })
}

pub(super) fn describe(uid: &str, state: &ClaimState) -> String {
    let deleting = if state.terminating {
        " and being deleted"
    } else {
        ""
    };
    format!("was {}{deleting} with UID {uid}", state.phase)
}
