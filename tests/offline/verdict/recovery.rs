//! Recovery.

use stateproof::history::{Event, ObjectState, WriteFate};
use stateproof::plan::{Drill, Outcome, Promise};

use super::checks::{check, is_pod, lose_pod, pod_state};
use crate::document::{refused, uid};
use crate::tape::{Rows, Tape};

#[test]
fn recovery_says_how_long_it_took() {
    check(
        &lose_pod(),
        Promise::Recovery,
        Outcome::Held,
        &["Ready 3.10 s after", "first row acknowledged 4.03 s after"],
    );
    check(
        &Tape::of(&[Drill::DeleteClaim]),
        Promise::Recovery,
        Outcome::Held,
        &["it answered the final read"],
    );
}

#[test]
fn recovery_is_violated_when_the_pod_is_not_ready_in_the_end() {
    let tape = lose_pod().changed(|event| {
        let new = is_pod(event, 2);
        if let Some(state) = pod_state(event).filter(|_| new) {
            state.ready = false;
            for container in &mut state.containers {
                container.waiting = Some("CrashLoopBackOff: back-off 10s".into());
            }
        }
    });
    check(
        &tape,
        Promise::Recovery,
        Outcome::Violated,
        &["never seen Ready", "CrashLoopBackOff"],
    );
}

#[test]
fn a_time_out_refutes_no_recovery() {
    let ready = |event: &Event| match event {
        Event::Observed {
            object,
            state: ObjectState::Pod(state),
            ..
        } => object.uid == uid(2) && state.ready,
        _ => false,
    };
    let tape = lose_pod().failed_at(Drill::LosePod, ready);
    check(
        &tape,
        Promise::Recovery,
        Outcome::Inconclusive,
        &["was not Ready within 60 s", "never seen Ready; last seen Running"],
    );
}

#[test]
fn recovery_is_violated_when_every_row_is_refused() {
    let rows = Rows {
        after: (101..=110).map(|key| (key, refused())).collect(),
        read: (1..=100).collect(),
        ..Rows::default()
    };
    let tape = Tape::with(&[Drill::LosePod], &rows);
    check(
        &tape,
        Promise::Recovery,
        Outcome::Violated,
        &["accepted no row", "read-only transaction"],
    );
}

#[test]
fn recovery_is_inconclusive_when_no_row_was_answered() {
    let rows = Rows {
        after: vec![(101, WriteFate::Unknown("connection closed".into()))],
        read: (1..=100).collect(),
        ..Rows::default()
    };
    let tape = Tape::with(&[Drill::LosePod], &rows);
    check(
        &tape,
        Promise::Recovery,
        Outcome::Inconclusive,
        &["no row was acknowledged"],
    );
}

#[test]
fn a_row_on_an_old_connection_is_no_recovery() {
    let mut seen = 0;
    let tape = lose_pod().changed(|event| {
        if matches!(event, Event::Connected { .. }) {
            seen += 1;
            if seen > 1 {
                *event = Event::Note {
                    text: "no connection".into(),
                };
            }
        }
    });
    check(
        &tape,
        Promise::Recovery,
        Outcome::Inconclusive,
        &["no row was acknowledged"],
    );
}

/// A forced deletion leaves the old server running, and a stale name may still lead to it.
#[test]
fn a_row_from_a_server_at_another_address_is_no_recovery() {
    let elsewhere = lose_pod().changed(|event| {
        if let Event::Connected { server, .. } = event {
            *server = Some("192.0.2.1".into());
        }
    });
    check(
        &elsewhere,
        Promise::Recovery,
        Outcome::Inconclusive,
        &["no row was acknowledged"],
    );
}
