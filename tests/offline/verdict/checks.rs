//! What the tests of verdicts share.

use stateproof::history::{Event, History, ObjectState, PodState};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::verdict::{PromiseVerdict, Verdict, judge};

use crate::document::uid;
use crate::tape::Tape;

pub fn fixture(name: &str) -> Verdict {
    let path = format!("{}/fixtures/histories/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    judge(&History::read(path).unwrap())
}

pub fn promise(verdict: &Verdict, promise: Promise) -> &PromiseVerdict {
    verdict
        .promises
        .iter()
        .find(|found| found.promise == promise)
        .unwrap()
}

/// Judges a tape and checks one promise: what was observed, and words that the evidence must have.
#[track_caller]
pub fn check(tape: &Tape, which: Promise, observed: Outcome, words: &[&str]) {
    let verdict = judge(&tape.history());
    let found = promise(&verdict, which);
    let evidence = found.evidence.join("; ");
    assert_eq!(found.observed, observed, "{which}: {evidence}");
    for word in words {
        assert!(
            evidence.contains(word),
            "{word:?} is not in the evidence: {evidence}"
        );
    }
}

pub fn lose_pod() -> Tape {
    Tape::of(&[Drill::LosePod])
}

pub fn is_begun(event: &Event) -> bool {
    matches!(event, Event::FaultBegun { .. })
}

pub fn is_gone(event: &Event, kind: &str) -> bool {
    matches!(event, Event::Gone { object } if object.kind == kind)
}

pub fn is_pod(event: &Event, number: u32) -> bool {
    matches!(event, Event::Observed { object, .. } | Event::Gone { object } if object.uid == uid(number))
}

pub fn pod_state(event: &mut Event) -> Option<&mut PodState> {
    match event {
        Event::Observed {
            state: ObjectState::Pod(state),
            ..
        } => Some(state),
        _ => None,
    }
}

/// Changes the events of a kind from the one with this number on, counted from 0.
pub fn from(
    number: usize,
    which: impl Fn(&Event) -> bool,
    change: impl Fn(&mut Event),
) -> impl FnMut(&mut Event) {
    let mut seen = 0;
    move |event| {
        if which(event) {
            seen += 1;
            if seen > number {
                change(event);
            }
        }
    }
}

pub fn is_inspection(event: &Event) -> bool {
    matches!(event, Event::ClaimsInspected { .. })
}
