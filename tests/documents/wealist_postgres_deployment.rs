//! PostgreSQL 16 on a Deployment instead of a StatefulSet: what the document warns of, and what of it is so. Sources:
//! `fixtures/SOURCES.md`.

use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::run::Proven;

use crate::support::{assert_promise, promise, prove};

/// The warning that names the pods that went and came, with the promises that nobody makes of their names.
fn assert_random_names(proven: &Proven, drill: Drill) {
    let says = format!("/{drill}: postgres-");
    let warning = proven
        .verdict
        .warnings
        .iter()
        .find(|warning| warning.contains(&says));
    let warning = warning.unwrap_or_else(|| panic!("{:?}", proven.verdict.warnings));
    assert!(
        warning.contains("a Deployment's pods have no stable names"),
        "{warning}"
    );
    let names: Vec<_> = warning
        .split([' ', ','])
        .filter(|word| word.starts_with("postgres-") && word.matches('-').count() == 2)
        .collect();
    assert!(names.len() == 2 && names[0] != names[1], "{warning}");
    let silent = [Promise::Identity, Promise::Address];
    let promises = &proven.verdict.promises;
    assert!(!promises.iter().any(|promise| silent.contains(&promise.promise)));
}

/// D0.10 (a): a Deployment without a volume: the pod comes back under another name, and its rows are gone.
#[test]
fn d0_10_without_a_volume_the_rows_are_lost() {
    let drill = Drill::LosePod;
    let proven = prove("wealist-postgres-deployment-no-volume", &[drill]);
    assert_random_names(&proven, drill);
    assert_promise(
        &proven,
        drill,
        Promise::Durability,
        Outcome::Violated,
        &["lost", "acknowledged rows: 1-"],
    );
    assert_promise(&proven, drill, Promise::Recovery, Outcome::Held, &["Ready"]);
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

/// D0.10 (b): three replicas mount one claim on one node: three servers work on one data directory at once, counted on
/// the node.
#[test]
fn d0_10_three_replicas_are_three_servers_on_one_volume() {
    let drill = Drill::LosePod;
    let proven = prove("wealist-postgres-deployment-shared-claim", &[drill]);
    let words = [
        "claim postgres-data: 3 server processes at once",
        "more than one for",
    ];
    assert_promise(&proven, drill, Promise::Exclusivity, Outcome::Violated, &words);
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

/// D0.16: a Deployment is not impossible: one replica, `Recreate` and one claim keep the rows, and a rollout ends the
/// old server before it starts the new one.
#[test]
fn d0_16_one_replica_with_recreate_keeps_the_rows() {
    let drills = [Drill::LosePod, Drill::Rollout];
    let proven = prove("wealist-postgres-deployment-recreate", &drills);
    for drill in drills {
        assert_random_names(&proven, drill);
        for held in [Promise::Durability, Promise::Recovery] {
            assert_promise(&proven, drill, held, Outcome::Held, &[]);
        }
        let words = ["postgres-data: Bound, 5Gi ReadWriteOnce", "before and after"];
        assert_promise(&proven, drill, Promise::Storage, Outcome::Held, &words);
    }
    let words = ["claim postgres-data: 3 server processes, one after the other"];
    assert_promise(
        &proven,
        Drill::Rollout,
        Promise::Exclusivity,
        Outcome::Held,
        &words,
    );
    // Kubernetes promises this of a rollout only: a deleted pod is replaced at once.
    let lose_pod = promise(&proven, Drill::LosePod, Promise::Exclusivity);
    assert_ne!(
        lose_pod.observed,
        Outcome::Inconclusive,
        "{:?}",
        lose_pod.evidence
    );
}

/// D0.16, the twin: with `RollingUpdate` the new server starts on the volume while the old one runs.
#[test]
fn d0_16_a_rolling_update_runs_two_servers_on_the_volume() {
    let proven = prove("wealist-postgres-deployment-rolling", &[Drill::Rollout]);
    let words = [
        "claim postgres-data: 2 server processes at once",
        "more than one for",
    ];
    assert_promise(
        &proven,
        Drill::Rollout,
        Promise::Exclusivity,
        Outcome::Violated,
        &words,
    );
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}
