//! PostgreSQL 16 on a StatefulSet, namespace `postgresql-prod`. Sources: `fixtures/SOURCES.md`.

use std::process::Command;
use std::sync::LazyLock;

use stateproof::history::{Event, ObjectState};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;
use stateproof::verdict::Measured;

use crate::support::{CLUSTER, assert_promise, fixture, promise, prove};

/// One run of every drill on the document's own manifests serves the tests of its claims.
static DOCUMENT: LazyLock<Proven> = LazyLock::new(|| prove("wealist-postgres", &[]));

/// The document as a whole: every promise came to what was expected.
#[test]
fn the_document_holds() {
    let verdict = &DOCUMENT.verdict;
    assert_eq!(
        verdict.outcome,
        Outcome::Held,
        "{}",
        render(verdict, &Style::default())
    );
}

/// D0.1: the pod is always `postgres-0`, as another pod each time.
#[test]
fn d0_1_the_pod_keeps_its_name() {
    assert_promise(
        &DOCUMENT,
        Drill::LosePod,
        Promise::Identity,
        Outcome::Held,
        &["postgres-0"],
    );
}

/// D0.2: one claim a pod, `postgres-data-postgres-0`, 5Gi, `ReadWriteOnce`, Bound; the same claim and volume afterwards.
#[test]
fn d0_2_the_claim_and_its_volume_stay() {
    let words = ["postgres-data-postgres-0", "5Gi", "ReadWriteOnce"];
    assert_promise(&DOCUMENT, Drill::LosePod, Promise::Storage, Outcome::Held, &words);
}

/// D0.3: the stable DNS name answers with the pod's address, and with the new pod's afterwards.
#[test]
fn d0_3_the_name_follows_the_pod() {
    let name = "postgres-0.postgres-service.postgresql-prod.svc.cluster.local";
    assert_promise(
        &DOCUMENT,
        Drill::LosePod,
        Promise::Address,
        Outcome::Held,
        &[name],
    );
    let recovery = DOCUMENT
        .verdict
        .recovery
        .iter()
        .find(|times| times.drill.drill == Drill::LosePod);
    assert!(
        recovery.is_some_and(|times| times.answers_us.is_some()),
        "the time until the name answers is missing"
    );
}

/// D0.4: acknowledged rows survive the deletion of pod-0.
#[test]
fn d0_4_rows_survive_losing_pod_0() {
    assert_promise(
        &DOCUMENT,
        Drill::LosePod,
        Promise::Durability,
        Outcome::Held,
        &["acknowledged"],
    );
}

/// D0.5: they survive `kubectl delete pod --force` too, and how long both servers ran is measured on the node.
#[test]
fn d0_5_rows_survive_a_forced_deletion() {
    assert_promise(
        &DOCUMENT,
        Drill::ForceDelete,
        Promise::Durability,
        Outcome::Held,
        &["acknowledged"],
    );
    assert_promise(
        &DOCUMENT,
        Drill::ForceDelete,
        Promise::Identity,
        Outcome::Held,
        &["postgres-0"],
    );
    let overlap = DOCUMENT
        .verdict
        .overlaps
        .iter()
        .find(|overlap| overlap.drill.drill == Drill::ForceDelete);
    assert!(
        overlap.is_some_and(|overlap| !matches!(overlap.measured, Measured::Not { .. })),
        "{:?}",
        DOCUMENT.verdict.overlaps
    );
}

/// D0.6: deleting the StatefulSet leaves the claim Bound with its UID; applied again, the rows are there.
#[test]
fn d0_6_the_claim_outlives_the_stateful_set() {
    let words = ["postgres-data-postgres-0", "stayed"];
    assert_promise(
        &DOCUMENT,
        Drill::DeleteStatefulset,
        Promise::Retention,
        Outcome::Held,
        &words,
    );
    assert_promise(
        &DOCUMENT,
        Drill::DeleteStatefulset,
        Promise::Durability,
        Outcome::Held,
        &["acknowledged"],
    );
}

/// D0.7, the twin of D0.6: the claim goes when it is deleted by name, its volume with it, and the database is empty.
#[test]
fn d0_7_the_claim_goes_when_deleted_by_name() {
    assert_promise(
        &DOCUMENT,
        Drill::DeleteClaim,
        Promise::Retention,
        Outcome::Held,
        &["postgres-data-postgres-0"],
    );
    assert_promise(
        &DOCUMENT,
        Drill::DeleteClaim,
        Promise::Durability,
        Outcome::Violated,
        &["lost 100 acknowledged rows"],
    );
    let durability = promise(&DOCUMENT, Drill::DeleteClaim, Promise::Durability);
    assert_eq!(
        durability.expected,
        Outcome::Violated,
        "it is the negative control"
    );
}

/// D0.11: with the password in a Secret everything holds as before, and it appears in no output, however much of it
/// there is: terminal, log at its loudest, history, report.
#[test]
fn d0_11_the_password_comes_from_a_secret_and_appears_nowhere() {
    let reports = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args([
            "-vv", "verify", "--name", CLUSTER, "--keep", "--drill", "lose-pod", "--report",
        ])
        .arg(reports.path())
        .arg(fixture("wealist-postgres-secret"))
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8(run.stdout).unwrap(),
        String::from_utf8(run.stderr).unwrap(),
    );
    assert_eq!(run.status.code(), Some(0), "{out}{err}");
    let history = std::fs::read_to_string(reports.path().join("run.jsonl")).unwrap();
    assert!(err.contains("DEBUG") && out.contains("durability") && history.contains("acknowledged"));
    // As it is, and as a Secret's data has it.
    for secret in ["mysupersecret", "bXlzdXBlcnNlY3JldA"] {
        for (what, text) in [
            ("standard output", &out),
            ("standard error", &err),
            ("history", &history),
        ] {
            assert!(!text.contains(secret), "the password is in the {what}");
        }
    }
}

/// D0.12: only the name of the class changes between environments: `local-path` …
#[test]
fn d0_12_with_class_local_path() {
    class_holds("wealist-postgres-class-local-path", "local-path");
}

/// … and `standard`. (No class at all is the document itself.)
#[test]
fn d0_12_with_class_standard() {
    class_holds("wealist-postgres-class-standard", "standard");
}

fn class_holds(fixture: &str, class: &str) {
    let proven = prove(fixture, &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    let records = proven.history.records.iter();
    let mut classes: Vec<_> = records
        .filter_map(|record| match &record.event {
            Event::Observed {
                state: ObjectState::Claim(claim),
                ..
            } => Some(claim.storage_class.as_deref()),
            _ => None,
        })
        .collect();
    classes.dedup();
    assert_eq!(classes, [Some(class)], "what the claim asks for");
}

/// D0.13: a claim made by hand under the template's name is adopted, and stays the same.
#[test]
fn d0_13_a_claim_made_by_hand_is_adopted() {
    let proven = prove("wealist-postgres-manual-claim", &[Drill::LosePod]);
    assert_promise(
        &proven,
        Drill::LosePod,
        Promise::Storage,
        Outcome::Held,
        &["adopted"],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    let applied = proven
        .history
        .records
        .iter()
        .find_map(|record| match &record.event {
            Event::Applied { object } if object.kind == "PersistentVolumeClaim" => Some(object.uid.clone()),
            _ => None,
        });
    let inspected = proven
        .history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::ClaimsInspected { claims, .. } => {
                Some(claims.iter().map(|(object, _)| object.uid.clone()))
            }
            _ => None,
        });
    let inspected: Vec<_> = inspected.flatten().collect();
    assert!(
        !inspected.is_empty() && inspected.iter().all(|uid| Some(uid) == applied.as_ref()),
        "{inspected:?}"
    );
}

/// D0.15, the other twin of D0.6: with `whenDeleted: Delete` the claims go, the rows with them, and the report says that
/// this is what the manifest asks for.
#[test]
fn d0_15_the_retention_policy_delete_takes_the_rows() {
    let drill = Drill::DeleteStatefulset;
    let proven = prove("wealist-postgres-retention-delete", &[drill]);
    assert_promise(
        &proven,
        drill,
        Promise::Retention,
        Outcome::Violated,
        &["whenDeleted: Delete"],
    );
    assert_promise(
        &proven,
        drill,
        Promise::Durability,
        Outcome::Violated,
        &["lost ", " acknowledged rows: 1-"],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}
