//! Two states beside each other.

use std::sync::Arc;

use stateproof::history::Event;
use stateproof::plan::{Drill, Promise};
use stateproof::report::{Change, Comparison};
use stateproof::verdict::{Verdict, judge};

use crate::tape::{Rows, Tape};

fn held() -> Verdict {
    judge(&Tape::of(&[Drill::LosePod]).history())
}

fn lost() -> Verdict {
    let rows = Rows {
        read: (11..=205).collect(),
        ..Rows::default()
    };
    judge(&Tape::with(&[Drill::LosePod], &rows).history())
}

fn change(comparison: &Comparison, promise: Promise) -> Change {
    let found = comparison.promises.iter().find(|one| one.promise == promise);
    found.unwrap().change()
}

#[test]
fn the_same_is_not_worse() {
    let comparison = Comparison::of(&[held()], &[held(), held()]);
    assert!(!comparison.is_worse());
    let text = comparison.to_string();
    assert!(!text.contains("that changed"), "{text}");
    assert!(
        text.contains("Not worse: of 5 promises 0 got worse, 0 better, 5 stayed"),
        "{text}"
    );
}

#[test]
fn one_bad_run_of_several_is_worse() {
    let comparison = Comparison::of(&[held(), held()], &[held(), lost(), held()]);
    assert!(comparison.is_worse());
    assert_eq!(change(&comparison, Promise::Durability), Change::Worse);
    assert_eq!(change(&comparison, Promise::Identity), Change::Same);
    let text = comparison.to_string();
    assert!(
        text.contains("durability: Held in 2 of 2 → Violated in 1 of 3"),
        "{text}"
    );
    assert!(
        !Comparison::of(&[lost()], &[held()]).is_worse(),
        "the other way round it is better"
    );
}

#[test]
fn what_is_not_shown_any_more_is_worse() {
    let is_read = |event: &Event| matches!(event, Event::Read { .. });
    let failed = judge(
        &Tape::of(&[Drill::LosePod])
            .failed_at(Drill::LosePod, is_read)
            .history(),
    );
    let comparison = Comparison::of(&[held()], &[failed]);
    assert_eq!(change(&comparison, Promise::Durability), Change::Worse);
    let other = judge(&Tape::of(&[Drill::DeleteStatefulset]).history());
    let comparison = Comparison::of(&[held()], &[other]);
    assert_eq!(change(&comparison, Promise::Address), Change::Worse);
    assert!(
        comparison.to_string().contains("address: Held → not checked"),
        "{comparison}"
    );
    assert_eq!(change(&comparison, Promise::Retention), Change::Better);
}

#[test]
fn times_are_spread_over_the_runs() {
    let slower = |by: u64| {
        let mut tape = Tape::of(&[Drill::LosePod]);
        let fault = tape
            .events
            .iter()
            .position(|(_, event)| matches!(event, Event::Gone { .. }))
            .unwrap();
        for (at_us, event) in &mut tape.events[fault..] {
            *at_us += by;
            if let Event::Wrote { outcomes, .. } = event {
                for outcome in outcomes {
                    outcome.sent_us += by;
                    outcome.done_us += by;
                }
            }
        }
        judge(&tape.history())
    };
    let old = [slower(0), slower(1_000_000), slower(5_000_000)];
    let new = [slower(2_000_000)];
    let comparison = Comparison::of(&old, &new);
    let gone = comparison
        .times
        .iter()
        .find(|time| time.step == "pod gone")
        .unwrap();
    let (old, new) = (gone.old.unwrap(), gone.new.unwrap());
    assert_eq!(
        (old.median - old.min, old.max - old.min, old.count),
        (1_000_000, 5_000_000, 3)
    );
    assert_eq!((new.median - old.median, new.count), (1_000_000, 1));
    let text = comparison.to_string();
    assert!(
        text.contains("min median max of 3") && text.contains("+1.00"),
        "{text}"
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!comparison.is_worse(), "times alone are not");
}

/// What names no namespace gets one of the run's own.
#[test]
fn the_namespace_of_a_run_counts_as_one() {
    let of_run = |namespace: &str| {
        let mut verdict = held();
        for promise in &mut verdict.promises {
            namespace.clone_into(&mut Arc::make_mut(&mut promise.drill.workload).namespace);
        }
        verdict
    };
    let same = Comparison::of(
        &[of_run("stateproof-1a1ff09a3f1-c70")],
        &[of_run("stateproof-1a1ff0aaaaa-d1")],
    );
    assert_eq!(same.promises.len(), 5);
    let other = Comparison::of(&[of_run("stateproof-prod")], &[of_run("stateproof-test")]);
    assert_eq!(other.promises.len(), 10);
}
