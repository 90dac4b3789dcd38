//! Address.

use stateproof::history::Event;
use stateproof::plan::{Outcome, Promise};

use super::checks::{check, lose_pod};
use crate::document::{DNS, ip};
use crate::tape::Tape;

#[test]
fn address_names_both_addresses_and_the_delay() {
    check(
        &lose_pod(),
        Promise::Address,
        Outcome::Held,
        &[DNS, &ip(1), &ip(2), "0.31 s after the new pod was Ready"],
    );
}

fn is_answer(event: &Event) -> bool {
    matches!(event, Event::Resolved { .. })
}

fn answer(number: usize, addresses: &'static [&'static str]) -> Tape {
    let mut seen = 0;
    lose_pod().changed(move |event| {
        if let Event::Resolved { addresses: found, .. } = event {
            if seen == number {
                *found = addresses.iter().map(ToString::to_string).collect();
            }
            seen += 1;
        }
    })
}

#[test]
fn address_is_violated_by_any_other_answer() {
    for (number, addresses, words) in [
        (0, &["10.244.0.77"][..], "10.244.0.77 before the fault"),
        (0, &["10.244.0.5", "10.244.0.77"], "before the fault"),
        (0, &[], "nothing before the fault"),
        (2, &["10.244.0.5"], "10.244.0.5 at the end"),
        (
            2,
            &["10.244.0.6", "10.244.0.5"],
            "10.244.0.6, 10.244.0.5 at the end",
        ),
        (2, &[], "nothing at the end"),
    ] {
        check(
            &answer(number, addresses),
            Promise::Address,
            Outcome::Violated,
            &[words],
        );
    }
}

#[test]
fn address_without_an_answer_is_inconclusive() {
    let never = lose_pod().without(is_answer);
    check(
        &never,
        Promise::Address,
        Outcome::Inconclusive,
        &["before the fault"],
    );
    let mut seen = 0;
    let not_after = lose_pod().changed(|event| {
        if is_answer(event) {
            seen += 1;
            if seen > 1 {
                *event = Event::Note {
                    text: "not asked".into(),
                };
            }
        }
    });
    check(
        &not_after,
        Promise::Address,
        Outcome::Inconclusive,
        &["once the new pod had come"],
    );
}

#[test]
fn an_answer_that_may_be_an_old_one_refutes_nothing_when_the_drill_failed() {
    let fail = |event: &mut Event| {
        if let Event::DrillEnded { error, .. } = event {
            error.push("the tunnel was lost".into());
        }
    };
    let early = answer(2, &["10.244.0.5"]).changed(fail);
    check(&early, Promise::Address, Outcome::Inconclusive, &["old answer"]);

    let mut late = answer(2, &["10.244.0.5"]).changed(fail);
    let last = late
        .events
        .iter()
        .rposition(|(_, event)| is_answer(event))
        .unwrap();
    for (at_us, _) in &mut late.events[last..] {
        *at_us += 30_000_000;
    }
    check(&late, Promise::Address, Outcome::Violated, &["at the end"]);
}
