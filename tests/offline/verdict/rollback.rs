//! A rollout that cannot come to an end, taken back.

use stateproof::history::Fault;
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::verdict::judge;
use stateproof::workload::{PodManagement, Workload};

use crate::document::set;
use crate::members::{Act, Members, up};
use crate::tape::record;

/// A drill in which the last member's pod is broken, and in the end Ready again, deleted by hand or not.
fn rollout(change: impl FnOnce(&mut Workload), broken: &[Act], by_hand: bool, back: &[Act]) -> Members {
    let mut members = Members::of(Drill::BadRollout, change);
    members.acts(&up(0..3)).begin().inspected(&[]).wrote(1..=10);
    members
        .begun(Fault::BreakImage, vec![set(1)])
        .accepted(Fault::BreakImage);
    members.revision = "postgres-bbbb".into();
    members
        .set()
        .acts(&[Act::Ending(2), Act::Gone(2), Act::Born(2)])
        .acts(broken);
    members
        .begun(Fault::MendImage, vec![set(1)])
        .accepted(Fault::MendImage);
    members.revision = "postgres-aaaa".into();
    members.set();
    if by_hand {
        let pod = members.pod(2);
        members
            .begun(Fault::DeletePod, vec![pod])
            .accepted(Fault::DeletePod);
    }
    members.acts(back).wrote(11..=20).inspected(&[]).read(1..=20);
    members
}

const BROKEN: [Act; 1] = [Act::WithoutImage(2)];
const BACK: [Act; 4] = [Act::Ending(2), Act::Gone(2), Act::Born(2), Act::Ready(2)];

fn parallel(workload: &mut Workload) {
    workload.pod_management = PodManagement::Parallel;
}

#[test]
fn what_comes_back_by_itself_is_taken_back() {
    let mut members = rollout(parallel, &BROKEN, false, &BACK);
    members.end();
    members.check(
        Promise::Rollback,
        Outcome::Held,
        &["postgres-2 was ErrImagePull", "by itself"],
    );
    members.check(Promise::Durability, Outcome::Held, &["20 acknowledged"]);
    assert_eq!(members.promise(Promise::Rollback).expected, Outcome::Held);
}

#[test]
fn what_must_be_deleted_by_hand_is_not() {
    let mut members = rollout(|_| {}, &BROKEN, true, &BACK);
    members.end();
    let words = [
        "postgres-2 was ErrImagePull still",
        "deleted by hand, it was Ready",
        "forced rollback",
    ];
    members.check(Promise::Rollback, Outcome::Violated, &words);
    assert_eq!(members.promise(Promise::Rollback).expected, Outcome::Violated);
}

#[test]
fn what_does_not_even_come_back_then_says_so() {
    let mut members = rollout(parallel, &BROKEN, true, &[]);
    members.end_with(&["Pod postgres-2 is not Ready after 60.0 s"]);
    members.check(
        Promise::Rollback,
        Outcome::Violated,
        &["it was not Ready again", "not carried through"],
    );
}

#[test]
fn where_no_pod_was_broken_nothing_was_taken_back() {
    let mut members = rollout(parallel, &[Act::Ready(2)], false, &BACK);
    members.end();
    members.check(
        Promise::Rollback,
        Outcome::Inconclusive,
        &["no pod was seen without its image"],
    );
}

#[test]
fn a_drill_that_was_cut_short_shows_nothing() {
    let mut members = rollout(parallel, &BROKEN, false, &[]);
    members.end_with(&["interrupted"]);
    members.check(Promise::Rollback, Outcome::Inconclusive, &["was not seen"]);
}

/// A spoiled history's times may run backwards: no time is less than none.
#[test]
fn times_that_run_backwards_are_judged() {
    for (by_hand, change) in [(true, (|_| {}) as fn(&mut Workload)), (false, parallel)] {
        let mut members = rollout(change, &BROKEN, by_hand, &BACK);
        members.end();
        let mut history = record(&members.events);
        for (at, record) in history.records.iter_mut().rev().enumerate() {
            record.at_us = at as u64;
        }
        let verdict = judge(&history);
        let evidence = format!("{:?}", verdict.promises);
        assert!(evidence.contains("0.00 s"), "{evidence}");
    }
}
