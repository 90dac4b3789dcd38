//! What cannot be proven, and what the harness says of it.

use std::time::Duration;

use stateproof::history::{Event, History, ObjectState};
use stateproof::plan::{Drill, Outcome};
use stateproof::run::{Proven, RunError};

use crate::support::{block_on, prove, refuse, verification};

/// An image that cannot be had: the run names the cause within seconds of the kubelet's own words, not by time-out.
#[test]
fn an_image_that_cannot_be_had_is_named_at_once() {
    let proven = prove("bad/image-missing", &[Drill::LosePod]);
    let causes = hopeless(&proven);
    assert!(
        causes.iter().any(|cause| cause.contains("no-such-tag")),
        "{causes:?}"
    );
    let said = first_at(&proven.history, |event| match event {
        Event::Observed {
            state: ObjectState::Pod(pod),
            ..
        } => pod.containers.iter().any(|one| {
            one.waiting
                .as_ref()
                .is_some_and(|why| why.contains("ErrImagePull"))
        }),
        _ => false,
    });
    let ended = first_at(&proven.history, |event| matches!(event, Event::NotUp { .. }));
    assert!(
        ended.checked_sub(said).unwrap() < Duration::from_secs(20),
        "it took {:?} from the kubelet's words to the end",
        ended.checked_sub(said).unwrap()
    );
}

/// D1.12: a claim stays Pending, as nothing provides its storage class: the claim's own event is the cause.
#[test]
fn d1_12_a_missing_storage_class_is_named() {
    let proven = prove("bad/class-missing", &[Drill::LosePod]);
    let causes = hopeless(&proven);
    assert!(
        causes
            .iter()
            .any(|cause| cause.contains("no-such-class") && cause.contains("not found")),
        "{causes:?}"
    );
}

/// A kind that the cluster does not know: the set is refused before anything of it is applied.
#[test]
fn an_unknown_kind_is_refused_with_its_place() {
    let error = refuse("bad/unknown-kind");
    assert!(matches!(error, RunError::Apply(_)), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains(".yaml:") && message.contains("knows no kind"),
        "{message}"
    );
}

/// No room for the history: the run ends, says so, and leaves nothing (see `cleanup`).
#[test]
fn a_full_disk_ends_the_run() {
    let verification = verification("wealist-postgres-no-volume").history("/dev/full");
    let Err(error) = block_on(verification.run()) else {
        panic!("the history could not have been written")
    };
    assert!(matches!(error, RunError::History(_)), "{error:?}");
    assert!(error.to_string().contains("No space left"), "{error}");
}

fn hopeless(proven: &Proven) -> &[String] {
    assert_eq!(proven.verdict.outcome, Outcome::Inconclusive);
    let [failure] = proven.verdict.failures.as_slice() else {
        panic!("{:?}", proven.verdict.failures)
    };
    assert!(
        failure.drill.is_none() && failure.error[0].contains("waiting longer cannot help"),
        "{failure:?}"
    );
    &failure.error[1..]
}

fn first_at(history: &History, is: impl Fn(&Event) -> bool) -> Duration {
    let record = history.records.iter().find(|record| is(&record.event));
    Duration::from_micros(record.expect("no such event in the history").at_us)
}
