//! Retention.

use stateproof::history::{ClaimState, Event, ObjectRef, ObjectState, VolumeState};
use stateproof::plan::{Drill, Outcome, Promise};

use super::checks::{check, from, is_gone, is_inspection};
use crate::document::{CLAIM, claim, delete_with_set, set, uid, volume, volume_state};
use crate::tape::Tape;

fn is_set_gone(event: &Event) -> bool {
    is_gone(event, "StatefulSet")
}

#[test]
fn retention_holds_when_the_claim_stays() {
    let tape = Tape::of(&[Drill::DeleteStatefulset]);
    check(&tape, Promise::Retention, Outcome::Held, &[CLAIM, "stayed Bound"]);
}

#[test]
fn retention_is_violated_when_the_claim_goes_and_the_manifest_is_named() {
    let goes = Tape::of(&[Drill::DeleteStatefulset]).before(is_set_gone, Event::Gone { object: claim(1) });
    check(
        &goes,
        Promise::Retention,
        Outcome::Violated,
        &["went with the StatefulSet"],
    );
    let asked = goes.changed(delete_with_set);
    check(
        &asked,
        Promise::Retention,
        Outcome::Violated,
        &[
            "what the manifest asks for",
            "whenDeleted: Delete",
            "k8s/statefulset.yaml:1",
        ],
    );
}

#[test]
fn retention_is_violated_by_what_the_inspection_found() {
    type Spoil = fn(&mut Vec<(ObjectRef, ClaimState)>);
    let findings: [(&str, Spoil); 4] = [
        ("was not there", Vec::clear),
        ("was Lost", |claims| claims[0].1.phase = "Lost".into()),
        ("being deleted", |claims| claims[0].1.terminating = true),
        ("was Bound with UID", |claims| claims[0].0.uid = uid(999)),
    ];
    for (words, spoil) in findings {
        let tape = Tape::of(&[Drill::DeleteStatefulset]).changed(from(1, is_inspection, |event| {
            if let Event::ClaimsInspected { claims, .. } = event {
                spoil(claims);
            }
        }));
        check(&tape, Promise::Retention, Outcome::Violated, &[words]);
    }
}

#[test]
fn retention_without_a_look_is_inconclusive() {
    let mut seen = 0;
    let tape = Tape::of(&[Drill::DeleteStatefulset]).changed(|event| {
        if is_inspection(event) {
            seen += 1;
            if seen > 1 {
                *event = Event::Note {
                    text: "not looked".into(),
                };
            }
        }
    });
    check(
        &tape,
        Promise::Retention,
        Outcome::Inconclusive,
        &["not looked at"],
    );
}

#[test]
fn a_volume_goes_with_its_claim_as_its_reclaim_policy_has_it() {
    let reclaim = |policy: &'static str, after: Option<&'static str>| {
        let mut tape = Tape::of(&[Drill::DeleteClaim]).changed(|event| match event {
            Event::Observed {
                state: ObjectState::Volume(state),
                ..
            } => state.reclaim_policy = policy.into(),
            Event::ClaimsInspected { volumes, .. } => {
                for (_, state) in volumes {
                    state.reclaim_policy = policy.into();
                }
            }
            // Something must change for the policy that the tape has already.
            Event::Server { version, .. } => version.push('.'),
            _ => {}
        });
        if let Some(phase) = after {
            for (_, event) in &mut tape.events {
                if is_gone(event, "PersistentVolume") {
                    *event = Event::Observed {
                        object: volume(1),
                        version: "2000".into(),
                        state: ObjectState::Volume(Box::new(VolumeState {
                            phase: phase.into(),
                            reclaim_policy: policy.into(),
                            ..volume_state(1)
                        })),
                    };
                }
            }
        }
        tape
    };
    check(
        &reclaim("Delete", None),
        Promise::Retention,
        Outcome::Held,
        &["Delete) went with its claim"],
    );
    check(
        &reclaim("Delete", Some("Released")),
        Promise::Retention,
        Outcome::Inconclusive,
        &["not seen to go"],
    );
    check(
        &reclaim("Delete", Some("Failed")),
        Promise::Retention,
        Outcome::Violated,
        &["Failed"],
    );
    check(
        &reclaim("Retain", Some("Released")),
        Promise::Retention,
        Outcome::Held,
        &["stayed, Released"],
    );
    check(
        &reclaim("Retain", None),
        Promise::Retention,
        Outcome::Violated,
        &["Retain) went with its claim"],
    );
}

#[test]
fn a_claim_that_went_before_it_was_deleted_by_name_violates_retention() {
    let tape = Tape::of(&[Drill::DeleteClaim]).before(is_set_gone, Event::Gone { object: claim(1) });
    check(
        &tape,
        Promise::Retention,
        Outcome::Violated,
        &["went with the StatefulSet"],
    );
}

#[test]
fn deleting_claims_is_proven_by_their_deletion() {
    let tape = Tape::of(&[Drill::DeleteClaim]);
    let tape = tape.without(|event| {
        is_gone(event, "PersistentVolumeClaim")
            || matches!(event, Event::Observed { object, .. } if object.uid == claim(2).uid)
    });
    check(
        &tape,
        Promise::Durability,
        Outcome::Inconclusive,
        &["the fault did not happen", CLAIM],
    );
}

#[test]
fn deleting_the_set_is_proven_by_its_deletion() {
    let tape = Tape::of(&[Drill::DeleteStatefulset]).without(|event| {
        is_gone(event, "StatefulSet")
            || matches!(event, Event::Observed { object, .. } if object.uid == set(2).uid)
    });
    check(
        &tape,
        Promise::Identity,
        Outcome::Inconclusive,
        &["the fault did not happen", "StatefulSet postgres"],
    );
}
