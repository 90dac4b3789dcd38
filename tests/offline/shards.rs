//! A suite split into shares, and the shares made one again.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use proptest::prelude::*;
use stateproof::history::{DrillId, Event, History, Sharded, SuiteDrill};
use stateproof::plan::{Drill, Outcome, Plan, Shard};
use stateproof::run::{RunError, Verification};
use stateproof::verdict::{MergeError, judge, merge};

use crate::document::id;
use crate::tape::Tape;

const DRILLS: [Drill; 3] = [Drill::LosePod, Drill::ForceDelete, Drill::DeleteClaim];

fn shard(index: u32, of: u32) -> Shard {
    format!("{index}/{of}").parse().unwrap()
}

fn drills_of(plans: &[Plan]) -> Vec<DrillId> {
    let drills = plans.iter().flat_map(|plan| {
        let workload = Arc::new(plan.workload.id());
        plan.drills.iter().map(move |planned| DrillId {
            workload: workload.clone(),
            drill: planned.drill,
            round: 0,
        })
    });
    drills.collect()
}

proptest! {
    /// Whatever the sets, the drills and the number of shares: every drill is in exactly one share, in its order, the
    /// same whoever asks, and no share is empty while another has two drills.
    #[test]
    fn every_drill_is_in_exactly_one_share(
        sets in proptest::sample::subsequence(
            vec!["wealist-postgres", "wealist-postgres-three-replicas", "db-mysql-pdb", "sfs-nginx/volume"], 1..=4),
        skip in proptest::sample::subsequence(Drill::ALL.to_vec(), 0..6),
        of in 1_u32..40,
    ) {
        let inputs = sets.iter().map(|set| crate::fixtures::fixture(set));
        let plans = Verification::of(inputs).skip(&skip).plan().unwrap();
        let whole = drills_of(&plans);
        let shares: Vec<Vec<DrillId>> = (1..=of).map(|index| drills_of(&shard(index, of).take(plans.clone()))).collect();
        let again: Vec<_> = (1..=of).map(|index| drills_of(&shard(index, of).take(plans.clone()))).collect();
        prop_assert_eq!(&shares, &again);
        let mut together: Vec<_> = shares.iter().flatten().cloned().collect();
        prop_assert_eq!(together.len(), whole.len());
        let place = |drill: &DrillId| whole.iter().position(|one| one == drill);
        for share in &shares {
            prop_assert!(share.is_sorted_by_key(place));
        }
        together.sort_by_key(place);
        prop_assert_eq!(&together, &whole);
        let most = shares.iter().map(Vec::len).max().unwrap();
        prop_assert!(most <= 1 || shares.iter().all(|share| !share.is_empty()));
    }
}

/// The workloads that are in no share's drills stay in its plan, and it says whose the drills are.
#[test]
fn what_another_share_does_is_said() {
    let verification = Verification::of([crate::fixtures::fixture("wealist-postgres")]);
    let plans = verification.clone().shard(shard(1, 2)).plan().unwrap();
    let reasons: BTreeSet<_> = plans[0].left_out.iter().map(|one| one.reason.as_str()).collect();
    assert!(reasons.contains("it belongs to shard 2 of 2"), "{reasons:?}");
    let repeated = verification.clone().shard(shard(1, 2)).repeat(3).plan();
    assert!(
        matches!(repeated, Err(RunError::RepeatedShard { .. })),
        "{repeated:?}"
    );
    let refused = verification.shard(shard(40, 40)).plan();
    assert!(matches!(refused, Err(RunError::EmptyShard { .. })), "{refused:?}");
}

/// A share of the three drills with these of them, as its run would record it.
fn share(index: u32, of: u32, drills: &[Drill], namespace: &str) -> Tape {
    let suite = DRILLS.iter().zip(1..).map(|(drill, place)| SuiteDrill {
        drill: id(*drill),
        shard: (place - 1) % of + 1,
    });
    let mut tape = Tape::of(drills);
    let sharded = Sharded {
        index,
        of,
        namespace: namespace.to_owned(),
        suite: suite.collect(),
    };
    tape.events.insert(1, (0, Event::Sharded(sharded)));
    tape
}

/// Three shares of a drill each.
fn three() -> [Tape; 3] {
    [1, 2, 3].map(|index| {
        share(
            index,
            3,
            &DRILLS[index as usize - 1..index as usize],
            "stateproof-1-1",
        )
    })
}

fn histories(tapes: &[Tape]) -> Vec<History> {
    tapes.iter().map(Tape::history).collect()
}

/// In whatever order they come, the shares give the promises of the whole run, with the same outcomes.
#[test]
fn shares_come_to_what_the_whole_comes_to() {
    let whole = judge(&Tape::of(&DRILLS).history());
    let mut shares = histories(&three());
    shares.rotate_left(1);
    let merged = merge(&shares).unwrap();
    let outcomes = |verdict: &stateproof::verdict::Verdict| {
        let promises = verdict.promises.iter();
        let outcomes = promises.map(|one| (one.drill.clone(), one.promise, one.outcome()));
        outcomes.collect::<Vec<_>>()
    };
    assert_eq!(outcomes(&merged.verdict), outcomes(&whole));
    assert_eq!(
        merged.verdict.outcome,
        Outcome::Held,
        "{:?}",
        merged.verdict.shortfalls
    );
    assert_eq!(merged.verdict.rows.len(), whole.rows.len());
    assert_eq!(merged.parts.len(), 3);
}

/// Only all of them are Held: a share that is missing is said, with its drills.
#[test]
fn a_missing_share_is_inconclusive() {
    let mut shares = histories(&three());
    shares.remove(1);
    let merged = merge(&shares).unwrap();
    assert_eq!(merged.verdict.outcome, Outcome::Inconclusive);
    assert_eq!(
        merged.verdict.shortfalls,
        ["shard 2 of 3 is missing, with its drills: postgresql-prod/postgres/force-delete"]
    );
}

/// One that was interrupted makes the whole Inconclusive, one that is violated Violated.
#[test]
fn the_worst_share_decides() {
    let mut shares = histories(&three());
    shares[2].records.pop();
    let merged = merge(&shares).unwrap();
    assert_eq!(merged.verdict.outcome, Outcome::Inconclusive);
    assert!(
        merged.verdict.shortfalls[0].starts_with("shard 3 of 3: the history does not end"),
        "{:?}",
        merged.verdict.shortfalls
    );
    let lost = three()[0].clone().changed(|event| {
        if let Event::Read { keys, .. } = event {
            *keys = (2..=205).collect();
        }
    });
    let shares = [lost, three()[1].clone(), three()[2].clone()];
    let merged = merge(&histories(&shares)).unwrap();
    assert_eq!(merged.verdict.outcome, Outcome::Violated);
}

/// Every run has a namespace of its own for what names none: it is one and the same workload all the same.
#[test]
fn the_runs_own_namespaces_are_one() {
    let renamed = |tape: &Tape, namespace: &str| {
        let lines = tape.history().to_json_lines().unwrap();
        let lines = lines.replace("postgresql-prod", namespace);
        History::parse(&lines.replace("stateproof-1-1", namespace)).unwrap()
    };
    let namespaces = ["stateproof-a-1", "stateproof-b-2", "stateproof-c-3"];
    let shares: Vec<_> = three()
        .iter()
        .zip(namespaces)
        .map(|(tape, namespace)| renamed(tape, namespace))
        .collect();
    let merged = merge(&shares).unwrap();
    assert_eq!(
        merged.verdict.outcome,
        Outcome::Held,
        "{:?}",
        merged.verdict.shortfalls
    );
    let namespaces: BTreeSet<_> = merged
        .verdict
        .promises
        .iter()
        .map(|one| &one.drill.workload.namespace)
        .collect();
    assert_eq!(namespaces.into_iter().collect::<Vec<_>>(), ["stateproof-a-1"]);
}

/// What is no share, of another set, split otherwise or there twice is refused.
#[test]
fn what_does_not_belong_together_is_refused() {
    let [one, two, three] = three();
    assert_eq!(merge(&[]).unwrap_err(), MergeError::Nothing);
    let whole = Tape::of(&DRILLS).history();
    assert_eq!(
        merge(&[one.history(), whole]).unwrap_err(),
        MergeError::NoShard { position: 2 }
    );
    assert_eq!(
        merge(&[one.history(), three.history(), one.history()]).unwrap_err(),
        MergeError::Twice { index: 1 }
    );
    let other_set = two.clone().changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            plans[0].workload.engine.image = "postgres:15".into();
        }
    });
    let other_name = two.clone().changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            plans[0].workload.name = "orders".into();
        }
    });
    let other_split = two.clone().changed(|event| {
        if let Event::Sharded(sharded) = event {
            sharded.suite[0].shard = 2;
        }
    });
    let other_number = share(2, 2, &DRILLS[1..2], "stateproof-1-1");
    for (other, what) in [
        (other_set, "postgresql-prod/postgres is declared otherwise"),
        (
            other_name,
            "it has postgresql-prod/orders, not postgresql-prod/postgres",
        ),
        (other_split, "the drills are others, or split otherwise"),
        (other_number, "it is one of 2 shards, not of 3"),
    ] {
        let refused = merge(&[one.history(), other.history()]).unwrap_err();
        assert_eq!(
            refused,
            MergeError::Differs {
                position: 2,
                what: what.to_owned()
            }
        );
    }
    // The same set from another directory is the same set.
    let elsewhere = two.changed(|event| {
        if let Event::RunStarted { plans, .. } = event {
            plans[0].workload.declared_at = "/builds/7/k8s/postgres.yaml:3".into();
        }
    });
    assert!(merge(&[one.history(), elsewhere.history()]).is_ok());
}

/// The command takes files and report directories, writes one report, and ends by the verdict.
#[test]
fn the_command_merges_files_and_directories() {
    let directory = tempfile::tempdir().unwrap();
    let paths: Vec<_> = three()
        .iter()
        .zip(1..)
        .map(|(tape, index)| {
            let report = directory.path().join(format!("shard-{index}"));
            std::fs::create_dir(&report).unwrap();
            let file = report.join("run.jsonl");
            std::fs::write(&file, tape.history().to_json_lines().unwrap()).unwrap();
            if index == 1 { file } else { report }
        })
        .collect();
    let out = directory.path().join("all");
    let merge = |runs: &[std::path::PathBuf]| {
        Command::new(env!("CARGO_BIN_EXE_stateproof"))
            .arg("merge")
            .args(runs)
            .arg("--report")
            .arg(&out)
            .output()
            .unwrap()
    };
    let merged = merge(&paths);
    let text = String::from_utf8(merged.stdout).unwrap();
    assert_eq!(merged.status.code(), Some(0), "{text}");
    for drill in DRILLS {
        assert!(text.contains(&format!("postgres/{drill}")), "{text}");
    }
    for file in [
        "report.json",
        "junit.xml",
        "summary.md",
        "shard-1.html",
        "shard-2.html",
        "shard-3.html",
    ] {
        let written = std::fs::read_to_string(out.join(file)).unwrap();
        assert!(written.contains("postgres"), "{file}");
    }
    let junit = std::fs::read_to_string(out.join("junit.xml")).unwrap();
    assert_eq!(junit.matches("<testsuite ").count(), 3, "{junit}");
    let two = merge(&paths[..2]);
    assert_eq!(two.status.code(), Some(3));
    let none = merge(&[directory.path().join("none")]);
    assert_eq!(none.status.code(), Some(2));
}
