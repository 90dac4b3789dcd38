//! Storage.

use stateproof::history::{ClaimState, ClusterEvent, Event, ObjectRef, ObjectState, PodState};
use stateproof::plan::{Outcome, Promise};
use stateproof::verdict::judge;

use super::checks::{check, from, is_inspection, lose_pod, promise};
use crate::document::{CLAIM, claim, claim_state, gap, object, pod, uid, volume};
use crate::tape::Tape;

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

fn observed(object: ObjectRef, version: u32, state: ObjectState) -> Event {
    Event::Observed {
        object,
        version: version.to_string(),
        state,
    }
}

/// The claim as it was made, bound after 2.5 s, and the first pod's scheduling after 3.25 s, in this order.
fn bound_and_scheduled(between: impl IntoIterator<Item = Event>) -> Tape {
    bound_at(2_500_000, 120, between)
}

/// The claim as it was made, bound after this long at this resourceVersion, and the first pod's scheduling after 3.25 s
/// at resourceVersion 130.
fn bound_at(after_us: u64, version: u32, between: impl IntoIterator<Item = Event>) -> Tape {
    let claimed = |version, volume: Option<String>| {
        let phase = if volume.is_some() { "Bound" } else { "Pending" };
        let state = ClaimState {
            phase: phase.into(),
            volume,
            ..claim_state(1)
        };
        observed(claim(1), version, ObjectState::Claim(Box::new(state)))
    };
    let mounting = |version, node: Option<&str>| {
        let state = PodState {
            phase: "Pending".into(),
            claims: vec![CLAIM.into()],
            node: node.map(str::to_owned),
            ..PodState::default()
        };
        observed(pod(1), version, ObjectState::Pod(Box::new(state)))
    };
    let mut tape = lose_pod();
    let made = tape.events.iter().position(|(_, event)| matches!(event, Event::Observed { object, .. } if object.kind == "PersistentVolumeClaim"));
    let made = made.unwrap();
    let from_us = tape.events[made].0;
    let mut at = |after_us, event| {
        let place = tape
            .events
            .iter()
            .position(|(us, _)| *us > from_us + after_us)
            .unwrap();
        tape.events.insert(place, (from_us + after_us, event));
    };
    at(3_250_000, mounting(130, Some("stateproof-control-plane")));
    at(after_us, claimed(version, Some(volume(1).name)));
    for event in between {
        at(1_000_000, event);
    }
    at(500_000, mounting(110, None));
    // What the tape has of the claim by itself is that it was found Bound.
    tape.events[made].1 = claimed(100, None);
    tape
}

#[test]
fn storage_tells_when_a_claim_was_bound_beside_its_pods_scheduling() {
    let told = "bound 0.75 s before postgres-0 was scheduled";
    check(
        &bound_and_scheduled([]),
        Promise::Storage,
        Outcome::Held,
        &[&format!("before and after; {told}")],
    );
    let evidence = |tape: &Tape| {
        let verdict = judge(&tape.history());
        promise(&verdict, Promise::Storage).evidence.join("; ")
    };
    assert!(!evidence(&bound_and_scheduled([])).contains("waited"));

    let waits = |about: ObjectRef| {
        let said = ClusterEvent {
            about_kind: about.kind,
            about_name: about.name,
            about_uid: about.uid,
            reason: "WaitForFirstConsumer".into(),
            ..ClusterEvent::default()
        };
        observed(
            object("Event", "waits", 900),
            115,
            ObjectState::Event(Box::new(said)),
        )
    };
    let waited = format!("{told}, having waited for it (WaitForFirstConsumer)");
    check(
        &bound_and_scheduled([waits(claim(1))]),
        Promise::Storage,
        Outcome::Held,
        &[&waited],
    );
    // Another claim's.
    assert!(!evidence(&bound_and_scheduled([waits(claim(2))])).contains("waited"));
}

/// Claims and pods come by watches of their own, one of which may be late: the order is not that of arrival.
#[test]
fn storage_tells_the_order_of_binding_and_scheduling_by_their_versions() {
    for (after_us, version, told) in [
        (3_500_000, 120, "bound 0.00 s before postgres-0 was scheduled"),
        (2_500_000, 140, "bound 0.00 s after postgres-0 was scheduled"),
        (3_500_000, 140, "bound 0.25 s after postgres-0 was scheduled"),
    ] {
        let tape = bound_at(after_us, version, []);
        check(&tape, Promise::Storage, Outcome::Held, &[told]);
    }
}

#[test]
fn storage_does_not_tell_what_was_not_seen_as_it_happened() {
    for kind in ["Pod", "PersistentVolumeClaim"] {
        let verdict = judge(&bound_and_scheduled([gap(kind)]).history());
        let storage = promise(&verdict, Promise::Storage);
        assert_eq!(storage.observed, Outcome::Held);
        assert!(
            !storage.evidence.join("; ").contains("scheduled"),
            "{:?}",
            storage.evidence
        );
    }
    let found = judge(&lose_pod().history());
    assert!(
        !promise(&found, Promise::Storage)
            .evidence
            .join("; ")
            .contains("scheduled")
    );
}
