//! What the tests on a cluster share. All of them use one cluster, made by the first that needs it and kept for the
//! others; `scripts/test` removes it in the end.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::path::{Path, PathBuf};

use stateproof::cluster::provider::{ClusterSpec, ConfigFile, Layout, Provider};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::{Proven, RunError, Verification};
use stateproof::verdict::PromiseVerdict;

/// The cluster that the tests share.
pub const CLUSTER: &str = "stateproof-test";

/// A fixture's directory.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// The project's own configuration for kind: three nodes.
pub fn kind_yaml() -> ConfigFile {
    config(Provider::Kind, "kind.yaml")
}

/// The project's own configuration for k3d.
pub fn k3d_yaml() -> ConfigFile {
    config(Provider::K3d, "k3d.yaml")
}

fn config(provider: Provider, name: &str) -> ConfigFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    ConfigFile::read(provider, &path).unwrap_or_else(|problem| panic!("{problem}"))
}

/// The shared cluster; `STATEPROOF_NODE_IMAGE` chooses its node image, as it does for the command.
pub fn cluster() -> ClusterSpec {
    ClusterSpec {
        name: CLUSTER.to_owned(),
        layout: Some(Layout::File(kind_yaml())),
        node_image: std::env::var("STATEPROOF_NODE_IMAGE")
            .ok()
            .filter(|image| !image.is_empty()),
        keep: true,
        ..ClusterSpec::default()
    }
}

/// The cluster that the tests for k3d share.
pub fn k3d_cluster() -> ClusterSpec {
    ClusterSpec {
        provider: Provider::K3d,
        name: format!("{CLUSTER}-k3d"),
        layout: Some(Layout::File(k3d_yaml())),
        keep: true,
        ..ClusterSpec::default()
    }
}

/// A verification of a fixture on the shared cluster.
pub fn verification(fixture_name: &str) -> Verification {
    let verification = Verification::of([fixture(fixture_name)]).cluster(cluster());
    match std::env::var_os("STATEPROOF_REPORTS") {
        Some(directory) => {
            let directory = PathBuf::from(directory);
            std::fs::create_dir_all(&directory).unwrap();
            verification.history(directory.join(format!("{}.jsonl", fixture_name.replace('/', "-"))))
        }
        None => verification,
    }
}

/// Runs something asynchronous to its end, on a runtime of its own: a kube client's worker dies with the runtime that
/// made it, so nothing is shared between tests but values.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// Proves a fixture with these drills and takes everything away again.
pub fn prove(fixture_name: &str, drills: &[Drill]) -> Proven {
    let proven = block_on(verification(fixture_name).drills(drills).run());
    let proven = proven.unwrap_or_else(|error| panic!("{fixture_name}: {}", error.lines().join("\n  ")));
    println!("{}", render(&proven.verdict, &Style::default()));
    proven
}

/// Begins to prove a fixture that cannot be proven, and gives why.
pub fn refuse(fixture_name: &str) -> RunError {
    match block_on(verification(fixture_name).run()) {
        Err(error) => error,
        Ok(proven) => panic!("{}", render(&proven.verdict, &Style::default())),
    }
}

/// What a promise of a drill came to.
pub fn promise(proven: &Proven, drill: Drill, promise: Promise) -> &PromiseVerdict {
    let mut found = proven
        .verdict
        .promises
        .iter()
        .filter(|one| one.drill.drill == drill && one.promise == promise);
    found
        .next()
        .unwrap_or_else(|| panic!("{drill} has no promise {promise}"))
}

/// Checks what a promise came to and that the evidence says so in these words.
pub fn assert_promise(proven: &Proven, drill: Drill, which: Promise, observed: Outcome, words: &[&str]) {
    let found = promise(proven, drill, which);
    let evidence = found.evidence.join("\n");
    assert_eq!(found.observed, observed, "{drill} {which}: {evidence}");
    for word in words {
        assert!(
            evidence.contains(word),
            "{drill} {which}: {word:?} is not in the evidence:\n{evidence}"
        );
    }
}
