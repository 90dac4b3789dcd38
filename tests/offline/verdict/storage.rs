//! Storage.

use stateproof::history::{ClaimState, Event, ObjectRef};
use stateproof::plan::{Outcome, Promise};

use super::checks::{check, from, is_inspection, lose_pod};
use crate::document::{CLAIM, claim, uid, volume};

#[test]
fn storage_says_which_claim_and_volume() {
    check(
        &lose_pod(),
        Promise::Storage,
        Outcome::Held,
        &[
            CLAIM,
            "Bound",
            "5Gi ReadWriteOnce",
            "class standard",
            &claim(1).uid,
            &volume(1).name,
        ],
    );
}

#[test]
fn storage_is_violated_by_every_departure() {
    type Spoil = fn(&mut (ObjectRef, ClaimState));
    let departures: [(&str, Spoil); 8] = [
        ("is another", |(object, _)| object.uid = uid(999)),
        ("another volume", |(_, state)| {
            state.volume = Some("pv-other".into());
        }),
        ("bound to no volume", |(_, state)| state.volume = None),
        ("was Lost", |(_, state)| state.phase = "Lost".into()),
        ("asked for 1Gi", |(_, state)| state.requested = Some("1Gi".into())),
        ("access modes ReadOnlyMany", |(_, state)| {
            state.access_modes = vec!["ReadOnlyMany".into()];
        }),
        ("being deleted", |(_, state)| state.terminating = true),
        ("not there after", |(object, _)| {
            object.name = "postgres-data-postgres-1".into();
        }),
    ];
    for (words, spoil) in departures {
        let tape = lose_pod().changed(from(1, is_inspection, |event| {
            if let Event::ClaimsInspected { claims, .. } = event {
                claims.iter_mut().for_each(spoil);
            }
        }));
        check(&tape, Promise::Storage, Outcome::Violated, &[words]);
    }
}

#[test]
fn storage_needs_the_class_that_was_asked_for() {
    let ask = |class: &'static str| {
        lose_pod().changed(move |event| {
            if let Event::RunStarted { plans, .. } = event {
                plans[0].workload.claims[0].storage_class = Some(class.into());
            }
        })
    };
    check(&ask("standard"), Promise::Storage, Outcome::Held, &[]);
    check(
        &ask("gp3"),
        Promise::Storage,
        Outcome::Violated,
        &["class standard, not gp3"],
    );
}

#[test]
fn storage_compares_sizes_by_amount() {
    let tape = lose_pod().changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            plans[0].workload.claims[0].storage = "5120Mi".into();
        }
    });
    check(&tape, Promise::Storage, Outcome::Held, &[]);
}

#[test]
fn storage_tells_an_adopted_claim_from_one_that_was_not() {
    let applied = |number| {
        lose_pod().before(
            |event| matches!(event, Event::Applied { .. }),
            Event::Applied {
                object: claim(number),
            },
        )
    };
    check(&applied(1), Promise::Storage, Outcome::Held, &["adopted"]);
    check(
        &applied(9),
        Promise::Storage,
        Outcome::Violated,
        &["not adopted", &claim(9).uid],
    );
}

#[test]
fn storage_without_both_looks_is_inconclusive() {
    let mut seen = 0;
    let tape = lose_pod().changed(|event| {
        if is_inspection(event) {
            seen += 1;
            if seen == 2 {
                *event = Event::Note {
                    text: "not looked".into(),
                };
            }
        }
    });
    check(
        &tape,
        Promise::Storage,
        Outcome::Inconclusive,
        &["after the fault"],
    );
}
