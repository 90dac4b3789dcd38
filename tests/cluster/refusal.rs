//! What cannot be proven, and what the harness says of it.

use stateproof::plan::{Drill, Outcome};
use stateproof::run::{Proven, RunError};

use crate::support::{block_on, prove, refuse, verification};

/// An image that cannot be had: the run names the cause in the kubelet's own words, not by time-out.
#[test]
fn an_image_that_cannot_be_had_is_named_at_once() {
    let proven = prove("bad/image-missing", &[Drill::LosePod]);
    let causes = hopeless(&proven);
    assert!(
        causes.iter().any(|cause| cause.contains("no-such-tag")),
        "{causes:?}"
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
