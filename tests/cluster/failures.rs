//! Why a set does not come up: one bad fixture a cause, and the cause is named in the cluster's words, before the
//! deadline. And a failure that was named beforehand, with its twins.

use stateproof::history::Event;
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::{WIDE, assert_promise, expect_failure, prove};

/// Drills a fixture that does not come up and checks that the first failure names the cause, that waiting was given up
/// before the deadline, and that the report says so.
fn cause_is_named(fixture: &str, words: &[&str]) -> Proven {
    let proven = prove(fixture, &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Inconclusive);
    let failure = &proven.verdict.failures[0];
    let causes = failure.error.join("\n");
    assert!(causes.contains("waiting longer cannot help"), "{causes}");
    let report = render(&proven.verdict, &WIDE);
    for word in words {
        assert!(
            causes.contains(word),
            "{word:?} is not among the causes:\n{causes}"
        );
        assert!(report.contains(word), "{word:?} is not in the report:\n{report}");
    }
    proven
}

/// The failure section quotes the container's own last lines.
fn log_is_quoted(proven: &Proven, line: &str) {
    let logs = &proven.verdict.failures[0].logs;
    let said = logs
        .iter()
        .flat_map(|log| &log.lines)
        .any(|said| said.contains(line));
    assert!(said, "{line:?} is not in {logs:?}");
}

/// D1.12: `ContainerCreating` for ever, as a Secret is not there. Discovery refuses such a set: only one that is expected
/// to fail gets as far as the kubelet.
#[test]
fn d1_12_a_missing_secret_is_named() {
    let proven = expect_failure(
        "bad/container-creating-secret",
        &["Pod/postgres-0:phase=Pending", "Pod/postgres-0:event=FailedMount"],
    );
    assert_promise(
        &proven,
        Drill::ExpectFailure,
        Promise::Failure,
        Outcome::Held,
        &["secret \"db-tls\" not found"],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D1.12: `ContainerCreating` for ever, as a ConfigMap lacks a key.
#[test]
fn d1_12_a_missing_key_is_named() {
    cause_is_named(
        "bad/container-creating-configmap-key",
        &["FailedMount", "non-existent config key: postgresql.conf"],
    );
}

/// D1.12: the server may not write where its volume is.
#[test]
fn d1_12_eacces_is_named() {
    let proven = cause_is_named("bad/permission-denied", &["Permission denied", "exit code 1"]);
    log_is_quoted(&proven, "Permission denied");
}

/// D1.12: a claim stays Pending, as nobody provisions its access mode. (The class that is missing: `refusal`.)
#[test]
fn d1_12_a_claim_with_an_impossible_access_mode_is_named() {
    cause_is_named(
        "bad/claim-pending-access-mode",
        &[
            "PersistentVolumeClaim postgres-data-postgres-0 is Pending",
            "access modes",
        ],
    );
}

/// The pod is never made, as a quota forbids it: only the StatefulSet's events say so.
#[test]
fn a_pod_that_a_quota_forbids_is_named_by_its_set() {
    cause_is_named(
        "bad/quota",
        &[
            "Pod postgres-0 does not exist",
            "StatefulSet postgres: FailedCreate",
            "exceeded quota: small, requested: requests.memory=256Mi, used: requests.memory=0, limited: \
             requests.memory=128Mi",
        ],
    );
}

/// D1.12: the liveness probe kills the server before it is up, again and again.
#[test]
fn d1_12_a_liveness_loop_is_named() {
    cause_is_named(
        "bad/liveness-loop",
        &[
            "Liveness probe failed",
            "failed liveness probe, will be restarted",
            "restarts",
        ],
    );
}

/// D1.12: the volume is full.
#[test]
fn d1_12_a_full_disk_is_named() {
    let proven = cause_is_named("bad/disk-full", &["No space left on device"]);
    log_is_quoted(&proven, "No space left on device");
    let report = render(&proven.verdict, &Style::default());
    assert!(
        report.contains("log of container postgres in Pod postgres-0:"),
        "{report}"
    );
}

/// D0.8, the twin: initdb refuses a directory with `lost+found` in it.
#[test]
fn d0_8_a_directory_that_is_not_empty_is_named() {
    let proven = cause_is_named("wealist-postgres-lost-found", &["exists but is not empty"]);
    log_is_quoted(&proven, "exists but is not empty");
}

/// What no run without a named end gets as far as: the Secret that the environment needs is not in the set.
#[test]
fn a_credential_that_is_missing_can_be_the_named_failure() {
    let proven = expect_failure(
        "bad/credential-secret-missing",
        &[
            "Pod/postgres-0:phase=Pending",
            "Pod/postgres-0:waiting=CreateContainerConfigError",
        ],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// A named failure is shown with the words that show it.
#[test]
fn a_named_failure_holds() {
    let proven = expect_failure(
        "bad/container-creating-secret",
        &[
            "Pod/postgres-0:phase=Pending",
            "Pod/postgres-0:event=FailedMount: secret \"db-tls\" not found",
        ],
    );
    assert_promise(
        &proven,
        Drill::ExpectFailure,
        Promise::Failure,
        Outcome::Held,
        &["MountVolume.SetUp failed for volume \"tls\""],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// The twin: a set that comes up has not failed.
#[test]
fn a_named_failure_that_does_not_happen_is_violated() {
    let proven = expect_failure("wealist-postgres", &["Pod/postgres-0:waiting=CrashLoopBackOff"]);
    assert_promise(
        &proven,
        Drill::ExpectFailure,
        Promise::Failure,
        Outcome::Violated,
        &[
            "the set did not fail",
            "not seen: Pod/postgres-0:waiting=CrashLoopBackOff",
        ],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

/// The twin: a set that fails, but otherwise; the true cause is said.
#[test]
fn another_failure_than_the_named_one_is_violated_with_its_cause() {
    let proven = expect_failure(
        "bad/claim-pending-access-mode",
        &[
            "Pod/postgres-0:phase=Pending",
            "Pod/postgres-0:event=FailedMount: secret \"db-tls\" not found",
        ],
    );
    assert_promise(
        &proven,
        Drill::ExpectFailure,
        Promise::Failure,
        Outcome::Violated,
        &[
            "another end than the named one",
            "not seen: Pod/postgres-0:event",
            "access modes",
        ],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

/// D3.9: an init container that waits for what starts after it: the log names it within seconds.
#[test]
fn d3_9_an_init_container_that_never_ends_is_named_by_its_log() {
    init_container_never_ends(
        "grade-submission-init-container-mongo",
        "Waiting for MongoDB to start",
    );
}

/// D3.11: the script calls `mongosh`, which the image does not have: the run names the missing program.
#[test]
fn d3_11_the_missing_program_is_named() {
    init_container_never_ends("grade-submission/4-init-container", "mongosh: command not found");
}

fn init_container_never_ends(fixture: &str, line: &str) {
    let log = format!("Pod/mongodb-0:log={line}");
    let proven = expect_failure(fixture, &["Pod/mongodb-0:phase=Pending", &log]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    assert_promise(
        &proven,
        Drill::ExpectFailure,
        Promise::Failure,
        Outcome::Held,
        &[line],
    );
    let mut records = proven.history.records.iter();
    let causes = records.find_map(|record| match &record.event {
        Event::CameTo { causes, .. } => Some(causes.join("\n")),
        _ => None,
    });
    let causes = causes.unwrap();
    assert!(
        causes.contains("init container init-replicaset of Pod mongodb-0 has not ended"),
        "{causes}"
    );
}

/// D3.10 and D3.11: a hook that never ends, as its script calls what the image lacks, or waits for a member that is
/// withheld until this one is Ready. The kubelet says only that the container was started.
#[test]
fn d3_10_a_hook_that_never_ends_is_named() {
    for fixture in [
        "grade-submission/5-post-start",
        "grade-submission-post-start-waits",
    ] {
        let ends = ["Pod/mongodb-0:phase=Pending", "Pod/mongodb-0:event=Started"];
        let proven = expect_failure(fixture, &ends);
        assert_eq!(proven.verdict.outcome, Outcome::Held);
        let hook = "postStart hook of container mongodb of Pod mongodb-0 has not ended";
        let named = proven.history.records.iter().any(|record| match &record.event {
            Event::CameTo { causes, .. } => causes.iter().any(|cause| cause == hook),
            _ => false,
        });
        assert!(named, "{fixture}");
    }
}
