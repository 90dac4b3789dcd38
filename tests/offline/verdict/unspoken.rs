//! An engine that stateproof does not speak: nothing is written, and what is left is judged as ever.

use stateproof::history::Event;
use stateproof::plan::{Drill, Outcome, Plan, Promise, Selection};
use stateproof::verdict::judge;
use stateproof::workload::EngineKind;

use super::checks::{check, is_pod, lose_pod};
use crate::tape::Tape;

/// The good run of `lose-pod`, as that of a Redis: without a row and without a connection.
fn of_redis() -> Tape {
    let tape = lose_pod().without(|event| {
        matches!(
            event,
            Event::Wrote { .. }
                | Event::Read { .. }
                | Event::ServiceRead { .. }
                | Event::Connected { .. }
                | Event::Disconnected { .. }
                | Event::Server { .. }
                | Event::FirstSession { .. }
        )
    });
    tape.changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            let mut workload = plans[0].workload.clone();
            workload.engine.kind = EngineKind::Other;
            "Redis".clone_into(&mut workload.engine.product);
            plans[0] = Plan::new(workload, &Selection::of(&[Drill::LosePod]));
        }
    })
}

#[test]
fn what_is_proven_without_a_row_holds() {
    let verdict = judge(&of_redis().history());
    assert_eq!(verdict.outcome, Outcome::Held, "{:#?}", verdict.promises);
    let promises: Vec<Promise> = verdict.promises.iter().map(|promise| promise.promise).collect();
    assert_eq!(
        promises,
        [
            Promise::Identity,
            Promise::Storage,
            Promise::Address,
            Promise::Recovery
        ]
    );
    check(
        &of_redis(),
        Promise::Recovery,
        Outcome::Held,
        &["Redis, which stateproof does not speak: that it serves is what its readiness says"],
    );
}

#[test]
fn a_pod_that_does_not_come_back_is_a_violation_without_a_row_too() {
    let tape = of_redis().without(|event| is_pod(event, 2));
    check(&tape, Promise::Identity, Outcome::Violated, &["no new pod"]);
    check(&tape, Promise::Recovery, Outcome::Violated, &["no new pod"]);
}
