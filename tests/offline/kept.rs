//! Histories that `fixtures/histories` keeps and `scripts/check-reports` looks at: what a page has besides the ordinary.
//!
//! They are made here, of tapes, and written with `STATEPROOF_WRITE_HISTORIES=1 cargo test --test offline kept`.

use stateproof::history::{
    ClusterEvent, ContainerState, Event, Fault, History, ObjectRef, ObjectState, PodState, Probe, Record,
};
use stateproof::plan::{Drill, Outcome, Rounds};
use stateproof::verdict::judge;

use crate::document::{DRILLS, claim_state, id, object, pod};
use crate::replica_set::tape::{self as members, NOT_PRIMARY, PRIMARY_SERVICE, hosts, replica_set};
use crate::tape::{Rows, Tape};

/// Ends a text, an attribute, a comment and a cell, opens elements, turns the line, clears the screen.
pub const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)> ]]> --> | `**x**` & \u{202e}txet\u{2066}\u{1b}[2J\u{0} שלום مرحبا";

/// Every one that is kept, by its name, with what it comes to.
fn all() -> [(&'static str, History, Outcome); 5] {
    [
        ("roles", roles(), Outcome::Held),
        ("rounds", rounds(), Outcome::Inconclusive),
        (
            "failed-with-log",
            failed_with_log().history(),
            Outcome::Inconclusive,
        ),
        ("hostile", hostile_names(), Outcome::Inconclusive),
        ("two-workloads", two_workloads(), Outcome::Violated),
    ]
}

/// A replica set whose PRIMARY steps down, and whose next PRIMARY is then scaled away and comes back.
pub fn roles() -> History {
    let mut tape = members::Tape::of(replica_set(), Drill::StepDown);
    for ordinal in 0..2 {
        let claim = claim_of(&tape, ordinal);
        tape.push(Event::Observed {
            object: claim,
            version: ordinal.to_string(),
            state: ObjectState::Claim(Box::new(claim_state(ordinal))),
        });
    }
    tape.role("mongodb-0", "PRIMARY", Some(1))
        .role("mongodb-1", "SECONDARY", None)
        .probed(Probe::WriteThroughService, PRIMARY_SERVICE, Ok("mongodb-0"))
        .connect("replica set rs0", &hosts()[0])
        .acknowledged(10);
    let primary = tape.pod(0);
    tape.fault(Fault::StepDown, vec![primary])
        .role("mongodb-0", "SECONDARY", None)
        .role("mongodb-1", "PRIMARY", Some(2))
        .connect("replica set rs0", &hosts()[1])
        .acknowledged(10)
        .probed(Probe::WriteThroughService, PRIMARY_SERVICE, Err(NOT_PRIMARY))
        .scaled(1)
        .role("mongodb-1", "DOWN", None)
        .role("mongodb-0", "PRIMARY", Some(3));
    let gone = tape.pod(1);
    tape.push(Event::Gone { object: gone.clone() }).scaled(2);
    for (node, ready) in [
        (None, false),
        (Some("stateproof-worker"), false),
        (Some("stateproof-worker"), true),
    ] {
        let state = PodState {
            phase: if ready { "Running" } else { "Pending" }.into(),
            ready,
            node: node.map(str::to_owned),
            ..PodState::default()
        };
        tape.push(Event::Observed {
            object: ObjectRef {
                uid: "uid-2".into(),
                ..gone.clone()
            },
            version: "3".into(),
            state: ObjectState::Pod(Box::new(state)),
        });
    }
    tape.role("mongodb-1", "SECONDARY", None).read(1..=20).history()
}

fn claim_of(tape: &members::Tape, ordinal: u32) -> ObjectRef {
    ObjectRef {
        kind: "PersistentVolumeClaim".into(),
        name: tape.workload.member(ordinal).claims.remove(0),
        uid: format!("uid-claim-{ordinal}"),
        ..tape.pod(ordinal)
    }
}

/// Three rounds, the second of which was not carried through.
fn rounds() -> History {
    let rounds = Rounds::asked(Some(3), None, Some(7)).unwrap();
    let fail = |event: &mut Event| {
        if let Event::DrillEnded { drill, error } = event
            && (drill.drill, drill.round) == (Drill::LosePod, 2)
        {
            *error = vec!["Pod postgres-0 was not Ready within 60 s".into()];
        }
    };
    Tape::rounds(&DRILLS, rounds, 3).changed(fail).history()
}

/// A pod that does not come back: what its container said, what the cluster said of it, and the causes.
pub fn failed_with_log() -> Tape {
    let mut tape = Tape::of(&[Drill::LosePod])
        .until(|event| matches!(event, Event::Resolved { addresses, .. } if addresses.is_empty()));
    let waiting = PodState {
        phase: "Running".into(),
        node: Some("stateproof-control-plane".into()),
        containers: vec![ContainerState {
            name: "postgres".into(),
            restarts: 3,
            waiting: Some("CrashLoopBackOff: back-off 40s restarting failed container".into()),
            terminated: Some("Error (exit code 1)".into()),
            ..ContainerState::default()
        }],
        ..PodState::default()
    };
    let said = ClusterEvent {
        about_kind: "Pod".into(),
        about_name: "postgres-0".into(),
        about_uid: pod(2).uid,
        severity: "Warning".into(),
        reason: "BackOff".into(),
        message: "Back-off restarting failed container postgres in pod postgres-0".into(),
        container: Some("postgres".into()),
        repeated: 4,
    };
    let lines = [
        "PostgreSQL Database directory appears to contain a database; Skipping initialization".to_owned(),
        format!(
            "LOG:  could not open file \"{}\"",
            "pg_wal/000000010000000000000001/".repeat(8)
        ),
        "FATAL:  could not write lock file \"postmaster.pid\": No space left on device".to_owned(),
    ];
    for event in [
        observed(pod(2), ObjectState::Pod(Box::new(waiting))),
        observed(
            object("Event", "postgres-0.18a", 400),
            ObjectState::Event(Box::new(said)),
        ),
        Event::Log {
            object: Box::new(pod(2)),
            container: "postgres".into(),
            lines: lines.to_vec(),
        },
        Event::DrillEnded {
            drill: id(Drill::LosePod),
            error: vec![
                "Pod postgres-0 was not Ready within 60 s".into(),
                "container postgres waits: CrashLoopBackOff".into(),
                "it ended with exit code 1: FATAL:  could not write lock file".into(),
            ],
        },
        Event::RunEnded { interrupted: false },
    ] {
        tape.push(event);
    }
    tape
}

fn observed(object: ObjectRef, state: ObjectState) -> Event {
    Event::Observed {
        object,
        version: "2000".into(),
        state,
    }
}

/// Words of others wherever they may stand, and names that no API server would take.
fn hostile_names() -> History {
    let name = "<b>&\u{202e}שלום\u{1b}";
    let (pod, claim) = (format!("{name}-0"), format!("data-{name}-0"));
    respelled(
        &hostile(),
        &[
            ("postgres-data-postgres-0", &claim),
            ("postgres-0", &pod),
            ("postgresql-prod", &format!("ns-{name}")),
        ],
    )
}

/// Words of others wherever they may stand.
pub fn hostile() -> History {
    let mut tape = Tape::of(&[Drill::LosePod]).changed(|event| match event {
        Event::Server {
            version,
            settings,
            pod,
            ..
        } => {
            HOSTILE.clone_into(version);
            HOSTILE.clone_into(pod);
            settings.insert(HOSTILE.into(), HOSTILE.into());
        }
        Event::RunStarted {
            version,
            cluster,
            plans,
            ..
        } => {
            HOSTILE.clone_into(version);
            for text in [&mut cluster.provider, &mut cluster.name, &mut cluster.kubernetes] {
                HOSTILE.clone_into(text);
            }
            cluster.nodes.push(HOSTILE.into());
            for image in &mut cluster.images {
                image.stand_in = Some(HOSTILE.into());
            }
            for plan in plans {
                HOSTILE.clone_into(&mut plan.workload.declared_at);
                plan.workload.notes.push(HOSTILE.into());
            }
        }
        Event::Observed {
            state: ObjectState::Pod(pod),
            ..
        } => pod.unschedulable = Some(HOSTILE.into()),
        Event::Disconnected { reason, .. } => HOSTILE.clone_into(reason),
        _ => {}
    });
    let end = tape
        .events
        .iter()
        .position(|(_, event)| matches!(event, Event::Read { .. }))
        .unwrap();
    let at_us = tape.events[end].0;
    tape.events.truncate(end);
    let events = [
        Event::Log {
            object: Box::new(pod(1)),
            container: HOSTILE.into(),
            lines: vec![HOSTILE.into(), "</pre>".into()],
        },
        Event::Note { text: HOSTILE.into() },
        Event::DrillEnded {
            drill: id(Drill::LosePod),
            error: vec![HOSTILE.into(), HOSTILE.into()],
        },
        Event::RunEnded { interrupted: false },
    ];
    tape.events.extend(events.into_iter().map(|event| (at_us, event)));
    tape.history()
}

/// Two workloads in one run, one of which lost rows.
fn two_workloads() -> History {
    let lost = Rows {
        read: (11..=205).collect(),
        ..Rows::default()
    };
    let one = Tape::of(&[Drill::LosePod]).history();
    let other = respelled(
        &Tape::with(&[Drill::LosePod], &lost).history(),
        &[
            ("postgresql-prod", "shop"),
            ("postgres-0", "orders-0"),
            ("postgres-service", "orders-service"),
            ("\"name\":\"postgres\"", "\"name\":\"orders\""),
            ("-0000-4000-8000-", "-0000-4000-9000-"),
            (&"0".repeat(40), &"1".repeat(40)),
        ],
    );
    let begun = |history: &History| history.plans().to_vec();
    let plans = [begun(&one), begun(&other)].concat();
    let mut records: Vec<Record> = one.records;
    let ended = records.pop().unwrap();
    records.extend(other.records.into_iter().skip(1));
    let other_ended = records.pop().unwrap();
    records.sort_by_key(|record| record.at_us);
    records.push(if other_ended.at_us > ended.at_us {
        other_ended
    } else {
        ended
    });
    if let Event::RunStarted { plans: all, .. } = &mut records[0].event {
        *all = plans;
    }
    for (seq, record) in (0..).zip(&mut records) {
        record.seq = seq;
    }
    History {
        records,
        cut_off: false,
    }
}

/// The history with other words in place of some, wherever they stand.
fn respelled(history: &History, words: &[(&str, &str)]) -> History {
    let mut text = history.to_json_lines().unwrap();
    for (from, to) in words {
        // As they stand within a text of JSON, unless they are a piece of JSON themselves.
        let spelled = serde_json::to_string(to).unwrap();
        let to = if from.starts_with('"') {
            to
        } else {
            spelled.trim_matches('"')
        };
        assert!(text.contains(from), "{from} stands nowhere");
        text = text.replace(from, to);
    }
    History::parse(&text).unwrap()
}

#[test]
fn what_is_kept_is_what_the_tapes_have() {
    let write = std::env::var_os("STATEPROOF_WRITE_HISTORIES").is_some();
    for (name, history, outcome) in all() {
        assert_eq!(judge(&history).outcome, outcome, "{name}: {:#?}", judge(&history));
        let path = format!("fixtures/histories/{name}.jsonl");
        if write {
            std::fs::write(&path, history.to_json_lines().unwrap()).unwrap();
        }
        assert!(
            History::read(&path).unwrap() == history,
            "{path} is of another tape"
        );
    }
}
