//! What lint found before a run, beside what the run violated.

use std::fs;

use stateproof::history::{Event, Foreseen, History, Record};
use stateproof::plan::Promise;
use stateproof::report::{Style, render};
use stateproof::verdict::judge;
use stateproof::workload::WorkloadId;

/// A history in which an acknowledged row was lost, with what lint had found before.
fn history(findings: Vec<Foreseen>) -> History {
    let lines = fs::read_to_string("fixtures/histories/lost-row.jsonl").unwrap();
    let mut history = History::parse(&lines).unwrap();
    let linted = Record {
        event: Event::Linted { findings },
        ..history.records[0].clone()
    };
    history.records.insert(1, linted);
    for (seq, record) in (0..).zip(&mut history.records) {
        record.seq = seq;
    }
    // As it is read back: the event is part of the format.
    History::parse(&history.to_json_lines().unwrap()).unwrap()
}

fn uncovered(workload: &str, foresees: Promise) -> Foreseen {
    Foreseen {
        rule: "SP003".to_owned(),
        title: "the data directory is not on a claim".to_owned(),
        message: "StatefulSet postgresql-prod/postgres: …".to_owned(),
        place: "k8s/statefulset.yaml:30".to_owned(),
        workload: Some(WorkloadId {
            namespace: "postgresql-prod".to_owned(),
            name: workload.to_owned(),
        }),
        foresees: vec![foresees],
    }
}

#[test]
fn a_violation_names_the_rule_that_foresaw_it() {
    let verdict = judge(&history(vec![uncovered("postgres", Promise::Durability)]));
    let evidence = |promise| {
        let of_promise = verdict.promises.iter().find(|verdict| verdict.promise == promise);
        of_promise.unwrap().evidence.join("; ")
    };
    assert!(
        evidence(Promise::Durability)
            .ends_with("SP003 foresaw this (k8s/statefulset.yaml:30): the data directory is not on a claim"),
        "{}",
        evidence(Promise::Durability)
    );
    assert!(!evidence(Promise::Identity).contains("SP003"));
    assert!(render(&verdict, &Style::default()).contains("SP003 foresaw this"));
}

#[test]
fn what_is_of_another_promise_or_workload_foresaw_nothing() {
    for finding in [
        uncovered("postgres", Promise::Roles),
        uncovered("postgres", Promise::Identity),
        uncovered("mysql", Promise::Durability),
    ] {
        let verdict = judge(&history(vec![finding]));
        assert!(!render(&verdict, &Style::default()).contains("SP003"));
    }
    let plain = History::parse(&fs::read_to_string("fixtures/histories/lost-row.jsonl").unwrap()).unwrap();
    assert_eq!(judge(&history(Vec::new())).promises, judge(&plain).promises);
}
