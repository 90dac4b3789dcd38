use super::happened::{Answer, answer};
use super::model::Finding;
use super::view::{Begun, DrillView};
use crate::history::{BudgetState, Event, Fault, ObjectRef, ObjectState};

/// What the PodDisruptionBudget protects is not evicted: no more pods than it allows, and what was refused stays the
/// pod it was (Kubernetes' "Disruptions", "API-initiated Eviction").
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let [budget] = view.workload.budgets.as_slice() else {
        return Finding::inconclusive("not one PodDisruptionBudget selects the members");
    };
    let evictions: Vec<_> = view
        .faults
        .iter()
        .copied()
        .filter(|begun| begun.fault == Fault::Evict)
        .collect();
    let Some(first) = evictions.first() else {
        return Finding::inconclusive("nothing was evicted");
    };
    let Some(state) = state_before(view, &budget.name, first.place) else {
        return Finding::inconclusive(format!(
            "PodDisruptionBudget {} was not seen before the eviction",
            budget.name
        ));
    };
    let status = format!(
        "{} allowed {} of {} healthy pods to be evicted",
        budget.name, state.allowed, state.healthy
    );
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for begun in evictions {
        match answer(view, begun) {
            Some(Answer::Accepted) => accepted.extend(begun.targets),
            Some(Answer::Refused { message, .. }) => {
                refused.extend(begun.targets.iter().map(|pod| (pod, begun, message)));
            }
            None => return Finding::inconclusive("an eviction was not answered"),
        }
    }

    let mut wrong = Vec::new();
    // The manifest's word is what was asked for, the controller's what was enforced.
    for (allowed, whose) in [
        (budget.allowed, "the manifest allows"),
        (state.allowed, "the cluster allowed"),
    ] {
        if accepted.len() > allowed as usize {
            wrong.push(format!(
                "evicted: {}, though {whose} {allowed} at once",
                names(&accepted)
            ));
        }
    }
    for (pod, begun, _) in &refused {
        if went(view, pod, *begun) {
            wrong.push(format!(
                "{} with UID {} went although its eviction was refused",
                pod.name, pod.uid
            ));
        }
    }
    if !wrong.is_empty() {
        wrong.push(status);
        return Finding::violated(wrong);
    }
    if !refused.is_empty() && accepted.len() < budget.allowed as usize {
        return Finding::inconclusive(format!(
            "{} of {} evictions were refused that the manifest allows; {status}",
            refused.len(),
            refused.len() + accepted.len()
        ));
    }
    let mut right = Vec::new();
    if !accepted.is_empty() {
        right.push(format!(
            "evicted, as {} allows: {}",
            budget.name,
            names(&accepted)
        ));
    }
    for (pod, _, message) in &refused {
        right.push(format!(
            "the eviction of {} was refused with status 429 and it stayed the pod with UID {}: {message}",
            pod.name, pod.uid
        ));
    }
    right.push(status);
    Finding::held(right)
}

/// The budget as it was last seen before a place of the history.
fn state_before<'h>(view: &DrillView<'h>, name: &str, before: usize) -> Option<&'h BudgetState> {
    view.all()
        .rev()
        .filter(|at| at.place < before)
        .find_map(|at| match at.event {
            Event::Observed {
                object,
                state: ObjectState::Budget(state),
                ..
            } if object.namespace == view.workload.namespace && object.name == name => Some(state),
            _ => None,
        })
}

/// Whether this very pod was seen to go, or to be about to, since its eviction was refused.
fn went(view: &DrillView<'_>, pod: &ObjectRef, begun: Begun<'_>) -> bool {
    view.all()
        .filter(|at| at.place > begun.place)
        .any(|at| match at.event {
            Event::Gone { object } => object.uid == pod.uid,
            Event::Observed {
                object,
                state: ObjectState::Pod(state),
                ..
            } => object.uid == pod.uid && state.terminating,
            _ => false,
        })
}

fn names(pods: &[&ObjectRef]) -> String {
    let names: Vec<_> = pods.iter().map(|pod| pod.name.as_str()).collect();
    names.join(", ")
}
