//! The run as a whole.

use stateproof::history::{Event, History};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::verdict::{Verdict, judge};

use super::checks::{check, fixture, lose_pod};
use crate::document::{DRILLS, id};
use crate::tape::{Rows, Tape};

#[test]
fn a_good_run_holds_as_a_whole() {
    let verdict = judge(&Tape::of(&DRILLS).history());
    let failed: Vec<_> = verdict.failed().collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!((verdict.outcome, verdict.shortfalls.len()), (Outcome::Held, 0));
    assert_eq!(verdict.promises.len(), 17);
    assert_eq!(
        (verdict.rows.len(), verdict.recovery.len(), verdict.overlaps.len()),
        (4, 4, 1)
    );
}

#[test]
fn the_same_history_gives_the_same_verdict_read_back() {
    let history = Tape::of(&DRILLS).history();
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
        ("negative-control", Outcome::Held),
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

#[test]
fn without_a_promise_nothing_is_held() {
    let tape = lose_pod().changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            plans[0].drills[0].expectations.clear();
        }
    });
    let verdict = judge(&tape.history());
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    assert_eq!(
        verdict.shortfalls,
        ["postgresql-prod/postgres/lose-pod promises nothing"]
    );

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
    let tape = tape
        .without(|event| matches!(event, Event::DrillStarted { drill } if drill.drill == Drill::ForceDelete));
    let verdict = judge(&tape.history());
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    for promise in &verdict.promises {
        let expected = if promise.drill.drill == Drill::LosePod {
            Outcome::Held
        } else {
            Outcome::Inconclusive
        };
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
fn a_workload_that_did_not_come_up_is_inconclusive_and_its_cause_is_told_once() {
    let tape = lose_pod().changed(|event| {
        if let Event::DrillStarted { drill } = event {
            *event = Event::NotUp {
                workload: (*drill.workload).clone(),
                error: vec!["Pod postgres-0 is not Ready".into(), "no such image".into()],
            };
        }
    });
    let tape = tape.without(|event| matches!(event, Event::DrillEnded { .. }));
    let verdict = judge(&tape.history());
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    for promise in &verdict.promises {
        assert_eq!(promise.observed, Outcome::Inconclusive);
        assert_eq!(promise.evidence, ["the workload did not come up"]);
    }
    let report = render(&verdict, &Style::default());
    assert_eq!(report.matches("no such image").count(), 1, "{report}");
    assert!(report.contains("because no such image"), "{report}");
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
        assert!(
            promise.evidence[0].ends_with("was not Ready within 60 s"),
            "{:?}",
            promise.evidence
        );
    }
    assert_eq!(verdict.failures.len(), 1);
    assert_eq!(
        verdict.failures[0].error.last().map(String::as_str),
        Some("no node fits")
    );
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
    check(
        &tape,
        Promise::Durability,
        Outcome::Violated,
        &["lost 1 acknowledged row: 1", "tunnel"],
    );
    check(&tape, Promise::Identity, Outcome::Inconclusive, &["tunnel"]);
}

#[test]
fn a_negative_control_that_was_not_carried_through_is_no_pass() {
    let tape = Tape::of(&[Drill::DeleteClaim]).changed(|event| {
        if let Event::DrillEnded { error, .. } = event {
            error.push("the tunnel was lost".into());
        }
    });
    check(
        &tape,
        Promise::Durability,
        Outcome::Inconclusive,
        &["tunnel", "seen all the same: lost 100"],
    );
}
