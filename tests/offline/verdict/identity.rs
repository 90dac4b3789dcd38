//! Identity.

use stateproof::history::Event;
use stateproof::plan::{Outcome, Promise};

use super::checks::{check, is_pod, lose_pod};
use crate::document::{gap, uid};

#[test]
fn identity_names_both_pods() {
    check(
        &lose_pod(),
        Promise::Identity,
        Outcome::Held,
        &["postgres-0", &uid(1), &uid(2)],
    );
}

#[test]
fn identity_is_violated_when_no_pod_takes_the_name() {
    let tape = lose_pod().without(|event| is_pod(event, 2));
    check(&tape, Promise::Identity, Outcome::Violated, &["no new pod"]);
    check(&tape, Promise::Recovery, Outcome::Violated, &["no new pod"]);
}

#[test]
fn a_pod_that_a_broken_watch_may_have_missed_is_not_missing() {
    let tape = lose_pod().without(|event| is_pod(event, 2));
    let tape = tape.before(|event| matches!(event, Event::Read { .. }), gap("Pod"));
    check(&tape, Promise::Identity, Outcome::Inconclusive, &[]);
    check(&tape, Promise::Recovery, Outcome::Inconclusive, &[]);
}
