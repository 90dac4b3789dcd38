//! What histories of a Deployment come to.

use stateproof::history::{Event, Fault, TaskChange};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::verdict::{Measured, judge};

use super::manifests::{ROLLING, THREE};
use super::tape::{Script, deployment, name, pod};
use crate::document::container;
use crate::tape::Tape;
use crate::verdict::checks::{check, is_gone};

/// The pod's process ends before the next one's starts.
fn apart() -> Tape {
    let script = Script::of(Drill::LosePod, &[]).starts(1).ready(1).begin();
    let script = script.fault(Fault::DeletePod, pod(1)).goes(1);
    script.starts(2).ready(2).finish(2)
}

/// The next one's starts first: a ReplicaSet does not wait for a pod that is being deleted.
fn overlapping() -> Tape {
    let script = Script::of(Drill::LosePod, &[]).starts(1).ready(1).begin();
    let script = script.fault(Fault::DeletePod, pod(1)).starts(2).goes(1);
    script.ready(2).finish(2)
}

/// A rollout and its undoing, by either strategy.
fn rollout(rolling: bool) -> Tape {
    let replacements: &[_] = if rolling { &[ROLLING] } else { &[] };
    let mut script = Script::of(Drill::Rollout, replacements)
        .starts(1)
        .ready(1)
        .begin();
    for (fault, old, new) in [(Fault::Restart, 1, 2), (Fault::Undo, 2, 3)] {
        script = script.fault(fault, deployment());
        script = if rolling {
            script.starts(new).ready(new).told_to_go(old).goes(old)
        } else {
            script.goes(old).starts(new).ready(new)
        };
    }
    script.finish(3)
}

fn is_task(event: &Event, number: u32, change: TaskChange) -> bool {
    matches!(event, Event::NodeTask(task) if task.container == container(number) && task.change == change)
}

#[test]
fn every_promise_holds_where_one_server_follows_the_other() {
    let verdict = judge(&apart().history());
    assert_eq!(verdict.outcome, Outcome::Held, "{:#?}", verdict.promises);
    let promises: Vec<_> = verdict.promises.iter().map(|promise| promise.promise).collect();
    assert_eq!(
        promises,
        [
            Promise::Storage,
            Promise::Durability,
            Promise::Recovery,
            Promise::Exclusivity
        ]
    );
}

#[test]
fn the_random_names_are_shown() {
    let verdict = judge(&apart().history());
    let names = format!(
        "{} went, {} came: a Deployment's pods have no stable names",
        name(1),
        name(2)
    );
    assert_eq!(verdict.warnings, [format!("prod/postgres/lose-pod: {names}")]);
    check(&apart(), Promise::Recovery, Outcome::Held, &[&name(2)]);
}

#[test]
fn one_server_after_the_other_is_exclusive() {
    let words = [
        "claim data: 2 server processes, one after the other",
        "0.20 s or more",
    ];
    check(&apart(), Promise::Exclusivity, Outcome::Held, &words);
}

#[test]
fn two_at_once_are_counted_named_and_timed_by_the_node() {
    let words = [
        "claim data: 2 server processes at once",
        &name(1),
        &name(2),
        "more than one for 0.20 s",
    ];
    check(&overlapping(), Promise::Exclusivity, Outcome::Violated, &words);
}

#[test]
fn the_strategy_decides_whether_a_rollout_is_exclusive() {
    check(
        &rollout(false),
        Promise::Exclusivity,
        Outcome::Held,
        &["3 server processes, one after"],
    );
    let words = ["2 server processes at once", "more than one for 0.80 s"];
    check(&rollout(true), Promise::Exclusivity, Outcome::Violated, &words);
}

#[test]
fn the_last_pod_to_be_made_is_the_new_one_whatever_is_said_of_the_old_ones() {
    check(
        &rollout(true),
        Promise::Recovery,
        Outcome::Held,
        &[&name(3), "first row acknowledged"],
    );
}

#[test]
fn three_on_one_claim_are_counted_though_none_of_them_ever_ends() {
    let script = Script::of(Drill::LosePod, &[THREE]);
    let script = script
        .starts(1)
        .ready(1)
        .starts(2)
        .ready(2)
        .starts(3)
        .ready(3)
        .begin();
    let script = script.fault(Fault::DeletePod, pod(1)).goes(1).starts(4).ready(4);
    let words = ["3 server processes at once", &name(1), &name(2), &name(3)];
    // The Service leads to one that stayed.
    let tape = script.finish(3);
    check(&tape, Promise::Exclusivity, Outcome::Violated, &words);
    check(
        &tape,
        Promise::Recovery,
        Outcome::Held,
        &["by whichever pod its Service led to"],
    );
}

#[test]
fn what_ran_at_once_before_the_drill_is_not_held_against_it() {
    let script = Script::of(Drill::LosePod, &[])
        .starts(9)
        .starts(1)
        .goes(9)
        .ready(1)
        .begin();
    let script = script.fault(Fault::DeletePod, pod(1)).goes(1).starts(2).ready(2);
    check(
        &script.finish(2),
        Promise::Exclusivity,
        Outcome::Held,
        &["2 server processes"],
    );
}

#[test]
fn servers_on_claims_of_their_own_do_not_meet() {
    let mut number = 0;
    let tape = overlapping().changed(|event| {
        if let Event::Observed {
            object,
            state: stateproof::history::ObjectState::Pod(state),
            ..
        } = event
            && *object == pod(2)
        {
            number += 1;
            state.claims = vec!["another".into()];
        }
    });
    assert!(number > 0);
    check(
        &tape,
        Promise::Exclusivity,
        Outcome::Held,
        &["one server process"],
    );
}

#[test]
fn without_the_nodes_word_nothing_is_known() {
    let tape = apart().without(|event| matches!(event, Event::NodeTask(_)));
    let words = ["no node's container runtime was followed"];
    check(&tape, Promise::Exclusivity, Outcome::Inconclusive, &words);
}

#[test]
fn without_the_nodes_word_on_one_of_them_nothing_is_known() {
    for (number, change, words) in [
        (1, TaskChange::Exited, "did not report the end of container"),
        (2, TaskChange::Started, "did not report the start of container"),
    ] {
        let tape = apart().without(|event| is_task(event, number, change));
        check(
            &tape,
            Promise::Exclusivity,
            Outcome::Inconclusive,
            &[words, &name(number)],
        );
    }
    // When the first one started does not matter: it ran before the drill began.
    let tape = apart().without(|event| is_task(event, 1, TaskChange::Started));
    check(&tape, Promise::Exclusivity, Outcome::Held, &[]);
}

#[test]
fn a_pod_that_is_not_seen_to_go_proves_no_fault() {
    let tape = apart().without(|event| is_gone(event, "Pod"));
    let words = ["the fault did not happen", &name(1)];
    check(&tape, Promise::Durability, Outcome::Inconclusive, &words);
}

#[test]
fn a_changed_template_that_replaces_no_pod_proves_no_fault() {
    let tape = rollout(false).without(|event| matches!(event, Event::Gone { object } if *object == pod(2)));
    let words = ["the fault did not happen", &name(2)];
    check(&tape, Promise::Durability, Outcome::Inconclusive, &words);
}

#[test]
fn a_fault_that_is_aimed_at_another_s_pod_proves_nothing() {
    let tape = apart().changed(|event| {
        if let Event::FaultBegun { targets, .. } = event {
            targets[0] = pod(7);
        }
    });
    let words = ["the fault did not happen", "met no pod of Deployment postgres"];
    check(&tape, Promise::Durability, Outcome::Inconclusive, &words);
}

#[test]
fn a_forced_deletion_s_overlap_is_measured_and_not_promised() {
    let script = Script::of(Drill::ForceDelete, &[]).starts(1).ready(1).begin();
    let script = script.fault(Fault::ForceDelete, pod(1)).gone(1).starts(2).ends(1);
    let verdict = judge(&script.ready(2).finish(2).history());
    assert_eq!(verdict.outcome, Outcome::Held, "{:#?}", verdict.promises);
    assert!(matches!(verdict.overlaps[0].measured, Measured::Both { .. }));
}
