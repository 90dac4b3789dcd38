//! Protection: what a PodDisruptionBudget forbids.

use stateproof::history::Fault;
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::workload::{DisruptionBudget, Workload};

use crate::members::{Act, Members, down, up};

const REFUSAL: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

fn budget(allowed: u32) -> impl FnOnce(&mut Workload) {
    move |workload| {
        workload.budgets.push(DisruptionBudget {
            name: "postgres".into(),
            allowed,
        });
    }
}

/// A run up to its evictions, with a budget that allows so many.
fn begun(allowed: u32) -> Members {
    let mut members = Members::of(Drill::Evict, budget(allowed));
    members.acts(&up(0..3)).claims(&[]).budget(allowed).begin();
    members
}

fn evict(members: &mut Members, ordinal: u32) -> &mut Members {
    let pod = members.pod(ordinal);
    members.begun(Fault::Evict, vec![pod])
}

#[test]
fn an_eviction_that_is_refused_protects() {
    let mut members = begun(0);
    evict(&mut members, 0).refused(Fault::Evict, 429, REFUSAL).end();
    let words = [
        "refused with status 429",
        "it stayed the pod with UID",
        REFUSAL,
        "allowed 0 of 3",
    ];
    members.check(Promise::Protection, Outcome::Held, &words);
}

/// The pod stays, and the last read need not wait for another: rows are promised where nothing is to happen too.
#[test]
fn rows_that_are_there_after_a_refusal_are_kept() {
    let read = |keys: std::ops::RangeInclusive<u64>| {
        let mut members = begun(0);
        members.wrote(1..=10);
        evict(&mut members, 0).refused(Fault::Evict, 429, REFUSAL);
        members.wrote(11..=20).read(keys).end();
        members
    };
    read(1..=20).check(Promise::Durability, Outcome::Held, &["20 acknowledged"]);
    read(1..=19).check(
        Promise::Durability,
        Outcome::Violated,
        &["lost 1 acknowledged row: 20"],
    );
    // One that was let through makes another pod, and that one is to be read from.
    let mut evicted = begun(0);
    evicted.wrote(1..=10);
    evict(&mut evicted, 0).accepted(Fault::Evict).acts(&down([0]));
    evicted.read(1..=10).end();
    evicted.check(
        Promise::Durability,
        Outcome::Inconclusive,
        &["the last read came before the new pod"],
    );
}

#[test]
fn an_eviction_that_is_let_through_is_violated() {
    let mut members = begun(0);
    evict(&mut members, 0)
        .accepted(Fault::Evict)
        .acts(&down([0]))
        .end();
    let words = ["evicted: postgres-0, though the manifest allows 0 at once"];
    members.check(Promise::Protection, Outcome::Violated, &words);
}

#[test]
fn a_pod_that_goes_all_the_same_is_violated() {
    for acts in [&[Act::Ending(0)][..], &[Act::Gone(0)]] {
        let mut members = begun(0);
        evict(&mut members, 0)
            .refused(Fault::Evict, 429, REFUSAL)
            .acts(acts)
            .end();
        let words = ["went although its eviction was refused"];
        members.check(Promise::Protection, Outcome::Violated, &words);
    }
}

#[test]
fn a_refusal_for_another_reason_proves_nothing() {
    for (status, message) in [
        (429, "too many requests, please try again later"),
        (500, "two budgets"),
    ] {
        let mut members = begun(0);
        evict(&mut members, 0)
            .refused(Fault::Evict, status, message)
            .end();
        members.check(
            Promise::Protection,
            Outcome::Inconclusive,
            &["the fault did not happen"],
        );
    }
}

#[test]
fn without_an_answer_or_the_budgets_state_nothing_is_proven() {
    let mut unanswered = begun(0);
    evict(&mut unanswered, 0).end();
    unanswered.check(Promise::Protection, Outcome::Inconclusive, &["never answered"]);
    let mut unseen = Members::of(Drill::Evict, budget(0));
    unseen.acts(&up(0..3)).begin();
    evict(&mut unseen, 0).refused(Fault::Evict, 429, REFUSAL).end();
    unseen.check(
        Promise::Protection,
        Outcome::Inconclusive,
        &["was not seen before"],
    );
}

/// One may go: the first is evicted and comes back, the second is refused.
fn one_of(second: impl FnOnce(&mut Members)) -> Members {
    let mut members = begun(1);
    members.inspected(&[]).wrote(1..=10);
    evict(&mut members, 0).accepted(Fault::Evict);
    evict(&mut members, 1);
    second(&mut members);
    members
        .acts(&down([0]))
        .acts(&up([0]))
        .inspected(&[])
        .read(1..=10)
        .end();
    members
}

#[test]
fn as_many_as_allowed_go_and_no_more() {
    let held = one_of(|members| {
        members.refused(Fault::Evict, 429, REFUSAL);
    });
    let words = [
        "evicted, as postgres allows: postgres-0",
        "the eviction of postgres-1 was refused",
    ];
    held.check(Promise::Protection, Outcome::Held, &words);
    held.check(Promise::Identity, Outcome::Held, &["postgres-0"]);
    held.check(Promise::Durability, Outcome::Held, &[]);
    let both = one_of(|members| {
        members.accepted(Fault::Evict).acts(&down([1]));
    });
    let words = ["evicted: postgres-0, postgres-1, though the manifest allows 1 at once"];
    both.check(Promise::Protection, Outcome::Violated, &words);
}

#[test]
fn a_budget_that_refuses_what_it_allows_is_not_understood() {
    let mut members = begun(1);
    evict(&mut members, 0).refused(Fault::Evict, 429, REFUSAL);
    evict(&mut members, 1).refused(Fault::Evict, 429, REFUSAL).end();
    members.check(
        Promise::Protection,
        Outcome::Inconclusive,
        &["that the manifest allows"],
    );
}
