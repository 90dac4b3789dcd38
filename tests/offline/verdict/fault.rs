//! Whether the fault happened.

use stateproof::history::{Event, Fault};
use stateproof::plan::Outcome;
use stateproof::verdict::judge;

use super::checks::{is_begun, is_gone, is_pod, lose_pod};
use crate::document::{object, pod};

#[test]
fn a_fault_is_proven_by_the_deletion_of_its_target() {
    let tape = lose_pod().without(|event| is_pod(event, 2));
    let verdict = judge(&tape.history());
    for promise in &verdict.promises {
        let proven = !promise
            .evidence
            .iter()
            .any(|evidence| evidence.contains("the fault did not happen"));
        assert!(proven, "{}: {:?}", promise.promise, promise.evidence);
    }
}

#[test]
fn a_fault_is_proven_by_another_pod_of_the_name() {
    let tape = lose_pod().without(|event| is_gone(event, "Pod"));
    assert_eq!(judge(&tape.history()).outcome, Outcome::Held);
}

#[test]
fn an_unproven_fault_makes_every_promise_inconclusive() {
    for (name, tape) in [
        (
            "nothing went",
            lose_pod().without(|event| is_gone(event, "Pod") || is_pod(event, 2)),
        ),
        ("never begun", lose_pod().without(is_begun)),
        ("aimed at another pod", {
            lose_pod().changed(|event| {
                if let Event::FaultBegun { targets, .. } = event {
                    targets[0] = object("Pod", "postgres-1", 1);
                }
            })
        }),
        ("aimed at nothing", {
            lose_pod().changed(|event| {
                if let Event::FaultBegun { targets, .. } = event {
                    targets.clear();
                }
            })
        }),
        ("aimed at a pod long gone", {
            let stale = lose_pod().without(|event| is_gone(event, "Pod") || is_pod(event, 2));
            stale.changed(|event| {
                if let Event::FaultBegun { targets, .. } = event {
                    targets[0] = pod(7);
                }
            })
        }),
        ("another fault than planned", {
            lose_pod().changed(|event| {
                if let Event::FaultBegun { fault, .. } = event {
                    *fault = Fault::ForceDelete;
                }
            })
        }),
    ] {
        let verdict = judge(&tape.history());
        assert_eq!(verdict.outcome, Outcome::Inconclusive, "{name}");
        for promise in &verdict.promises {
            assert_eq!(
                promise.observed,
                Outcome::Inconclusive,
                "{name}: {}",
                promise.promise
            );
            assert!(
                promise
                    .evidence
                    .iter()
                    .any(|evidence| evidence.contains("the fault did not happen")),
                "{name}: {:?}",
                promise.evidence
            );
        }
    }
}

#[test]
fn a_deletion_before_the_fault_proves_nothing() {
    let gone = Event::Gone { object: pod(1) };
    let tape = lose_pod()
        .without(|event| is_gone(event, "Pod") || is_pod(event, 2))
        .before(is_begun, gone);
    let verdict = judge(&tape.history());
    assert!(
        verdict
            .promises
            .iter()
            .all(|promise| promise.observed == Outcome::Inconclusive)
    );
}
