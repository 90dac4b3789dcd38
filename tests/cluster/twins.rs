//! The negative twins: broken variants that must come out as broken.

use stateproof::history::{Event, Foreseen};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};

use crate::support::{assert_promise, prove};

/// The document's StatefulSet with an emptyDir in place of the claim: the rows are gone with the pod, and named. The rule
/// that foresaw it was asked before anything was applied.
#[test]
fn without_the_volume_the_rows_are_lost_and_named() {
    let drill = Drill::LosePod;
    let proven = prove("wealist-postgres-no-volume", &[drill]);
    assert_promise(
        &proven,
        drill,
        Promise::Durability,
        Outcome::Violated,
        &["lost", "acknowledged rows: 1-", "SP003 foresaw this"],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
    let rows = proven
        .verdict
        .rows
        .iter()
        .find(|rows| rows.drill.drill == drill)
        .unwrap();
    assert!(
        rows.lost.iter().take(100).eq(1..=100),
        "the first 100 rows were written before the fault: {}",
        rows.lost
    );
    let records = &proven.history.records;
    let first = |wanted: fn(&Event) -> bool| records.iter().position(|record| wanted(&record.event));
    let linted = first(|event| matches!(event, Event::Linted { .. })).unwrap();
    assert!(linted < first(|event| matches!(event, Event::Applied { .. })).unwrap());
    let Event::Linted { findings } = &records[linted].event else {
        unreachable!("it was looked for");
    };
    let workload = &proven.verdict.promises[0].drill.workload;
    let foresaw =
        |finding: &&Foreseen| finding.rule == "SP003" && finding.workload.as_ref() == Some(&**workload);
    let found = findings.iter().find(foresaw).unwrap();
    assert!(found.foresees.contains(&Promise::Durability), "{found:?}");
}

/// A fault that the API server refuses did not happen: nothing about it is Held, whatever else looks well.
#[test]
fn a_fault_that_did_not_happen_is_inconclusive() {
    let proven = prove("bad/deletion-denied", &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Inconclusive);
    for promise in &proven.verdict.promises {
        assert_eq!(
            promise.observed,
            Outcome::Inconclusive,
            "{}: {:?}",
            promise.promise,
            promise.evidence
        );
    }
    let report = render(&proven.verdict, &Style::default());
    assert!(
        report.contains("denied"),
        "the report does not say why:\n{report}"
    );
}
