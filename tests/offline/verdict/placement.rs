//! Placement: where a member comes back when its node is drained.

use stateproof::history::{Event, Fault, ObjectState, PodState};
use stateproof::plan::{Drill, Outcome, Promise};

use crate::members::{Act, Members, down, node, up};

const BOUND: &str =
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had volume node affinity conflict";

/// A drain of postgres-0's node, `worker-1`, up to the eviction; the volumes lie on these nodes.
fn drained(lies: &[&str]) -> Members {
    let mut members = Members::of(Drill::Drain, |_| {});
    members
        .node_is("worker-1", false)
        .acts(&up(0..3))
        .claims(lies)
        .begin();
    members.inspected(&[]).wrote(1..=10);
    members
        .begun(Fault::Cordon, vec![node("worker-1")])
        .accepted(Fault::Cordon);
    members.node_is("worker-1", true);
    let pod = members.pod(0);
    members.begun(Fault::Evict, vec![pod]).accepted(Fault::Evict);
    members.acts(&down([0])).acts(&[Act::Born(0)]);
    members
}

fn waits(members: &mut Members, words: &str) {
    let state = PodState {
        phase: "Pending".into(),
        unschedulable: Some(words.into()),
        ..PodState::default()
    };
    let pod = members.pod(0);
    members.observe(pod, ObjectState::Pod(Box::new(state)));
}

fn given_back(members: &mut Members) -> &mut Members {
    members.begun(Fault::Uncordon, vec![node("worker-1")]);
    members.accepted(Fault::Uncordon).node_is("worker-1", false)
}

fn end(members: &mut Members) -> &mut Members {
    members.inspected(&[]).read(1..=10).end()
}

#[test]
fn a_pod_that_waits_for_its_volumes_node_is_expected() {
    let mut members = drained(&["worker-1"]);
    waits(&mut members, BOUND);
    given_back(&mut members).acts(&[Act::Ready(0)]);
    end(&mut members);
    let words = [
        "storage-bound, as expected",
        BOUND,
        "lies on worker-1",
        "is Ready on worker-1 now",
    ];
    members.check(Promise::Placement, Outcome::Held, &words);
    for promise in [Promise::Identity, Promise::Storage, Promise::Durability] {
        members.check(promise, Outcome::Held, &[]);
    }
}

#[test]
fn a_pod_that_no_node_takes_for_another_reason_is_not_called_storage_bound() {
    let mut members = drained(&["worker-1"]);
    waits(
        &mut members,
        "0/1 nodes are available: 1 node(s) were unschedulable.",
    );
    given_back(&mut members).acts(&[Act::Ready(0)]);
    end(&mut members);
    members.check(
        Promise::Placement,
        Outcome::Held,
        &["no other node took postgres-0"],
    );
    let evidence = members.promise(Promise::Placement).evidence.join("; ");
    assert!(!evidence.contains("storage-bound"), "{evidence}");
}

#[test]
fn a_pod_whose_volume_names_no_node_may_go_elsewhere() {
    let mut members = drained(&[]);
    members.node = "worker-2".into();
    members.acts(&[Act::Ready(0)]);
    end(given_back(&mut members));
    let words = ["was Ready on worker-2", "names no node"];
    members.check(Promise::Placement, Outcome::Held, &words);
}

#[test]
fn a_pod_away_from_its_volume_is_violated() {
    let mut members = drained(&["worker-1"]);
    members.node = "worker-2".into();
    members.acts(&[Act::Ready(0)]);
    end(given_back(&mut members));
    let words = ["postgres-0 is on worker-2, its volume", "on worker-1"];
    members.check(Promise::Placement, Outcome::Violated, &words);
}

#[test]
fn a_pod_on_a_cordoned_node_is_violated() {
    let mut members = drained(&["worker-1"]);
    members.acts(&[Act::Ready(0)]);
    end(given_back(&mut members));
    members.check(Promise::Placement, Outcome::Violated, &["while it was cordoned"]);
}

#[test]
fn a_pod_that_does_not_come_back_is_violated_where_every_step_was_done_and_seen() {
    let away = |broken: bool| {
        let mut members = drained(&["worker-1"]);
        waits(&mut members, BOUND);
        if broken {
            members.broken_watch();
        }
        end(given_back(&mut members));
        members
    };
    away(false).check(Promise::Placement, Outcome::Violated, &["was not Ready again"]);
    away(true).check(
        Promise::Placement,
        Outcome::Inconclusive,
        &["was not Ready again"],
    );
}

#[test]
fn a_cordon_that_nobody_saw_proves_nothing() {
    let mut members = drained(&["worker-1"]);
    waits(&mut members, BOUND);
    given_back(&mut members).acts(&[Act::Ready(0)]);
    end(&mut members);
    let mut unseen = members.clone();
    unseen.events.retain(
        |event| !matches!(event, Event::Observed { state: ObjectState::Node(node), .. } if node.cordoned),
    );
    unseen.check(
        Promise::Placement,
        Outcome::Inconclusive,
        &["never seen cordoned"],
    );
    let mut left = members.clone();
    let last = left.events.iter().rposition(|event| {
        matches!(
            event,
            Event::Observed {
                state: ObjectState::Node(_),
                ..
            }
        )
    });
    left.events.remove(last.unwrap());
    left.check(
        Promise::Placement,
        Outcome::Inconclusive,
        &["never seen uncordoned"],
    );
}
