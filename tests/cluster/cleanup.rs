//! What is left behind: nothing, on every way out.

use std::path::PathBuf;
use std::process::Command;

use k8s_openapi::api::core::v1::{Namespace, Node, PersistentVolume};
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use stateproof::cluster::connect;
use stateproof::cluster::provider::Clusters;
use stateproof::plan::Drill;

use crate::support::process::{Run, posix};
use crate::support::{CLUSTER, block_on, cluster, prove};

/// After a run on a reused cluster its namespaces and volumes are gone.
#[test]
fn a_finished_run_leaves_nothing_in_the_cluster() {
    let proven = prove("wealist-postgres-class-standard", &[Drill::LosePod]);
    let ours = proven.verdict.promises[0].drill.workload.namespace.clone();
    let left = block_on(left_in_cluster());
    assert!(!left.iter().any(|name| name.contains(&ours)), "{left:?}");
}

/// SIGINT while a drill is under way: exit code 130, and nothing of the run is left in the cluster.
#[test]
fn sigint_during_a_drill_leaves_nothing() {
    interrupted_run(posix::INT, "lose-pod", "wealist-postgres-secret");
}

/// SIGTERM while the workload comes up: the same.
#[test]
fn sigterm_while_the_workload_comes_up_leaves_nothing() {
    interrupted_run(posix::TERM, "bringing up", "wealist-postgres-manual-claim");
}

/// SIGKILL leaves everything: the next run of the same set finds the volume that the dead run's claim holds, and takes
/// away both.
#[test]
fn what_sigkill_leaves_goes_with_the_next_run_of_the_set() {
    let set = "sfs-nginx/volume";
    block_on(shared_cluster());
    let mut run = Run::start(&["--name", CLUSTER, "--keep", "--drill", "lose-pod"], set);
    run.wait_for("lose-pod: delete pod");
    assert_eq!(run.signal(posix::KILL), None);
    let dead = format!("-{:x}", run.id());
    let of_the_dead = || {
        block_on(left_in_cluster())
            .into_iter()
            .filter(|name| name.ends_with(&dead))
    };
    assert!(of_the_dead().count() > 0, "the dead run left nothing");
    let proven = prove(set, &[Drill::LosePod]);
    // Whether the pod finds its files again is the scheduler's choice: the volume names no node.
    assert!(proven.verdict.failures.is_empty() && proven.verdict.shortfalls.is_empty());
    let left: Vec<_> = of_the_dead().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// SIGINT while a node is cordoned: it is given back, and nothing of the run is left.
#[test]
fn sigint_during_a_drain_leaves_no_cordon() {
    block_on(shared_cluster());
    let reports = tempfile::tempdir().unwrap();
    let report = reports.path().to_str().unwrap();
    let args = [
        "--name", CLUSTER, "--keep", "--drill", "drain", "--report", report,
    ];
    let mut run = Run::start(&args, "wealist-postgres-class-local-path");
    // Nothing is evicted before the node was seen cordoned.
    run.wait_for("drain: evict pod");
    assert_eq!(run.signal(posix::INT), Some(130));
    let history = std::fs::read_to_string(reports.path().join("run.jsonl")).unwrap();
    assert!(history.contains("\"cordoned\":true"), "no node was cordoned");
    assert!(
        !history.contains("\"fault\":\"uncordon\""),
        "the drill itself gave the node back"
    );
    let cordoned = block_on(cordoned());
    assert!(cordoned.is_empty(), "{cordoned:?}");
}

/// SIGINT while the cluster is being created: no container, no journal, no kubeconfig is left.
#[test]
fn sigint_during_creation_leaves_no_cluster() {
    let name = "stateproof-test-sigint";
    let mut run = Run::start(&["--name", name], "wealist-postgres");
    run.wait_for("getting cluster");
    // Once the node's container is there, kind is in the midst of it.
    run.wait_until("the node's container exists", || !containers_of(name).is_empty());
    let exit = run.signal(posix::INT);
    assert_eq!(exit, Some(130));
    assert!(containers_of(name).is_empty(), "{:?}", containers_of(name));
    assert!(
        !Clusters::from_env()
            .unwrap()
            .names()
            .unwrap()
            .contains(&name.to_owned()),
        "the journal still knows it"
    );
}

fn interrupted_run(signal: &str, when: &str, set: &str) {
    block_on(shared_cluster());
    let mut run = Run::start(&["--name", CLUSTER, "--keep"], set);
    run.wait_for(when);
    let exit = run.signal(signal);
    assert_eq!(exit, Some(130));
    let namespace = set.replace("wealist-postgres-", "postgresql-");
    let run_namespace = format!("-{:x}", run.id());
    let left = block_on(left_in_cluster());
    let ours: Vec<_> = left
        .iter()
        .filter(|name| name.contains(&namespace) || name.ends_with(&run_namespace))
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}

async fn shared_cluster() -> PathBuf {
    Clusters::from_env()
        .unwrap()
        .ensure(&cluster())
        .await
        .unwrap()
        .kubeconfig
}

/// Namespaces, and volumes as `NAME of NAMESPACE`.
async fn left_in_cluster() -> Vec<String> {
    let (client, _) = connect(&shared_cluster().await).await.unwrap();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let volumes: Api<PersistentVolume> = Api::all(client);
    let mut left: Vec<_> = namespaces
        .list(&ListParams::default())
        .await
        .unwrap()
        .iter()
        .map(ResourceExt::name_any)
        .collect();
    for volume in volumes.list(&ListParams::default()).await.unwrap() {
        let claim = volume
            .spec
            .as_ref()
            .and_then(|spec| spec.claim_ref.clone())
            .unwrap_or_default();
        left.push(format!(
            "{} of {}",
            volume.name_any(),
            claim.namespace.unwrap_or_default()
        ));
    }
    left
}

async fn cordoned() -> Vec<String> {
    let (client, _) = connect(&shared_cluster().await).await.unwrap();
    let nodes = Api::<Node>::all(client)
        .list(&ListParams::default())
        .await
        .unwrap();
    let cordoned = nodes.iter().filter(|node| {
        let spec = node.spec.as_ref();
        spec.is_some_and(|spec| spec.unschedulable == Some(true))
    });
    cordoned.map(ResourceExt::name_any).collect()
}

fn containers_of(cluster: &str) -> Vec<String> {
    let filter = format!("label=io.x-k8s.kind.cluster={cluster}");
    let output = Command::new("docker")
        .args(["ps", "-aq", "--filter", &filter])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}
