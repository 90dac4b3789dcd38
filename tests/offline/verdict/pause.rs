//! A node that stands still while its pod is deleted by force: how many servers worked on one volume.

use jiff::{Timestamp, ToSpan};
use stateproof::history::{
    ContainerState, Event, Fault, NodeState, NodeTask, ObjectRef, ObjectState, PodState, TaskChange,
};
use stateproof::plan::{Drill, Outcome, Promise};

use crate::document::{container, object};
use crate::members::{Members, node};

/// A history under way.
struct Story(Members);

fn pod(number: u32) -> ObjectRef {
    object("Pod", "postgres-0", number)
}

impl Story {
    /// Until the pod is gone from the API and its node stands still.
    fn begin() -> Self {
        let mut story = Self(Members::of(Drill::PauseNode, |workload| workload.replicas = 1));
        story.serves(1, "worker-1");
        story
            .0
            .node_is("worker-1", false)
            .begin()
            .inspected(&[])
            .wrote(1..=10);
        story
    }

    fn paused(mut self) -> Self {
        self.fault(Fault::PauseNode, node("worker-1"));
        let silent = NodeState {
            unreachable: true,
            ..NodeState::default()
        };
        self.0.observe(node("worker-1"), ObjectState::Node(silent));
        self.fault(Fault::ForceDelete, pod(1));
        self.0.push(Event::Gone { object: pod(1) });
        self
    }

    fn resumed(mut self) -> Self {
        self.fault(Fault::ResumeNode, node("worker-1"));
        self.0.node_is("worker-1", false);
        self
    }

    fn fault(&mut self, fault: Fault, target: ObjectRef) {
        self.0.begun(fault, vec![target]).accepted(fault);
    }

    /// The watch sees a pod whose server runs.
    fn serves(&mut self, number: u32, on: &str) {
        let server = ContainerState {
            name: "postgres".into(),
            id: Some(format!("containerd://{}", container(number))),
            running: true,
            ..ContainerState::default()
        };
        let state = PodState {
            phase: "Running".into(),
            ready: true,
            node: Some(on.into()),
            ip: Some(format!("10.244.1.{number}")),
            claims: self.0.workload.member(0).claims,
            containers: vec![server],
            ..PodState::default()
        };
        self.0.observe(pod(number), ObjectState::Pod(Box::new(state)));
    }

    fn task(&mut self, number: u32, on: &str, change: TaskChange) {
        let begun: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let when = begun + i64::try_from(self.0.events.len()).unwrap().milliseconds();
        self.0.push(Event::NodeTask(NodeTask {
            node: on.into(),
            container: container(number),
            change,
            when,
        }));
    }

    fn end(mut self) -> Members {
        self.0.wrote(11..=20).inspected(&[]).read(1..=20).end();
        self.0
    }
}

/// The new server starts where its volume is, once the old one has ended.
fn one_after_the_other() -> Members {
    let mut story = Story::begin().paused().resumed();
    story.task(1, "worker-1", TaskChange::Exited);
    story.task(2, "worker-1", TaskChange::Started);
    story.serves(2, "worker-1");
    story.end()
}

#[test]
fn one_after_the_other_is_never_two() {
    let words = ["2 server processes, one after the other"];
    one_after_the_other().check(Promise::Exclusivity, Outcome::Held, &words);
    one_after_the_other().check(Promise::Durability, Outcome::Held, &["20 acknowledged"]);
    one_after_the_other().check(Promise::Identity, Outcome::Held, &[]);
}

#[test]
fn one_that_starts_elsewhere_is_two_once_the_node_goes_on() {
    let mut story = Story::begin().paused();
    story.task(2, "worker-2", TaskChange::Started);
    story.serves(2, "worker-2");
    let mut story = story.resumed();
    story.task(1, "worker-1", TaskChange::Exited);
    // From the word that the node was to go on, until the old process ended: what stood still before is not counted.
    let words = [
        "2 server processes at once",
        "with UID",
        "more than one for 3000 µs",
    ];
    story.end().check(Promise::Exclusivity, Outcome::Violated, &words);
}

#[test]
fn an_end_that_no_node_reports_shows_nothing() {
    let mut story = Story::begin().paused().resumed();
    story.task(2, "worker-1", TaskChange::Started);
    story.serves(2, "worker-1");
    let words = ["did not report the end"];
    story
        .end()
        .check(Promise::Exclusivity, Outcome::Inconclusive, &words);
}

#[test]
fn a_node_that_was_never_taken_for_dead_was_not_paused() {
    let mut members = one_after_the_other();
    members.events.retain(
        |event| !matches!(event, Event::Observed { state: ObjectState::Node(node), .. } if !node.ready),
    );
    members.check(
        Promise::Exclusivity,
        Outcome::Inconclusive,
        &["was never seen taken for dead"],
    );
}
