//! What a fault was to meet and did not: the verdict stands, and the report says so.

use stateproof::history::{Event, WriteFate};
use stateproof::plan::{Drill, Outcome};
use stateproof::report::{Style, render, summary};
use stateproof::verdict::judge;

use crate::document::DRILLS;
use crate::tape::{Rows, Tape};

/// The warnings of a run that is Held all the same.
#[track_caller]
fn warnings(tape: &Tape) -> Vec<String> {
    let verdict = judge(&tape.history());
    assert_eq!(verdict.outcome, Outcome::Held, "{:#?}", verdict.promises);
    let text = render(&verdict, &Style::default()).replace("\n  ", " ");
    for warning in &verdict.warnings {
        assert!(text.contains(warning.as_str()), "{warning} is not in {text}");
        assert!(summary(&verdict).contains(warning.as_str()), "{warning}");
    }
    verdict.warnings
}

/// So many rows acknowledged before the fault, and those after it of the good run.
fn before(rows: u64) -> Rows {
    let good = Rows::default();
    let there = |key: &u64| *key <= rows || *key > 100;
    Rows {
        before: good.before.into_iter().filter(|(key, _)| there(key)).collect(),
        read: good.read.into_iter().filter(there).collect(),
        ..good
    }
}

/// `delete-claim`, in which nobody writes when the claim goes, is among them.
#[test]
fn a_fault_that_met_what_was_planned_warns_of_nothing() {
    assert!(DRILLS.contains(&Drill::DeleteClaim));
    assert_eq!(warnings(&Tape::of(&DRILLS)), [""; 0]);
    assert_eq!(warnings(&Tape::with(&[Drill::LosePod], &before(100))), [""; 0]);
}

#[test]
fn a_fault_that_met_no_row_under_way_is_told() {
    // Answered before the fault was begun.
    let early = Tape::of(&[Drill::LosePod]).changed(|event| {
        if let Event::Wrote { outcomes, .. } = event {
            for outcome in outcomes {
                if matches!(outcome.fate, WriteFate::Unknown(_)) {
                    outcome.done_us = outcome.sent_us;
                }
            }
        }
    });
    assert_eq!(
        warnings(&early),
        [
            "postgresql-prod/postgres/lose-pod: no row was in flight when the fault was begun: it met none that was under \
             way"
        ]
    );
}

#[test]
fn a_fault_that_met_fewer_rows_than_planned_is_told() {
    assert_eq!(
        warnings(&Tape::with(&[Drill::LosePod], &before(99))),
        [
            "postgresql-prod/postgres/lose-pod: fewer than 100 rows were acknowledged before the fault, namely 99: it had \
             less to destroy"
        ]
    );
}
