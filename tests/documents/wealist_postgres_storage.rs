//! What becomes of PostgreSQL 16's volumes: `lost+found`, reclaim policies, retention policies. Sources:
//! `fixtures/SOURCES.md`.

use std::collections::BTreeSet;
use std::process::Command;

use k8s_openapi::api::core::v1::PersistentVolume;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use stateproof::cluster::connect;
use stateproof::cluster::provider::{Cluster, Clusters};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::run::Proven;

use crate::support::census::volumes;
use crate::support::{assert_promise, block_on, cluster, expect_failure, prove};

/// D0.8: a volume that holds `lost+found`, with PGDATA at its root: initdb refuses.
#[test]
fn d0_8_initdb_refuses_a_directory_with_lost_found() {
    let proven = expect_failure("wealist-postgres-lost-found", &["Pod/postgres-0:log=lost+found"]);
    let words = ["lost+found"];
    assert_promise(
        &proven,
        Drill::ExpectFailure,
        Promise::Failure,
        Outcome::Held,
        &words,
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D0.8, the good variant: with PGDATA in a subdirectory of the same volume it starts, and keeps its rows.
#[test]
fn d0_8_a_subdirectory_beside_lost_found_starts() {
    let proven = prove("wealist-postgres-lost-found-subdirectory", &[Drill::LosePod]);
    assert_promise(&proven, Drill::LosePod, Promise::Durability, Outcome::Held, &[]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D0.14: with reclaim policy `Retain` the volume outlives its claim as `Released`, and the next claim gets another.
/// The run takes it away all the same, with what is on it: it made it.
#[test]
fn d0_14_a_retained_volume_outlives_its_claim() {
    let drill = Drill::DeleteClaim;
    let proven = prove("wealist-postgres-retain", &[drill]);
    let words = [
        "(reclaim policy Retain) stayed, Released",
        "the next claim postgres-data-postgres-0 has another volume",
    ];
    assert_promise(&proven, drill, Promise::Retention, Outcome::Held, &words);
    let words = ["lost 100 acknowledged rows"];
    assert_promise(&proven, drill, Promise::Durability, Outcome::Violated, &words);
    assert_eq!(proven.verdict.outcome, Outcome::Held);

    let made = volumes_seen(&proven);
    assert_eq!(made.len(), 2, "the first claim's and the next one's: {made:?}");
    let left = block_on(left_behind(&made));
    assert!(left.is_empty(), "{left:?}");
}

/// D0.14, the twin: with `Delete`, the default class's, the volume goes with its claim.
#[test]
fn d0_14_a_volume_to_be_deleted_goes_with_its_claim() {
    let drill = Drill::DeleteClaim;
    let proven = prove("wealist-postgres", &[drill]);
    let words = ["(reclaim policy Delete) went with its claim"];
    assert_promise(&proven, drill, Promise::Retention, Outcome::Held, &words);
    let made = volumes_seen(&proven);
    assert_eq!(made.len(), 2, "{made:?}");
}

/// D0.15, when it is scaled down: with `whenScaled: Delete` the claim of the member that goes, goes, and the report says
/// that this is what the manifest asks for.
#[test]
fn d0_15_the_retention_policy_delete_takes_the_claim_when_scaled_down() {
    let proven = prove("wealist-postgres-retention-scaled", &[Drill::Scale]);
    let words = ["postgres-data-postgres-1", "whenScaled: Delete"];
    assert_promise(
        &proven,
        Drill::Scale,
        Promise::Retention,
        Outcome::Violated,
        &words,
    );
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

/// The names of the volumes that the run's claims were bound to.
fn volumes_seen(proven: &Proven) -> BTreeSet<String> {
    volumes(proven)
        .into_iter()
        .map(|volume| volume.name.clone())
        .collect()
}

/// Those of these volumes that are there still, and what the nodes' disks have of them: local-path calls a volume's
/// directory `VOLUME_NAMESPACE_CLAIM`.
async fn left_behind(volumes: &BTreeSet<String>) -> Vec<String> {
    let cluster = Clusters::from_env().unwrap().ensure(&cluster()).await.unwrap();
    let (client, _) = connect(&cluster.kubeconfig).await.unwrap();
    let api: Api<PersistentVolume> = Api::all(client);
    let there = api.list(&ListParams::default()).await.unwrap();
    let there = there.iter().map(ResourceExt::name_any).chain(on_disk(&cluster));
    there
        .filter(|name| volumes.iter().any(|volume| name.contains(volume)))
        .collect()
}

fn on_disk(cluster: &Cluster) -> Vec<String> {
    let mut found = Vec::new();
    for node in &cluster.nodes {
        let find = [
            "find",
            "/",
            "-xdev",
            "-maxdepth",
            "5",
            "-type",
            "d",
            "-name",
            "pvc-*_*_*",
        ];
        let output = Command::new("docker")
            .args(["exec", &node.container])
            .args(find)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let lines = String::from_utf8(output.stdout).unwrap();
        found.extend(lines.lines().map(|line| format!("{}:{line}", node.name)));
    }
    found
}
