//! Times and measurements, and what is not proven.

use stateproof::history::{Event, NodeTask, TaskChange};
use stateproof::plan::{Drill, Outcome};
use stateproof::verdict::{Measured, judge};

use super::checks::{is_gone, is_pod, lose_pod};
use crate::document::gap;
use crate::tape::Tape;

#[test]
fn times_are_taken_from_what_the_watches_saw() {
    let verdict = judge(&lose_pod().history());
    let times = &verdict.recovery[0];
    let step = 310_000;
    assert_eq!(times.accepted_us, Some(step));
    assert_eq!(times.gone_us, Some(3 * step));
    assert_eq!(times.created_us, Some(7 * step));
    assert_eq!(times.scheduled_us, Some(8 * step));
    assert_eq!(times.started_us, Some(9 * step));
    assert_eq!(times.ready_us, Some(10 * step));
    assert_eq!(times.answers_us, Some(11 * step));
    // The first of the rows that were sent then is the one of unknown fate.
    assert_eq!(times.write_us, Some(13 * step + 2));
    // The last acknowledgement before the fault came one step before it.
    assert_eq!(times.write_gap_us, Some(14 * step + 2));
}

#[test]
fn times_that_a_broken_watch_may_have_delayed_are_missing() {
    let created = |event: &Event| is_pod(event, 2);
    let verdict = judge(&lose_pod().before(created, gap("Pod")).history());
    let times = &verdict.recovery[0];
    assert_eq!(
        (
            times.created_us,
            times.scheduled_us.is_some(),
            times.ready_us.is_some()
        ),
        (None, true, true)
    );
    assert_eq!(
        verdict.outcome,
        Outcome::Held,
        "what was seen in the end was seen"
    );

    let gone = |event: &Event| is_gone(event, "Pod");
    let verdict = judge(&lose_pod().before(gone, gap("Pod")).history());
    let times = &verdict.recovery[0];
    assert_eq!((times.gone_us, times.created_us.is_some()), (None, true));

    let verdict = judge(&lose_pod().before(created, gap("PersistentVolumeClaim")).history());
    assert!(
        verdict.recovery[0].created_us.is_some(),
        "it was another kind's watch"
    );
}

#[test]
fn the_overlap_of_two_servers_is_measured_on_the_node() {
    let force = || Tape::of(&[Drill::ForceDelete]);
    let overlap = |tape: Tape| judge(&tape.history()).overlaps[0].clone();
    let both = overlap(force());
    assert_eq!(both.measured, Measured::Both { us: 310_000 });
    assert_eq!(both.to_string(), "old and new server process both ran for 0.31 s");

    let swapped = overlap(force().changed(|event| {
        if let Event::NodeTask(task) = event {
            task.change = match task.change {
                TaskChange::Started => TaskChange::Exited,
                TaskChange::Exited => TaskChange::Started,
            };
            task.container = format!("{:064x}", if task.change == TaskChange::Exited { 1 } else { 2 });
        }
    }));
    assert_eq!(swapped.measured, Measured::Apart { us: 310_000 });
    assert_eq!(
        swapped.to_string(),
        "no overlap: the old server process ended 0.31 s before the new one started"
    );

    let exited = |event: &Event| {
        matches!(
            event,
            Event::NodeTask(NodeTask {
                change: TaskChange::Exited,
                ..
            })
        )
    };
    let unmeasured = overlap(force().without(exited));
    assert!(matches!(unmeasured.measured, Measured::Not { .. }));
    assert!(
        unmeasured
            .to_string()
            .contains("not measured: the node did not report the end"),
        "{unmeasured}"
    );

    let elsewhere = overlap(force().changed(|event| {
        if let Event::NodeTask(task) = event
            && task.change == TaskChange::Exited
        {
            task.node = "stateproof-worker".into();
        }
    }));
    assert!(elsewhere.to_string().contains("clocks differ"), "{elsewhere}");
    assert!(
        judge(&lose_pod().history()).overlaps.is_empty(),
        "nothing was forced"
    );
}

#[test]
fn what_is_not_proven_is_said() {
    let verdict = judge(&lose_pod().history());
    assert!(
        verdict
            .not_proven
            .iter()
            .any(|limit| limit.starts_with("power loss: "))
    );
    assert!(
        verdict
            .not_proven
            .iter()
            .any(|limit| limit.contains("postgres:16-alpine") && limit.contains("PostgreSQL 16.9 on")),
        "{:?}",
        verdict.not_proven
    );
    assert_eq!(verdict.not_proven.len(), 2);
    let lax = lose_pod().changed(|event| {
        if let Event::Server { settings, .. } = event {
            settings.insert("synchronous_commit".into(), "off".into());
        }
    });
    let verdict = judge(&lax.history());
    assert!(
        verdict
            .not_proven
            .iter()
            .any(|limit| limit.contains("synchronous_commit=off"))
    );
}
