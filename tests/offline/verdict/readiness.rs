//! What Ready was worth when a member came up.

use stateproof::history::{Event, ObjectState};
use stateproof::verdict::{Readiness, judge};

use super::checks::lose_pod;
use crate::document::{POD, workload};
use crate::tape::Tape;

/// A run whose first session came this long after the pod was seen Ready, or before it.
fn first_session(after_us: i64) -> Readiness {
    let tape = lose_pod();
    let ready = tape.events.iter().find_map(|(us, event)| match event {
        Event::Observed {
            state: ObjectState::Pod(pod),
            ..
        } if pod.ready => Some(*us),
        _ => None,
    });
    let at_us = ready.unwrap().checked_add_signed(after_us).unwrap();
    let mut tape = tape;
    let event = Event::FirstSession {
        workload: workload().id(),
        pod: POD.into(),
        after: None,
    };
    let place = tape.events.iter().position(|(us, _)| *us > at_us).unwrap();
    tape.events.insert(place, (at_us, event));
    only(&tape)
}

fn only(tape: &Tape) -> Readiness {
    let mut readiness = judge(&tape.history()).readiness;
    assert_eq!(readiness.len(), 1);
    readiness.remove(0)
}

#[test]
fn ready_before_the_first_session_is_too_early() {
    let text = first_session(2_700_000).to_string();
    assert!(text.contains("Ready 2.70 s too early; 0 restarts"), "{text}");
}

#[test]
fn ready_after_the_first_session_is_not() {
    let readiness = first_session(0);
    assert_eq!(readiness.ready_us, readiness.session_us);
    let text = readiness.to_string();
    assert!(text.contains("Ready 0.00 s after it"), "{text}");
}

#[test]
fn without_a_first_session_nothing_is_said() {
    assert_eq!(judge(&lose_pod().history()).readiness, []);
}
