//! What is done to a workload beside what the documents do, and the twin of each.

use std::fs;

use stateproof::cluster::provider::{ClusterSpec, Clusters, ConfigFile, Layout, Provider};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::{Proven, RunError, Verification};

use crate::scene::docker;
use crate::support::{assert_promise, block_on, fixture, k3d_cluster, prove, proven, verification};

#[test]
fn a_server_that_is_killed_or_rolled_over_keeps_its_rows() {
    let proven = prove("wealist-postgres", &[Drill::Crash, Drill::Rollout]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    met_rows(&proven, &[Drill::Crash, Drill::Rollout]);
    let words = ["stayed", "exit code 137"];
    assert_promise(&proven, Drill::Crash, Promise::Identity, Outcome::Held, &words);
    let (rollout, durability) = (Drill::Rollout, Promise::Durability);
    assert_promise(&proven, rollout, durability, Outcome::Held, &["acknowledged"]);
}

#[test]
fn a_server_without_a_volume_loses_them_with_its_container() {
    let (crash, rollout) = (Drill::Crash, Drill::Rollout);
    let proven = prove("wealist-postgres-uncovered", &[crash, rollout]);
    met_rows(&proven, &[crash, rollout]);
    for drill in [crash, rollout] {
        assert_promise(&proven, drill, Promise::Durability, Outcome::Violated, &["lost"]);
    }
    assert_promise(&proven, crash, Promise::Identity, Outcome::Held, &["stayed"]);
}

#[test]
fn a_primary_that_is_killed_keeps_what_the_majority_has() {
    let proven = prove("grade-submission/6-post-start-repaired", &[Drill::Crash]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

#[test]
fn scaled_to_none_and_back_the_rows_are_there() {
    let proven = prove("wealist-postgres", &[Drill::ScaleToZero]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    met_rows(&proven, &[Drill::ScaleToZero]);
}

#[test]
fn scaled_to_none_they_go_where_the_claims_go() {
    let proven = prove("wealist-postgres-retention-scaled", &[Drill::ScaleToZero]);
    met_rows(&proven, &[Drill::ScaleToZero]);
    let (drill, durability) = (Drill::ScaleToZero, Promise::Durability);
    assert_promise(&proven, drill, durability, Outcome::Violated, &["lost"]);
}

#[test]
fn a_bad_rollout_sticks_with_ordered_ready() {
    let proven = prove("wealist-postgres", &[Drill::BadRollout]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    met_rows(&proven, &[Drill::BadRollout]);
    let words = ["still", "deleted by hand, it was Ready", "forced rollback"];
    assert_promise(
        &proven,
        Drill::BadRollout,
        Promise::Rollback,
        Outcome::Violated,
        &words,
    );
}

#[test]
fn a_bad_rollout_is_taken_back_with_parallel() {
    let proven = prove("wealist-postgres-parallel", &[Drill::BadRollout]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    met_rows(&proven, &[Drill::BadRollout]);
    let words = ["by itself every member was Ready again"];
    assert_promise(
        &proven,
        Drill::BadRollout,
        Promise::Rollback,
        Outcome::Held,
        &words,
    );
}

/// On the cluster that k3d made: a paused node keeps all other runs off its cluster, and most of them are on the other.
#[test]
fn a_paused_node_and_a_forced_deletion_make_no_second_writer_on_a_nodes_own_volume() {
    let run = verification("wealist-postgres").cluster(k3d_cluster());
    let proven = proven(&run.drills(&[Drill::PauseNode]));
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    met_rows(&proven, &[Drill::PauseNode]);
    let words = ["2 server processes, one after the other"];
    assert_promise(
        &proven,
        Drill::PauseNode,
        Promise::Exclusivity,
        Outcome::Held,
        &words,
    );
}

/// The twin: with a directory that all nodes share the new pod does not wait for the silent node.
#[test]
fn on_a_shared_directory_they_make_two() {
    let shared = tempfile::tempdir().unwrap();
    let directory = shared.path().join("files");
    fs::create_dir(&directory).unwrap();
    let mount = format!("extraMounts: [{{ hostPath: {directory:?}, containerPath: /srv/shared }}]");
    let config = shared.path().join("kind.yaml");
    let text = format!(
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n  - role: control-plane\n  \
         - {{ role: worker, {mount} }}\n  - {{ role: worker, {mount} }}\n"
    );
    fs::write(&config, text).unwrap();
    let spec = ClusterSpec {
        layout: Some(Layout::File(ConfigFile::read(Provider::Kind, &config).unwrap())),
        keep: true,
        ..cluster_of_ones_own("shared")
    };
    let proven = block_on(async {
        let clusters = Clusters::from_env().unwrap();
        let cluster = clusters.ensure(&spec).await.unwrap();
        let run = verification("wealist-postgres-shared-directory");
        let proven = run.cluster(spec).drills(&[Drill::PauseNode]).run().await;
        // The files are the server's; whoever runs this may not remove them, a node may.
        docker(&["exec", &cluster.nodes[1].name, "sh", "-c", "rm -rf /srv/shared/*"]);
        clusters.remove(&cluster.name).await.unwrap();
        proven.unwrap()
    });
    println!("{}", render(&proven.verdict, &Style::default()));
    let words = ["2 server processes at once", "with UID"];
    assert_promise(
        &proven,
        Drill::PauseNode,
        Promise::Exclusivity,
        Outcome::Violated,
        &words,
    );
}

#[test]
fn the_only_node_is_not_paused() {
    let run = Verification::of([fixture("wealist-postgres")]);
    let run = run
        .cluster(cluster_of_ones_own("only"))
        .drills(&[Drill::PauseNode]);
    let error = block_on(run.run()).err().unwrap();
    assert!(matches!(error, RunError::Unfit { .. }), "{error}");
    assert!(error.to_string().contains("--nodes 2"), "{error}");
}

/// Each of these drills' faults met a server in the middle of its work: a hundred rows were acknowledged before it, and more
/// were under way.
fn met_rows(proven: &Proven, drills: &[Drill]) {
    let rows = &proven.verdict.rows;
    assert!(
        rows.iter()
            .map(|rows| rows.drill.drill)
            .eq(drills.iter().copied())
    );
    for rows in rows {
        let drill = &rows.drill;
        let (before, in_flight) = (&rows.acknowledged_before, &rows.in_flight);
        assert!(before.len() >= 100, "{drill}: acknowledged before: {before}");
        assert!(!in_flight.is_empty(), "{drill}: nothing was in flight");
    }
}

/// One that a single test makes.
fn cluster_of_ones_own(name: &str) -> ClusterSpec {
    ClusterSpec {
        name: format!("stateproof-{name}-{}", std::process::id()),
        ..ClusterSpec::default()
    }
}
