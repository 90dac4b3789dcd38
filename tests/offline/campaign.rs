//! Many runs counted: faults proven, rows lost, what was in flight, how long recoveries took, and what is still to do.

use std::fs;
use std::path::Path;
use std::process::Command;

use stateproof::history::{Event, History, Keys};
use stateproof::plan::{Drill, Rounds};
use stateproof::report::{Campaign, Count};
use stateproof::verdict::judge;
use stateproof::workload::EngineKind;

use crate::tape::{Rows, Tape};

const DRILLS: [Drill; 2] = [Drill::LosePod, Drill::ForceDelete];

fn tape() -> Tape {
    let rounds = Rounds::asked(Some(15), None, Some(7)).unwrap();
    Tape::rounds(&DRILLS, rounds, 15)
}

fn campaign(histories: &[History]) -> Campaign {
    let runs = histories.iter();
    Campaign::of(runs.map(|history| (history.records[0].wall, judge(history))))
}

fn lose_pod(campaign: &Campaign) -> &Count {
    &campaign.lines[&EngineKind::PostgreSql][&Drill::LosePod]
}

#[test]
fn every_round_of_every_run_counts() {
    let campaign = campaign(&[tape().history(), tape().history()]);
    let count = lose_pod(&campaign);
    assert_eq!((count.faults, count.proven, count.accounts), (30, 30, 30));
    assert_eq!((count.lost, count.phantom, count.corrupt), (0, 0, 0));
    assert_eq!(count.acknowledged, 30 * 204);
    assert_eq!((count.recovery.len(), count.before.len()), (30, 30));
    assert!(campaign.failed.is_empty(), "{:?}", campaign.failed);
    let missing = campaign.missing();
    assert!(
        !missing
            .iter()
            .any(|line| line.starts_with("PostgreSQL, lose-pod"))
    );
    assert!(
        missing.contains(&"PostgreSQL, force-delete: 30 of 50".to_owned()),
        "{missing:?}"
    );
    assert!(
        missing.contains(&"MySQL, crash: 0 of 100".to_owned()),
        "{missing:?}"
    );
    let text = campaign.to_string();
    assert!(
        text.contains("| PostgreSQL | lose-pod | 30 of 30 | 100 % | 6120 | 0 | 0 | 0 | 100 |"),
        "{text}"
    );
    assert!(text.contains("2 runs, begun from 2026-11-21 10:00 UTC"), "{text}");
}

/// A night's histories are too large to keep: what was counted in them is kept, and counts for as much.
#[test]
fn what_is_kept_of_a_run_counts_as_its_history_does() {
    let history = tape().history();
    let whole = campaign(&[history.clone(), history.clone()]);
    let kept = serde_json::to_string(&campaign(&[history])).unwrap();
    let mut merged = Campaign::default();
    for _ in 0..2 {
        merged.merge(serde_json::from_str(&kept).unwrap());
    }
    assert_eq!(merged, whole);
    merged.machines = vec!["two cores".to_owned()];
    let mut twice = merged.clone();
    twice.merge(merged);
    assert_eq!(twice.machines, ["two cores"]);
    assert_eq!(lose_pod(&twice).proven, 60);
    assert!(twice.to_string().contains("Machine: two cores.\n"), "{twice}");
}

/// The page is made of the counts beside it, and of all of them.
#[test]
fn the_page_is_what_the_kept_counts_come_to() {
    let counted = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(["campaign", "docs/campaign"])
        .output()
        .unwrap();
    assert!(counted.status.success(), "{counted:?}");
    let counted = String::from_utf8(counted.stdout).unwrap();
    let page = fs::read_to_string("docs/campaign.md").unwrap();
    assert!(
        !counted.is_empty() && page.ends_with(&counted),
        "run scripts/campaign"
    );
}

/// What the script does not understand it refuses, before it builds or makes anything.
#[test]
fn the_script_says_how_it_is_used() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/campaign");
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("campaign");
    let named = state.to_str().unwrap();
    for wrong in [
        &[][..],
        &["--hours", "1"],
        &[named, "--hours"],
        &[named, "--faults", "3"],
    ] {
        let run = Command::new(&script).args(wrong).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{wrong:?}: {said}");
        assert!(
            said.starts_with("usage: scripts/campaign STATE"),
            "{wrong:?}: {said}"
        );
    }
    assert!(!state.exists());
}

/// The twins: a row that is gone, one that nobody wrote, and a fault that did not happen are counted as such.
#[test]
fn what_went_wrong_is_counted_and_said() {
    let lost = tape().changed(|event| {
        if let Event::Read { drill, keys, .. } = event
            && (drill.drill, drill.round) == (Drill::LosePod, 9)
        {
            *keys = keys.difference(&[42].into_iter().collect::<Keys>());
            *keys = keys.union(&[9_999].into_iter().collect());
        }
    });
    let counted = campaign(&[lost.history()]);
    let count = lose_pod(&counted);
    assert_eq!((count.lost, count.phantom), (1, 1));
    assert_eq!(counted.failed.len(), 1);
    assert!(
        counted.failed[0].contains("lose-pod, round 9, durability: Violated"),
        "{:?}",
        counted.failed
    );

    let unproven = tape().without(|event| {
        matches!(event, Event::FaultBegun { drill, .. } if (drill.drill, drill.round) == (Drill::LosePod, 9))
    });
    let counted = campaign(&[unproven.history()]);
    let count = lose_pod(&counted);
    assert_eq!((count.faults, count.proven), (15, 14));
    assert!(
        counted
            .missing()
            .contains(&"PostgreSQL, lose-pod: 14 of 30".to_owned())
    );
    assert!(counted.to_string().contains("| 15 of 30 | 93 % |"), "{counted}");
}

#[test]
fn a_row_that_was_under_way_when_the_fault_began_was_in_flight() {
    let tape = Tape::with(&[Drill::LosePod], &Rows::default());
    let fault_us = tape
        .events
        .iter()
        .find_map(|(us, event)| matches!(event, Event::FaultBegun { .. }).then_some(*us))
        .unwrap();
    let under_way = |keys: std::ops::RangeInclusive<u64>| {
        tape.clone().changed(move |event| {
            if let Event::Wrote { outcomes, .. } = event {
                for outcome in outcomes.iter_mut().filter(|outcome| keys.contains(&outcome.key)) {
                    (outcome.sent_us, outcome.done_us) = (fault_us - 1, fault_us + 1);
                }
            }
        })
    };
    let durability = |tape: &Tape| {
        let verdict = judge(&tape.history());
        let promise = verdict
            .promises
            .into_iter()
            .find(|promise| promise.promise.to_string() == "durability");
        (
            verdict.rows[0].in_flight.to_string(),
            promise.unwrap().evidence.join("; "),
        )
    };
    let (keys, evidence) = durability(&under_way(101..=103));
    assert_eq!(keys, "101-103");
    assert!(
        evidence.contains("3 in flight when the fault was begun"),
        "{evidence}"
    );
    // One that was answered in time was not.
    let answered = tape.clone().changed(|event| {
        if let Event::Wrote { outcomes, .. } = event {
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.key <= 100) {
                (outcome.sent_us, outcome.done_us) = (fault_us - 2, fault_us - 1);
            }
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.key > 100) {
                (outcome.sent_us, outcome.done_us) = (fault_us + 1, fault_us + 2);
            }
        }
    });
    let (keys, evidence) = durability(&answered);
    assert_eq!(keys, "");
    assert!(
        evidence.contains("none in flight when the fault was begun"),
        "{evidence}"
    );
}

/// 100 rows in a tenth of a second on one connection, 104 in as long on the next: the gap between them does not count.
#[test]
fn the_rate_is_that_of_the_connections() {
    let tape = Tape::with(&[Drill::LosePod], &Rows::default());
    let spaced = tape.changed(|event| {
        if let Event::Wrote { outcomes, .. } = event {
            let begun = outcomes[0].sent_us;
            for (outcome, place) in outcomes.iter_mut().zip(0..) {
                (outcome.sent_us, outcome.done_us) = (begun + place * 1_000, begun + (place + 1) * 1_000);
            }
        }
    });
    let verdict = judge(&spaced.history());
    assert_eq!(verdict.rows[0].rows_per_second, Some(1_000));
}
