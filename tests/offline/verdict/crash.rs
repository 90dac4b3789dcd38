//! A server process that is killed, and ways in which it was not, or did not come back.

use stateproof::history::{Event, ObjectState};
use stateproof::plan::{Drill, Outcome, Promise};

use super::checks::{check, pod_state};
use crate::document::{container, pod, uid};
use crate::tape::{Rows, Tape};

fn crash() -> Tape {
    Tape::of(&[Drill::Crash])
}

/// A tape on which the pod's second container is never seen.
fn never_killed() -> Tape {
    let first = format!("containerd://{}", container(1));
    crash().changed(|event| {
        if let Some(state) = pod_state(event) {
            state.containers[0].id = Some(first.clone());
        }
    })
}

#[test]
fn everything_holds_when_the_pod_stays_and_its_server_comes_back() {
    let ended = ["stayed", "exit code 137", "took its place"];
    check(&crash(), Promise::Identity, Outcome::Held, &ended);
    check(&crash(), Promise::Storage, Outcome::Held, &["same UID"]);
    check(&crash(), Promise::Address, Outcome::Held, &["as the pod had it"]);
    check(
        &crash(),
        Promise::Durability,
        Outcome::Held,
        &["100 of them before the fault"],
    );
    let after = ["Ready again", "first row acknowledged"];
    check(&crash(), Promise::Recovery, Outcome::Held, &after);
}

#[test]
fn a_process_that_was_not_seen_to_be_another_was_not_killed() {
    for promise in [
        Promise::Identity,
        Promise::Address,
        Promise::Durability,
        Promise::Recovery,
    ] {
        check(
            &never_killed(),
            promise,
            Outcome::Inconclusive,
            &["never seen with another container"],
        );
    }
}

#[test]
fn a_pod_that_is_replaced_did_not_stay() {
    let gone = Event::Gone { object: pod(1) };
    let is_end = |event: &Event| matches!(event, Event::DrillEnded { .. });
    check(
        &crash().before(is_end, gone),
        Promise::Identity,
        Outcome::Violated,
        &["did not stay"],
    );
}

#[test]
fn an_acknowledged_row_that_is_gone_is_lost() {
    let rows = Rows {
        read: (1..=99).chain(101..=205).collect(),
        ..Rows::default()
    };
    let tape = Tape::with(&[Drill::Crash], &rows);
    check(
        &tape,
        Promise::Durability,
        Outcome::Violated,
        &["lost 1 acknowledged row: 100"],
    );
}

#[test]
fn a_name_that_answers_with_another_address_is_violated() {
    let mut asked = 0;
    let tape = crash().changed(|event| {
        if let Event::Resolved { addresses, .. } = event {
            asked += 1;
            if asked == 2 {
                *addresses = vec!["10.244.0.99".into()];
            }
        }
    });
    check(
        &tape,
        Promise::Address,
        Outcome::Violated,
        &["10.244.0.99 after the fault"],
    );
}

#[test]
fn a_server_that_is_never_ready_again_has_not_recovered() {
    let mut seen = 0;
    let tape = crash().changed(|event| {
        let Event::Observed {
            object,
            state: ObjectState::Pod(state),
            ..
        } = event
        else {
            return;
        };
        seen += u32::from(object.uid == uid(1));
        if seen > 1 {
            state.ready = false;
        }
    });
    check(
        &tape,
        Promise::Recovery,
        Outcome::Violated,
        &["never seen Ready again"],
    );
}
