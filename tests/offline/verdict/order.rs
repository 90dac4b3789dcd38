//! Order: creation, removal, re-creation, and a rollout.

use proptest::prelude::*;
use stateproof::history::{Event, Fault};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::workload::{PodManagement, Workload};

use crate::document::{object, set};
use crate::members::{Act, Members, down, up};

/// The drill `order`: at the first apply, down to none, up to all.
fn order(change: impl FnOnce(&mut Workload), first: &[Act], removal: &[Act], again: &[Act]) -> Members {
    let mut members = Members::of(Drill::Order, change);
    let replicas = members.workload.replicas;
    members.acts(first).begin().wrote(1..=10);
    members.scale(0).acts(removal);
    members.scale(replicas).acts(again).read(1..=10).end();
    members
}

fn in_order() -> Members {
    order(|_| {}, &up(0..3), &down((0..3).rev()), &up(0..3))
}

fn parallel(workload: &mut Workload) {
    workload.pod_management = PodManagement::Parallel;
}

fn at_once(ordinals: &[u32]) -> Vec<Act> {
    let born = ordinals.iter().copied().map(Act::Born);
    born.chain(ordinals.iter().copied().map(Act::Ready)).collect()
}

fn gone_at_once(ordinals: &[u32]) -> Vec<Act> {
    let ending = ordinals.iter().copied().map(Act::Ending);
    ending.chain(ordinals.iter().copied().map(Act::Gone)).collect()
}

#[test]
fn the_evidence_names_the_pods_and_the_resource_versions() {
    in_order().check(
        Promise::Order,
        Outcome::Held,
        &[
            "first apply: postgres-1 was created after postgres-0 was Ready (resourceVersion 728 > 721)",
            "scale to 0: postgres-1's deletion began (resourceVersion 770) after postgres-2 was gone",
            "scale to 3: postgres-1 was created after postgres-0 was Ready",
            "Kubernetes promises no order when the StatefulSet itself is deleted",
        ],
    );
    in_order().check(
        Promise::Identity,
        Outcome::Held,
        &["postgres-0: pod", "postgres-2: pod"],
    );
    in_order().check(Promise::Durability, Outcome::Held, &[]);
}

#[test]
fn one_that_is_created_too_early_is_named() {
    let early = [
        Act::Born(0),
        Act::Born(1),
        Act::Ready(0),
        Act::Ready(1),
        Act::Born(2),
        Act::Ready(2),
    ];
    let words = ["postgres-1 was created", "before postgres-0 was Ready"];
    let at_first = order(|_| {}, &early, &down((0..3).rev()), &up(0..3));
    at_first.check(Promise::Order, Outcome::Violated, &words);
    let again = order(|_| {}, &up(0..3), &down((0..3).rev()), &early);
    again.check(Promise::Order, Outcome::Violated, &words);
}

#[test]
fn one_whose_deletion_begins_too_early_is_named() {
    let early = [
        Act::Ending(2),
        Act::Ending(1),
        Act::Gone(2),
        Act::Gone(1),
        Act::Ending(0),
        Act::Gone(0),
    ];
    let members = order(|_| {}, &up(0..3), &early, &up(0..3));
    let words = ["postgres-1's deletion began", "before postgres-2 was gone"];
    members.check(Promise::Order, Outcome::Violated, &words);
}

#[test]
fn a_pod_that_only_a_list_found_proves_no_order() {
    let found = [
        Act::Born(0),
        Act::Ready(0),
        Act::Found(1),
        Act::Ready(1),
        Act::Born(2),
        Act::Ready(2),
    ];
    let members = order(|_| {}, &up(0..3), &down((0..3).rev()), &found);
    let words = ["postgres-1 was not seen as it was made"];
    members.check(Promise::Order, Outcome::Inconclusive, &words);
}

#[test]
fn a_watch_that_broke_proves_no_order() {
    let whole = in_order();
    let is_pod =
        |event: &Event, name: &str| matches!(event, Event::Observed { object, .. } if object.name == name);
    for (name, which) in [("at first", 0), ("when created again", 3)] {
        let mut members = whole.clone();
        let mut sightings = members.events.iter().enumerate();
        let place = sightings
            .by_ref()
            .filter(|(_, event)| is_pod(event, "postgres-1"))
            .nth(which)
            .unwrap()
            .0;
        members.events.insert(place, crate::document::gap("Pod"));
        let found = members.promise(Promise::Order);
        assert_eq!(
            found.observed,
            Outcome::Inconclusive,
            "{name}: {:?}",
            found.evidence
        );
        members.events[place] = crate::document::gap("PersistentVolumeClaim");
        members.check(Promise::Order, Outcome::Held, &[]);
    }
}

#[test]
fn versions_that_say_otherwise_than_the_watch_prove_nothing() {
    let mut members = in_order();
    for event in &mut members.events {
        if let Event::Observed { object, version, .. } = event
            && object.name == "postgres-1"
        {
            *version = "3".into();
        }
    }
    members.check(Promise::Order, Outcome::Inconclusive, &["contradicts itself"]);
}

#[test]
fn a_fault_that_did_not_happen_proves_no_order() {
    let mut members = in_order();
    members.events.retain(|event| {
        !matches!(event, Event::Observed { object, version, .. }
            if object.kind == "StatefulSet" && version.parse::<u64>().unwrap() > 750)
    });
    let words = ["never seen to ask for 0 members"];
    members.check(Promise::Order, Outcome::Inconclusive, &words);
}

#[test]
fn parallel_is_all_at_once_and_nothing_less() {
    let (all, none) = (at_once(&[2, 0, 1]), gone_at_once(&[0, 2, 1]));
    let words = ["were all created before postgres-2 was the first to be Ready"];
    order(parallel, &all, &none, &all).check(Promise::Order, Outcome::Held, &words);
    let words = ["not in parallel"];
    order(parallel, &all, &none, &up(0..3)).check(Promise::Order, Outcome::Violated, &words);
    order(parallel, &all, &down(0..3), &all).check(Promise::Order, Outcome::Violated, &words);
}

#[test]
fn a_member_that_did_not_come_is_missing_only_where_every_step_was_done() {
    let words = ["postgres-2 was not created"];
    let short = order(|_| {}, &up(0..3), &down((0..3).rev()), &up(0..2));
    short.check(Promise::Order, Outcome::Violated, &words);
    let mut failed = Members::of(Drill::Order, |_| {});
    failed.acts(&up(0..3)).begin().scale(0).acts(&down((0..3).rev()));
    failed.scale(3).acts(&up(0..2)).end_with(&["Pods are not Ready"]);
    failed.check(Promise::Order, Outcome::Inconclusive, &words);
}

/// All pods deleted at once: they come back in the order of their ordinals, whatever the order in which they went.
#[test]
fn pods_that_were_all_lost_come_back_in_order() {
    let lose = |gone: &[u32], again: &[Act]| {
        let mut members = Members::of(Drill::LoseAllPods, |_| {});
        members
            .acts(&up(0..3))
            .claims(&[])
            .begin()
            .inspected(&[])
            .wrote(1..=10);
        let pods = (0..3).map(|ordinal| members.pod(ordinal)).collect();
        members.begun(Fault::DeletePods, pods).accepted(Fault::DeletePods);
        members.acts(&gone_at_once(gone)).acts(again);
        members.wrote(11..=20).inspected(&[]).read(1..=20).end();
        members
    };
    let held = lose(&[1, 2, 0], &up(0..3));
    held.check(
        Promise::Order,
        Outcome::Held,
        &["postgres-2 was created after postgres-1 was Ready"],
    );
    held.check(
        Promise::Identity,
        Outcome::Held,
        &["postgres-0: ", "postgres-1: ", "postgres-2: "],
    );
    let claims = [
        "postgres-data-postgres-0: Bound",
        "postgres-data-postgres-2: Bound",
    ];
    held.check(Promise::Storage, Outcome::Held, &claims);
    lose(&[0, 1, 2], &at_once(&[0, 1, 2])).check(
        Promise::Order,
        Outcome::Violated,
        &["before postgres-0 was Ready"],
    );
    // One that stays away is missed, though it is not the one that the rows are for.
    let away = lose(&[0, 1, 2], &up(0..2));
    away.check(Promise::Identity, Outcome::Violated, &["postgres-2"]);
    // A claim that is another's afterwards, too.
    let mut other = lose(&[0, 1, 2], &up(0..3));
    other
        .events
        .retain(|event| !matches!(event, Event::DrillEnded { .. } | Event::RunEnded { .. }));
    other.inspected(&[2]).end();
    other.check(
        Promise::Storage,
        Outcome::Violated,
        &["postgres-data-postgres-2 was not there after"],
    );
}

#[test]
fn nobody_but_the_last_is_touched_by_scaling() {
    let scale = |removed: u32| {
        let mut members = Members::of(Drill::Scale, |_| {});
        members
            .acts(&up(0..3))
            .claims(&[])
            .begin()
            .inspected(&[])
            .wrote(1..=10);
        let first = members.pod(0);
        members
            .begun(Fault::DeletePod, vec![first])
            .accepted(Fault::DeletePod);
        members.acts(&down([0])).acts(&up([0]));
        members.scale(2).acts(&down([removed])).inspected(&[]);
        members.scale(3).acts(&up([removed])).inspected(&[]);
        members.wrote(11..=20).read(1..=20).end();
        members
    };
    let words = [
        "postgres-2 was removed",
        "the highest ordinal, though postgres-0 was the newest pod",
        "not touched: postgres-0 (UID ",
    ];
    scale(2).check(Promise::Order, Outcome::Held, &words);
    let words = [
        "postgres-1 with UID",
        "which nobody asked for",
        "postgres-2 was not removed",
    ];
    scale(1).check(Promise::Order, Outcome::Violated, &words);
    scale(0).check(Promise::Order, Outcome::Violated, &["postgres-0 with UID"]);
}

/// Restart and rollback, with the pods replaced in this order and by these revisions.
fn rollout(ordinals: &[u32], first: &str, second: &str) -> Members {
    let mut members = Members::of(Drill::Rollout, |_| {});
    members
        .acts(&up(0..3))
        .claims(&[])
        .begin()
        .inspected(&[])
        .wrote(1..=10);
    for (fault, revision) in [(Fault::Restart, first), (Fault::Undo, second)] {
        members.begun(fault, vec![set(1)]).accepted(fault);
        members.revision = revision.into();
        members.set();
        for ordinal in ordinals {
            members.acts(&down([*ordinal])).acts(&up([*ordinal]));
        }
    }
    members.wrote(11..=20).inspected(&[]).read(1..=20).end();
    members
}

#[test]
fn a_rollout_goes_from_the_highest_ordinal_down_and_back() {
    let words = [
        "postgres-1's deletion began after the new postgres-2 was Ready",
        "every pod is of the new revision postgres-bbbb",
        "every pod is of the first revision again, postgres-aaaa",
    ];
    rollout(&[2, 1, 0], "postgres-bbbb", "postgres-aaaa").check(Promise::Order, Outcome::Held, &words);
    let up = rollout(&[0, 1, 2], "postgres-bbbb", "postgres-aaaa");
    up.check(
        Promise::Order,
        Outcome::Violated,
        &["before the new postgres-1 was Ready"],
    );
    let elsewhere = rollout(&[2, 1, 0], "postgres-bbbb", "postgres-cccc");
    elsewhere.check(
        Promise::Order,
        Outcome::Violated,
        &["not of the first, postgres-aaaa"],
    );
    let unchanged = rollout(&[2, 1, 0], "postgres-aaaa", "postgres-aaaa");
    unchanged.check(
        Promise::Order,
        Outcome::Inconclusive,
        &["never seen with another revision"],
    );
}

#[test]
fn a_rollout_with_one_pod_too_many_is_violated() {
    let mut members = rollout(&[2, 1, 0], "postgres-bbbb", "postgres-aaaa");
    let place = members
        .events
        .iter()
        .position(|event| matches!(event, Event::FaultAccepted { .. }))
        .unwrap();
    let sighting = members.events.iter().find_map(|event| match event {
        Event::Observed { object, .. } if object.kind == "Pod" => Some(event.clone()),
        _ => None,
    });
    let mut surplus = sighting.unwrap();
    if let Event::Observed { object: pod, .. } = &mut surplus {
        *pod = object("Pod", "postgres-3", 77);
    }
    members.events.insert(place, surplus);
    members.check(
        Promise::Order,
        Outcome::Violated,
        &["postgres-3 is one more than asked for"],
    );
}

/// Any way in which pods may be made and become Ready: each made before it is Ready.
fn any_creation() -> impl Strategy<Value = Vec<Act>> {
    let all: Vec<u32> = (0..4).flat_map(|ordinal| [ordinal, ordinal]).collect();
    Just(all).prop_shuffle().prop_map(|turns| {
        let mut seen = [false; 4];
        let act = |ordinal: u32| {
            if std::mem::replace(&mut seen[ordinal as usize], true) {
                Act::Ready(ordinal)
            } else {
                Act::Born(ordinal)
            }
        };
        turns.into_iter().map(act).collect()
    })
}

fn place(acts: &[Act], act: Act) -> usize {
    acts.iter().position(|other| *other == act).unwrap()
}

proptest! {
    #[test]
    fn any_other_order_of_creation_is_violated(ordinals in Just((0..4).collect::<Vec<u32>>()).prop_shuffle()) {
        let members = order(|workload| workload.replicas = 4, &up(0..4), &down((0..4).rev()), &up(ordinals.clone()));
        let right = ordinals.is_sorted();
        let wanted = if right { Outcome::Held } else { Outcome::Violated };
        prop_assert_eq!(members.promise(Promise::Order).observed, wanted);
    }

    #[test]
    fn any_other_order_of_removal_is_violated(ordinals in Just((0..4).collect::<Vec<u32>>()).prop_shuffle()) {
        let members = order(|workload| workload.replicas = 4, &up(0..4), &down(ordinals.clone()), &up(0..4));
        let right = ordinals.iter().rev().is_sorted();
        let wanted = if right { Outcome::Held } else { Outcome::Violated };
        prop_assert_eq!(members.promise(Promise::Order).observed, wanted);
    }

    #[test]
    fn creation_is_judged_by_who_was_ready_when(acts in any_creation()) {
        let after = (1..4).all(|ordinal| place(&acts, Act::Born(ordinal)) > place(&acts, Act::Ready(ordinal - 1)));
        let before_any = (0..4).map(|ordinal| place(&acts, Act::Born(ordinal))).max()
            < (0..4).map(|ordinal| place(&acts, Act::Ready(ordinal))).min();
        let ordered = order(|workload| workload.replicas = 4, &acts, &down((0..4).rev()), &up(0..4));
        prop_assert_eq!(ordered.promise(Promise::Order).observed == Outcome::Held, after);
        let all = at_once(&[0, 1, 2, 3]);
        let together = order(
            |workload| { workload.replicas = 4; parallel(workload); },
            &acts, &gone_at_once(&[0, 1, 2, 3]), &all,
        );
        prop_assert_eq!(together.promise(Promise::Order).observed == Outcome::Held, before_any);
    }
}
