//! What histories come to, promise by promise: for each way of keeping one, ways of not keeping it.

use stateproof::history::{Event, Fault, History, NodeTask, ObjectState, PodState, TaskChange, WriteFate};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::verdict::{PromiseVerdict, Verdict, judge};

use crate::tape::{
    CLAIM, DNS, Rows, Tape, claim, claim_state, delete_with_set, gap, id, ip, object, pod, refused, set, uid, volume,
    volume_state,
};

fn fixture(name: &str) -> Verdict {
    let path = format!("{}/fixtures/histories/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    judge(&History::read(path).unwrap())
}

fn promise(verdict: &Verdict, promise: Promise) -> &PromiseVerdict {
    verdict.promises.iter().find(|found| found.promise == promise).unwrap()
}

/// Judges a tape and checks one promise: what was observed, and words that the evidence must have.
#[track_caller]
fn check(tape: &Tape, which: Promise, observed: Outcome, words: &[&str]) {
    let verdict = judge(&tape.history());
    let found = promise(&verdict, which);
    let evidence = found.evidence.join("; ");
    assert_eq!(found.observed, observed, "{which}: {evidence}");
    for word in words {
        assert!(evidence.contains(word), "{word:?} is not in the evidence: {evidence}");
    }
}

fn lose_pod() -> Tape {
    Tape::of(&[Drill::LosePod])
}

fn is_begun(event: &Event) -> bool {
    matches!(event, Event::FaultBegun { .. })
}

fn is_gone(event: &Event, kind: &str) -> bool {
    matches!(event, Event::Gone { object } if object.kind == kind)
}

fn is_pod(event: &Event, number: u32) -> bool {
    matches!(event, Event::Observed { object, .. } | Event::Gone { object } if object.uid == uid(number))
}

fn pod_state(event: &mut Event) -> Option<&mut PodState> {
    match event {
        Event::Observed {
            state: ObjectState::Pod(state),
            ..
        } => Some(state),
        _ => None,
    }
}

/// Changes the events of a kind from the one with this number on, counted from 0.
fn from(number: usize, which: impl Fn(&Event) -> bool, change: impl Fn(&mut Event)) -> impl FnMut(&mut Event) {
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

fn is_inspection(event: &Event) -> bool {
    matches!(event, Event::ClaimsInspected { .. })
}

#[test]
fn a_good_run_holds_as_a_whole() {
    let verdict = judge(&Tape::of(&Drill::ALL).history());
    let failed: Vec<_> = verdict.failed().collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!((verdict.outcome, verdict.shortfalls.len()), (Outcome::Held, 0));
    assert_eq!(verdict.promises.len(), 17);
    assert_eq!((verdict.rows.len(), verdict.recovery.len(), verdict.overlaps.len()), (4, 4, 1));
}

#[test]
fn the_same_history_gives_the_same_verdict_read_back() {
    let history = Tape::of(&Drill::ALL).history();
    let read = History::parse(&history.to_json_lines().unwrap()).unwrap();
    assert_eq!(judge(&read), judge(&history));
    let verdict = judge(&history);
    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
}

#[test]
fn histories_on_disk_come_to_what_they_should() {
    for (name, outcome) in [
        ("lose-pod", Outcome::Held),
        ("all-drills", Outcome::Held),
        ("lost-row", Outcome::Violated),
        ("phantom-row", Outcome::Violated),
        ("corrupt-row", Outcome::Violated),
        ("refused-but-present", Outcome::Violated),
        ("retention-delete", Outcome::Violated),
        ("unproven-fault", Outcome::Inconclusive),
        ("interrupted", Outcome::Inconclusive),
        ("cut-off", Outcome::Inconclusive),
    ] {
        assert_eq!(fixture(name).outcome, outcome, "{name}");
    }
}

// The run as a whole

#[test]
fn without_a_promise_nothing_is_held() {
    let tape = lose_pod().changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            plans[0].drills[0].expectations.clear();
        }
    });
    let verdict = judge(&tape.history());
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    assert_eq!(verdict.shortfalls, ["postgresql-prod/postgres/lose-pod promises nothing"]);

    let empty = judge(&Tape::of(&[]).history());
    assert_eq!(empty.outcome, Outcome::Inconclusive);
    assert_eq!(judge(&History::default()).outcome, Outcome::Inconclusive);
}

#[test]
fn an_interrupted_run_is_not_held_and_a_violation_in_it_stays() {
    let interrupt = |event: &mut Event| {
        if let Event::RunEnded { interrupted } = event {
            *interrupted = true;
        }
    };
    let verdict = judge(&lose_pod().changed(interrupt).history());
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    assert_eq!(verdict.shortfalls, ["the run was interrupted"]);

    let lost = Rows {
        read: (2..=205).collect(),
        ..Rows::default()
    };
    let verdict = judge(&Tape::with(&[Drill::LosePod], &lost).changed(interrupt).history());
    assert_eq!(verdict.outcome, Outcome::Violated);
}

#[test]
fn a_planned_drill_that_never_started_is_inconclusive() {
    let tape = Tape::of(&[Drill::LosePod, Drill::ForceDelete]);
    let tape = tape.without(|event| matches!(event, Event::DrillStarted { drill } if drill.drill == Drill::ForceDelete));
    let verdict = judge(&tape.history());
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    for promise in &verdict.promises {
        let expected = if promise.drill.drill == Drill::LosePod { Outcome::Held } else { Outcome::Inconclusive };
        assert_eq!(promise.observed, expected);
    }
}

#[test]
fn a_drill_that_nobody_planned_or_that_ran_twice_is_a_shortfall() {
    let unplanned = lose_pod().before(
        |event| matches!(event, Event::RunEnded { .. }),
        Event::DrillStarted {
            drill: id(Drill::ForceDelete),
        },
    );
    assert_eq!(judge(&unplanned.history()).outcome, Outcome::Inconclusive);
    let twice = lose_pod().before(
        |event| matches!(event, Event::RunEnded { .. }),
        Event::DrillStarted {
            drill: id(Drill::LosePod),
        },
    );
    assert_eq!(judge(&twice.history()).outcome, Outcome::Inconclusive);
}

#[test]
fn a_drill_that_was_not_carried_through_never_holds() {
    let tape = lose_pod().failed_at(Drill::LosePod, |event| matches!(event, Event::RunEnded { .. }));
    // The error came after everything had been seen: still nothing holds.
    let tape = tape.without(|event| matches!(event, Event::DrillEnded { error, .. } if error.is_empty()));
    let verdict = judge(&tape.history());
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    for promise in &verdict.promises {
        assert_eq!(promise.observed, Outcome::Inconclusive);
        assert!(promise.evidence[0].ends_with("was not Ready within 60 s: no node fits"), "{:?}", promise.evidence);
    }
}

#[test]
fn a_violation_stays_one_though_the_drill_failed_afterwards() {
    let lost = Rows {
        read: (2..=205).collect(),
        ..Rows::default()
    };
    let tape = Tape::with(&[Drill::LosePod], &lost).changed(|event| {
        if let Event::DrillEnded { error, .. } = event {
            error.push("the tunnel was lost".into());
        }
    });
    check(&tape, Promise::Durability, Outcome::Violated, &["lost 1 acknowledged row: 1", "tunnel"]);
    check(&tape, Promise::Identity, Outcome::Inconclusive, &["tunnel"]);
}

#[test]
fn a_negative_control_that_was_not_carried_through_is_no_pass() {
    let tape = Tape::of(&[Drill::DeleteClaim]).changed(|event| {
        if let Event::DrillEnded { error, .. } = event {
            error.push("the tunnel was lost".into());
        }
    });
    check(&tape, Promise::Durability, Outcome::Inconclusive, &["tunnel", "seen all the same: lost 100"]);
}

// The fault

#[test]
fn a_fault_is_proven_by_the_deletion_of_its_target() {
    let tape = lose_pod().without(|event| is_pod(event, 2));
    let verdict = judge(&tape.history());
    for promise in &verdict.promises {
        let proven = !promise.evidence.iter().any(|evidence| evidence.contains("the fault did not happen"));
        assert!(proven, "{}: {:?}", promise.promise, promise.evidence);
    }
}

#[test]
fn a_fault_is_proven_by_another_pod_of_the_name() {
    let tape = lose_pod().without(|event| is_gone(event, "Pod"));
    assert_eq!(judge(&tape.history()).outcome, Outcome::Held);
}

#[test]
fn an_unproven_fault_makes_every_promise_inconclusive() {
    for (name, tape) in [
        ("nothing went", lose_pod().without(|event| is_gone(event, "Pod") || is_pod(event, 2))),
        ("never begun", lose_pod().without(is_begun)),
        ("aimed at another pod", {
            lose_pod().changed(|event| {
                if let Event::FaultBegun { targets, .. } = event {
                    targets[0] = object("Pod", "postgres-1", 1);
                }
            })
        }),
        ("aimed at nothing", {
            lose_pod().changed(|event| {
                if let Event::FaultBegun { targets, .. } = event {
                    targets.clear();
                }
            })
        }),
        ("aimed at a pod long gone", {
            let stale = lose_pod().without(|event| is_gone(event, "Pod") || is_pod(event, 2));
            stale.changed(|event| {
                if let Event::FaultBegun { targets, .. } = event {
                    targets[0] = pod(7);
                }
            })
        }),
        ("another fault than planned", {
            lose_pod().changed(|event| {
                if let Event::FaultBegun { fault, .. } = event {
                    *fault = Fault::ForceDelete;
                }
            })
        }),
    ] {
        let verdict = judge(&tape.history());
        assert_eq!(verdict.outcome, Outcome::Inconclusive, "{name}");
        for promise in &verdict.promises {
            assert_eq!(promise.observed, Outcome::Inconclusive, "{name}: {}", promise.promise);
            assert!(
                promise.evidence.iter().any(|evidence| evidence.contains("the fault did not happen")),
                "{name}: {:?}",
                promise.evidence
            );
        }
    }
}

#[test]
fn a_deletion_before_the_fault_proves_nothing() {
    let gone = Event::Gone { object: pod(1) };
    let tape = lose_pod().without(|event| is_gone(event, "Pod") || is_pod(event, 2)).before(is_begun, gone);
    let verdict = judge(&tape.history());
    assert!(verdict.promises.iter().all(|promise| promise.observed == Outcome::Inconclusive));
}

// Identity

#[test]
fn identity_names_both_pods() {
    check(&lose_pod(), Promise::Identity, Outcome::Held, &["postgres-0", &uid(1), &uid(2)]);
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

// Storage

#[test]
fn storage_says_which_claim_and_volume() {
    check(
        &lose_pod(),
        Promise::Storage,
        Outcome::Held,
        &[CLAIM, "Bound", "5Gi ReadWriteOnce", "class standard", &claim(1).uid, &volume(1).name],
    );
}

#[test]
fn storage_is_violated_by_every_departure() {
    type Spoil = fn(&mut (stateproof::history::ObjectRef, stateproof::history::ClaimState));
    let departures: [(&str, Spoil); 8] = [
        ("is another", |(object, _)| object.uid = uid(999)),
        ("another volume", |(_, state)| state.volume = Some("pv-other".into())),
        ("bound to no volume", |(_, state)| state.volume = None),
        ("was Lost", |(_, state)| state.phase = "Lost".into()),
        ("asked for 1Gi", |(_, state)| state.requested = Some("1Gi".into())),
        ("access modes ReadOnlyMany", |(_, state)| state.access_modes = vec!["ReadOnlyMany".into()]),
        ("being deleted", |(_, state)| state.terminating = true),
        ("not there after", |(object, _)| object.name = "postgres-data-postgres-1".into()),
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
    check(&ask("gp3"), Promise::Storage, Outcome::Violated, &["class standard, not gp3"]);
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
            Event::Applied { object: claim(number) },
        )
    };
    check(&applied(1), Promise::Storage, Outcome::Held, &["adopted"]);
    check(&applied(9), Promise::Storage, Outcome::Violated, &["not adopted", &claim(9).uid]);
}

#[test]
fn storage_without_both_looks_is_inconclusive() {
    let mut seen = 0;
    let tape = lose_pod().changed(|event| {
        if is_inspection(event) {
            seen += 1;
            if seen == 2 {
                *event = Event::Note { text: "not looked".into() };
            }
        }
    });
    check(&tape, Promise::Storage, Outcome::Inconclusive, &["after the fault"]);
}

// Address

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
        (2, &["10.244.0.6", "10.244.0.5"], "10.244.0.6, 10.244.0.5 at the end"),
        (2, &[], "nothing at the end"),
    ] {
        check(&answer(number, addresses), Promise::Address, Outcome::Violated, &[words]);
    }
}

#[test]
fn address_without_an_answer_is_inconclusive() {
    let never = lose_pod().without(is_answer);
    check(&never, Promise::Address, Outcome::Inconclusive, &["before the fault"]);
    let mut seen = 0;
    let not_after = lose_pod().changed(|event| {
        if is_answer(event) {
            seen += 1;
            if seen > 1 {
                *event = Event::Note { text: "not asked".into() };
            }
        }
    });
    check(&not_after, Promise::Address, Outcome::Inconclusive, &["once the new pod had come"]);
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
    let last = late.events.iter().rposition(|(_, event)| is_answer(event)).unwrap();
    for (at_us, _) in &mut late.events[last..] {
        *at_us += 30_000_000;
    }
    check(&late, Promise::Address, Outcome::Violated, &["at the end"]);
}

// Retention

fn is_second_set_gone(event: &Event) -> bool {
    is_gone(event, "StatefulSet")
}

#[test]
fn retention_holds_when_the_claim_stays() {
    let tape = Tape::of(&[Drill::DeleteStatefulset]);
    check(&tape, Promise::Retention, Outcome::Held, &[CLAIM, "stayed Bound"]);
}

#[test]
fn retention_is_violated_when_the_claim_goes_and_the_manifest_is_named() {
    let goes = Tape::of(&[Drill::DeleteStatefulset]).before(is_second_set_gone, Event::Gone { object: claim(1) });
    check(&goes, Promise::Retention, Outcome::Violated, &["went with the StatefulSet"]);
    let asked = goes.changed(delete_with_set);
    check(
        &asked,
        Promise::Retention,
        Outcome::Violated,
        &["what the manifest asks for", "whenDeleted: Delete", "k8s/statefulset.yaml:1"],
    );
}

#[test]
fn retention_is_violated_by_what_the_inspection_found() {
    type Spoil = fn(&mut Vec<(stateproof::history::ObjectRef, stateproof::history::ClaimState)>);
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
                *event = Event::Note { text: "not looked".into() };
            }
        }
    });
    check(&tape, Promise::Retention, Outcome::Inconclusive, &["not looked at"]);
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
                volumes.iter_mut().for_each(|(_, state)| state.reclaim_policy = policy.into());
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
                        state: ObjectState::Volume(stateproof::history::VolumeState {
                            phase: phase.into(),
                            reclaim_policy: policy.into(),
                            ..volume_state(1)
                        }),
                    };
                }
            }
        }
        tape
    };
    check(&reclaim("Delete", None), Promise::Retention, Outcome::Held, &["Delete) went with its claim"]);
    check(&reclaim("Delete", Some("Released")), Promise::Retention, Outcome::Inconclusive, &["not seen to go"]);
    check(&reclaim("Delete", Some("Failed")), Promise::Retention, Outcome::Violated, &["Failed"]);
    check(&reclaim("Retain", Some("Released")), Promise::Retention, Outcome::Held, &["stayed, Released"]);
    check(&reclaim("Retain", None), Promise::Retention, Outcome::Violated, &["Retain) went with its claim"]);
}

#[test]
fn a_claim_that_went_before_it_was_deleted_by_name_violates_retention() {
    let tape = Tape::of(&[Drill::DeleteClaim]).before(is_second_set_gone, Event::Gone { object: claim(1) });
    check(&tape, Promise::Retention, Outcome::Violated, &["went with the StatefulSet"]);
}

#[test]
fn deleting_claims_is_proven_by_their_deletion() {
    let tape = Tape::of(&[Drill::DeleteClaim]);
    let tape = tape.without(|event| {
        is_gone(event, "PersistentVolumeClaim")
            || matches!(event, Event::Observed { object, .. } if object.uid == claim(2).uid)
    });
    check(&tape, Promise::Durability, Outcome::Inconclusive, &["the fault did not happen", CLAIM]);
}

#[test]
fn deleting_the_set_is_proven_by_its_deletion() {
    let tape = Tape::of(&[Drill::DeleteStatefulset]).without(|event| {
        is_gone(event, "StatefulSet") || matches!(event, Event::Observed { object, .. } if object.uid == set(2).uid)
    });
    check(&tape, Promise::Identity, Outcome::Inconclusive, &["the fault did not happen", "StatefulSet postgres"]);
}

// Recovery

#[test]
fn recovery_says_how_long_it_took() {
    check(&lose_pod(), Promise::Recovery, Outcome::Held, &["Ready 2.79 s after", "first row acknowledged 3.72 s after"]);
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
    check(&tape, Promise::Recovery, Outcome::Violated, &["never seen Ready", "CrashLoopBackOff"]);
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
    check(&tape, Promise::Recovery, Outcome::Inconclusive, &["no node fits", "never seen Ready; last seen Running"]);
}

#[test]
fn recovery_is_violated_when_every_row_is_refused() {
    let rows = Rows {
        after: (101..=110).map(|key| (key, refused())).collect(),
        read: (1..=100).collect(),
        ..Rows::default()
    };
    let tape = Tape::with(&[Drill::LosePod], &rows);
    check(&tape, Promise::Recovery, Outcome::Violated, &["accepted no row", "read-only transaction"]);
}

#[test]
fn recovery_is_inconclusive_when_no_row_was_answered() {
    let rows = Rows {
        after: vec![(101, WriteFate::Unknown("connection closed".into()))],
        read: (1..=100).collect(),
        ..Rows::default()
    };
    let tape = Tape::with(&[Drill::LosePod], &rows);
    check(&tape, Promise::Recovery, Outcome::Inconclusive, &["no row was acknowledged"]);
}

#[test]
fn a_row_on_an_old_connection_is_no_recovery() {
    let mut seen = 0;
    let tape = lose_pod().changed(|event| {
        if matches!(event, Event::Connected { .. }) {
            seen += 1;
            if seen > 1 {
                *event = Event::Note { text: "no connection".into() };
            }
        }
    });
    check(&tape, Promise::Recovery, Outcome::Inconclusive, &["no row was acknowledged"]);
}

// Times and measurements

#[test]
fn times_are_taken_from_what_the_watches_saw() {
    let verdict = judge(&lose_pod().history());
    let times = &verdict.recovery[0];
    let step = 310_000;
    assert_eq!(times.accepted_us, Some(step));
    assert_eq!(times.gone_us, Some(3 * step));
    assert_eq!(times.created_us, Some(7 * step - step));
    assert_eq!(times.scheduled_us, Some(7 * step));
    assert_eq!(times.started_us, Some(8 * step));
    assert_eq!(times.ready_us, Some(9 * step));
    assert_eq!(times.name_answers_us, Some(10 * step));
    assert_eq!(times.write_us, Some(12 * step + 2));
    // From the last row before the fault to the first after it, the row of unknown fate between them left out.
    assert_eq!(times.write_gap_us, Some(13 * step + 2));
}

#[test]
fn times_that_a_broken_watch_may_have_delayed_are_missing() {
    let created = |event: &Event| is_pod(event, 2);
    let verdict = judge(&lose_pod().before(created, gap("Pod")).history());
    let times = &verdict.recovery[0];
    assert_eq!((times.created_us, times.scheduled_us.is_some(), times.ready_us.is_some()), (None, true, true));
    assert_eq!(verdict.outcome, Outcome::Held, "what was seen in the end was seen");

    let gone = |event: &Event| is_gone(event, "Pod");
    let verdict = judge(&lose_pod().before(gone, gap("Pod")).history());
    let times = &verdict.recovery[0];
    assert_eq!((times.gone_us, times.created_us.is_some()), (None, true));

    let verdict = judge(&lose_pod().before(created, gap("PersistentVolumeClaim")).history());
    assert!(verdict.recovery[0].created_us.is_some(), "it was another kind's watch");
}

#[test]
fn the_overlap_of_two_servers_is_measured_on_the_node() {
    let force = || Tape::of(&[Drill::ForceDelete]);
    let overlap = |tape: Tape| judge(&tape.history()).overlaps[0].clone();
    let both = overlap(force());
    assert_eq!(both.overlap_us, Some(310_000));
    assert_eq!(both.to_string(), "old and new server process both ran for 0.31 s");

    let swapped = overlap(force().changed(|event| {
        if let Event::NodeTask(task) = event {
            task.change = match task.change {
                TaskChange::Started => TaskChange::Exited,
                TaskChange::Exited => TaskChange::Started,
            };
            task.container = format!("{:064x}", if task.change == TaskChange::Exited { 1 } else { 2 });
        }
    }));
    assert_eq!(swapped.overlap_us, Some(-310_000));
    assert_eq!(swapped.to_string(), "no overlap: the old server process ended 0.31 s before the new one started");

    let exited = |event: &Event| matches!(event, Event::NodeTask(NodeTask { change: TaskChange::Exited, .. }));
    let unmeasured = overlap(force().without(exited));
    assert_eq!(unmeasured.overlap_us, None);
    assert!(unmeasured.to_string().contains("not measured: the node did not report the end"), "{unmeasured}");

    let elsewhere = overlap(force().changed(|event| {
        if let Event::NodeTask(task) = event
            && task.change == TaskChange::Exited
        {
            task.node = "stateproof-worker".into();
        }
    }));
    assert!(elsewhere.to_string().contains("clocks differ"), "{elsewhere}");
    assert!(judge(&lose_pod().history()).overlaps.is_empty(), "nothing was forced");
}

#[test]
fn what_is_not_proven_is_said() {
    let verdict = judge(&lose_pod().history());
    assert!(verdict.not_proven.iter().any(|limit| limit.starts_with("power loss: ")));
    assert!(
        verdict.not_proven.iter().any(|limit| limit.contains("postgres:16-alpine") && limit.contains("PostgreSQL 16.9 on")),
        "{:?}",
        verdict.not_proven
    );
    assert_eq!(verdict.not_proven.len(), 2);
    let lax = lose_pod().changed(|event| {
        if let Event::Server { settings, .. } = event {
            settings.insert("synchronous_commit".into(), "off".into());
        }
    });
    let verdict = judge(&lax.history());
    assert!(verdict.not_proven.iter().any(|limit| limit.contains("synchronous_commit=off")));
}

#[test]
fn the_manifests_claim_is_held_to_its_state() {
    // Guards the tape itself: the good state is the one that the template asks for.
    assert_eq!(claim_state(1).requested.as_deref(), Some("5Gi"));
}
