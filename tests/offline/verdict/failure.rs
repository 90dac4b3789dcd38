//! A set that is expected to fail: only the named end counts.

use stateproof::history::{
    ClusterEvent, ContainerState, Event, FORMAT_VERSION, History, ObjectRef, ObjectState, PodState,
};
use stateproof::plan::{Drill, End, Outcome, Plan, Promise, Selection};
use stateproof::verdict::{Verdict, judge};

use crate::document::{NAMESPACE, gap, id, object, pod, workload};
use crate::tape::record;

const CLAIM_END: &str = "PersistentVolumeClaim/postgres-data-postgres-0:event=ProvisioningFailed: not found";
const PHASE_END: &str = "Pod/postgres-0:phase=Pending";

/// A run that expects these ends and sees these things.
fn history(ends: &[&str], seen: Vec<Event>) -> History {
    let ends: Vec<End> = ends.iter().map(|end| end.parse().unwrap()).collect();
    let selection = Selection {
        ends,
        ..Selection::default()
    };
    let plan = Plan::new(workload(), &selection);
    assert_eq!(plan.drills.len(), 1);
    let drill = id(Drill::ExpectFailure);
    let mut events = vec![
        Event::RunStarted {
            format: FORMAT_VERSION,
            version: "0.1.0".into(),
            plans: vec![plan],
            cluster: Box::default(),
        },
        Event::DrillStarted { drill: drill.clone() },
    ];
    events.extend(seen);
    events.extend([
        Event::CameTo {
            drill: drill.clone(),
            state: "what it came to".into(),
            causes: vec!["the true cause".into()],
        },
        Event::DrillEnded {
            drill,
            error: Vec::new(),
        },
        Event::RunEnded { interrupted: false },
    ]);
    record(&events)
}

fn observed(object: ObjectRef, state: ObjectState) -> Event {
    Event::Observed {
        object,
        version: "1".into(),
        state,
    }
}

fn pending() -> Event {
    pod_in("Pending", None, false)
}

fn pod_in(phase: &str, container: Option<ContainerState>, ready: bool) -> Event {
    let state = PodState {
        phase: phase.into(),
        ready,
        containers: container.into_iter().collect(),
        ..PodState::default()
    };
    observed(pod(1), ObjectState::Pod(Box::new(state)))
}

fn event(kind: &str, name: &str, reason: &str, message: &str) -> Event {
    event_of("Warning", kind, name, reason, message)
}

fn event_of(severity: &str, kind: &str, name: &str, reason: &str, message: &str) -> Event {
    let said = ClusterEvent {
        about_kind: kind.into(),
        about_name: name.into(),
        severity: severity.into(),
        reason: reason.into(),
        message: message.into(),
        ..ClusterEvent::default()
    };
    observed(object("Event", "e", 900), ObjectState::Event(Box::new(said)))
}

fn no_class() -> Event {
    let claim = "postgres-data-postgres-0";
    event(
        "PersistentVolumeClaim",
        claim,
        "ProvisioningFailed",
        "storageclass.storage.k8s.io \"fast\" not found",
    )
}

fn failure(verdict: &Verdict) -> (Outcome, String) {
    let [promise] = verdict.promises.as_slice() else {
        panic!("{:?}", verdict.promises)
    };
    assert_eq!(promise.promise, Promise::Failure);
    (promise.observed, promise.evidence.join("\n"))
}

#[test]
fn the_named_end_holds_and_is_quoted() {
    let verdict = judge(&history(&[PHASE_END, CLAIM_END], vec![pending(), no_class()]));
    let (observed, evidence) = failure(&verdict);
    assert_eq!(observed, Outcome::Held, "{evidence}");
    assert_eq!(verdict.outcome, Outcome::Held);
    assert!(
        evidence.contains("storageclass.storage.k8s.io \"fast\" not found"),
        "{evidence}"
    );
}

#[test]
fn one_of_two_is_a_violation_with_the_true_cause() {
    let verdict = judge(&history(&[PHASE_END, CLAIM_END], vec![pending()]));
    let (observed, evidence) = failure(&verdict);
    assert_eq!(observed, Outcome::Violated);
    assert!(evidence.contains("not seen: PersistentVolumeClaim"), "{evidence}");
    assert!(evidence.contains("seen instead: the true cause"), "{evidence}");
    assert_eq!(verdict.outcome, Outcome::Violated);
}

#[test]
fn success_is_a_violation_even_when_the_sign_was_seen_on_the_way_up() {
    let up = pod_in("Running", None, true);
    let verdict = judge(&history(&[CLAIM_END], vec![pending(), no_class(), up]));
    let (observed, evidence) = failure(&verdict);
    assert_eq!(observed, Outcome::Violated);
    assert!(evidence.contains("did not fail"), "{evidence}");
}

#[test]
fn a_phase_must_be_so_to_the_last_and_the_same_word() {
    let started = pod_in("Running", None, false);
    for (seen, held) in [
        (vec![pending(), no_class(), started.clone()], false),
        (vec![started, no_class(), pending()], true),
        (vec![no_class(), pending(), Event::Gone { object: pod(1) }], false),
        (vec![no_class(), pod_in("PendingNot", None, false)], false),
    ] {
        let verdict = judge(&history(&[PHASE_END, CLAIM_END], seen));
        assert_eq!(failure(&verdict).0 == Outcome::Held, held);
    }
}

#[test]
fn an_event_is_known_by_object_reason_and_message() {
    let claim = "postgres-data-postgres-0";
    for (kind, name, reason, message) in [
        ("Pod", claim, "ProvisioningFailed", "class not found"),
        (
            "PersistentVolumeClaim",
            "postgres-data-postgres-1",
            "ProvisioningFailed",
            "class not found",
        ),
        ("PersistentVolumeClaim", claim, "FailedBinding", "class not found"),
        (
            "PersistentVolumeClaim",
            claim,
            "ProvisioningFailed",
            "no access mode",
        ),
    ] {
        let verdict = judge(&history(
            &[CLAIM_END],
            vec![pending(), event(kind, name, reason, message)],
        ));
        assert_eq!(
            failure(&verdict).0,
            Outcome::Violated,
            "{kind} {name} {reason} {message}"
        );
    }
}

/// The type is part of the name where it is said: the same reason and message of the other type is another event.
#[test]
fn an_event_is_known_by_its_type_where_that_is_named() {
    let claim = "postgres-data-postgres-0";
    let (reason, message) = ("ProvisioningFailed", "storageclass \"fast\" not found");
    let named = |event_type: &str| {
        format!("PersistentVolumeClaim/{claim}:event={event_type}ProvisioningFailed: not found")
    };
    for (wanted, severity, outcome) in [
        ("Warning/", "Warning", Outcome::Held),
        ("Warning/", "Normal", Outcome::Violated),
        ("Normal/", "Normal", Outcome::Held),
        ("Normal/", "Warning", Outcome::Violated),
        ("", "Warning", Outcome::Held),
        ("", "Normal", Outcome::Held),
    ] {
        let end = named(wanted);
        let said = event_of(severity, "PersistentVolumeClaim", claim, reason, message);
        let verdict = judge(&history(&[&end], vec![pending(), said]));
        let (observed, evidence) = failure(&verdict);
        assert_eq!(observed, outcome, "{end}, and it was {severity}: {evidence}");
        let words = match outcome {
            Outcome::Held => format!("{wanted}{reason}: {message}"),
            _ => format!("not seen: {end}"),
        };
        assert!(evidence.contains(&words), "{words} is not in {evidence}");
    }
}

#[test]
fn what_a_container_said_once_counts_and_what_a_log_says() {
    let hook = ContainerState {
        name: "postgres".into(),
        waiting: Some("PostStartHookError: sh: mongosh: not found".into()),
        ..ContainerState::default()
    };
    let ended = ContainerState {
        name: "postgres".into(),
        terminated: Some("Error (exit code 1)".into()),
        ..ContainerState::default()
    };
    let log = Event::Log {
        object: Box::new(pod(1)),
        container: "postgres".into(),
        lines: vec!["starting".into(), "initdb: Permission denied".into()],
    };
    let seen = vec![
        pod_in("Pending", Some(hook), false),
        pod_in("Running", Some(ended), false),
        log,
    ];
    let ends = [
        "Pod/postgres-0:waiting=mongosh: not found",
        "Pod/postgres-0:terminated=exit code 1",
        "Pod/postgres-0:log=Permission denied",
    ];
    let verdict = judge(&history(&ends, seen.clone()));
    assert_eq!(failure(&verdict).0, Outcome::Held, "{}", failure(&verdict).1);
    for end in [
        "Pod/postgres-0:waiting=psql: not found",
        "Pod/postgres-0:terminated=exit code 2",
        "Pod/postgres-0:log=No space left",
    ] {
        let verdict = judge(&history(&[end], seen.clone()));
        assert_eq!(failure(&verdict).0, Outcome::Violated, "{end}");
    }
}

#[test]
fn the_schedulers_word_counts_only_while_it_stands() {
    let refused = |why: Option<&str>| {
        let state = PodState {
            phase: "Pending".into(),
            unschedulable: why.map(str::to_owned),
            ..PodState::default()
        };
        observed(pod(1), ObjectState::Pod(Box::new(state)))
    };
    let end = ["Pod/postgres-0:unschedulable=anti-affinity"];
    let why = Some("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.");
    assert_eq!(
        failure(&judge(&history(&end, vec![refused(why)]))).0,
        Outcome::Held
    );
    let passed = vec![refused(why), refused(None)];
    assert_eq!(failure(&judge(&history(&end, passed))).0, Outcome::Violated);
}

#[test]
fn a_gap_or_a_cut_proves_nothing() {
    for kind in ["Pod", "PersistentVolumeClaim", "StatefulSet", "Event"] {
        let verdict = judge(&history(&[CLAIM_END], vec![pending(), no_class(), gap(kind)]));
        assert_eq!(failure(&verdict).0, Outcome::Inconclusive, "{kind}");
    }
    let whole = history(&[CLAIM_END], vec![pending()]);
    for kept in 2..whole.records.len() {
        let mut cut = whole.clone();
        cut.records.truncate(kept);
        assert_ne!(judge(&cut).outcome, Outcome::Held);
        if kept < whole.records.len() - 1 {
            assert_eq!(failure(&judge(&cut)).0, Outcome::Inconclusive, "{kept} records");
        }
    }
}

/// What happens in another namespace, to an object of the same name, is somebody else's.
#[test]
fn another_namespace_shows_nothing() {
    let mut elsewhere = no_class();
    if let Event::Observed { object, .. } = &mut elsewhere {
        assert_eq!(object.namespace, NAMESPACE);
        object.namespace = "other".into();
    }
    let verdict = judge(&history(&[CLAIM_END], vec![pending(), elsewhere]));
    assert_eq!(failure(&verdict).0, Outcome::Violated);
}
