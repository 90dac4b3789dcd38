//! Manifests in the shapes of strangers', `fixtures/wild`, get the verdicts that their README promises: whole runs, with
//! the configuration that lies beside them.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use stateproof::config::Config;
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::{Proven, Verification};

use crate::support::{CLUSTER, assert_promise, block_on, fixture, plans, verification};

/// A verification with the configuration that lies beside the manifests.
fn configured(name: &str) -> Verification {
    let name = format!("wild/{name}");
    let verification = verification(&name);
    match Config::beside(&[fixture(&name)]).unwrap() {
        Some(file) => verification.config(Config::read(&file).unwrap()),
        None => verification,
    }
}

/// The whole run.
fn verify(name: &str) -> Proven {
    let proven = block_on(configured(name).run());
    proven.unwrap_or_else(|error| panic!("{name}: {}", error.lines().join("\n  ")))
}

/// Every promise of a whole run comes to what was expected, and these workloads were looked at, sorted by name.
fn held(name: &str, workloads: &[&str]) -> Proven {
    let proven = verify(name);
    let report = render(&proven.verdict, &Style::default());
    assert_eq!(proven.verdict.outcome, Outcome::Held, "{report}");
    let mut found: Vec<_> = plans(&proven)
        .iter()
        .map(|plan| plan.workload.name.as_str())
        .collect();
    found.sort_unstable();
    assert_eq!(found, workloads);
    proven
}

/// `stateproof verify` on the tests' cluster, as a process of its own.
fn on_the_cluster() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stateproof"));
    command.args(["verify", "--name", CLUSTER, "--keep"]);
    command
}

fn said(run: &Output) -> String {
    String::from_utf8([run.stdout.as_slice(), &run.stderr].concat()).unwrap()
}

/// A password stands neither in the history nor in the report.
fn hides(proven: &Proven, secret: &str) {
    let report = render(&proven.verdict, &Style::default());
    let records = proven
        .history
        .records
        .iter()
        .map(|record| serde_json::to_string(record).unwrap());
    for text in records.chain([report]) {
        assert!(!text.contains(secret), "a password stands in {text}");
    }
}

#[test]
fn a_chart_as_helm_prints_it() {
    let proven = held("bitnami-postgresql", &["orders-postgresql"]);
    assert_promise(
        &proven,
        Drill::Evict,
        Promise::Protection,
        Outcome::Held,
        &["evicted, as orders-postgresql allows"],
    );
    hides(&proven, "wild-admin-secret");
    hides(&proven, "wild-orders-secret");
}

#[test]
fn an_operators_resources_are_refused() {
    let refused = block_on(configured("cnpg-cluster").run());
    let said = refused.err().unwrap().lines().join("\n");
    assert!(
        said.contains("Cluster") && said.contains("postgresql.cnpg.io"),
        "{said}"
    );
}

/// `kustomize build | stateproof verify -`, as a user who may make a table and nothing else: the owner may not log in. The
/// password is in the environment, and in nothing that is said.
#[test]
fn what_kustomize_prints_with_a_user_of_hardly_any_rights() {
    let set = fixture("wild/kustomize-json");
    let reports = tempfile::tempdir().unwrap();
    let run = on_the_cluster()
        .args(["-vv", "--report"])
        .arg(reports.path())
        .arg("--config")
        .arg(set.join("stateproof.toml"))
        .arg("-")
        .env("CATALOG_CLERK_PASSWORD", "wild-clerk-secret")
        .stdin(File::open(set.join("all.json")).unwrap())
        .output()
        .unwrap();
    let (code, said) = (run.status.code(), said(&run));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("wild-kustomize/catalog-db/delete-claim"), "{said}");
    let history = std::fs::read_to_string(reports.path().join("run.jsonl")).unwrap();
    for secret in ["wild-clerk-secret", "wild-catalog-secret"] {
        for text in [&said, &history] {
            assert!(!text.contains(secret), "a password stands in {text}");
        }
    }
}

#[test]
fn a_fork_of_mysql_in_a_sub_path() {
    hides(&held("mariadb", &["mariadb"]), "wild-mariadb-root");
}

#[test]
fn a_replica_set_member_with_a_key_file() {
    hides(&held("mongodb-keyfile", &["mongodb"]), "wild-mongodb-root");
}

#[test]
fn a_replica_set_whose_every_member_has_its_own_user_already() {
    let proven = held("mongodb-set", &["mongodb"]);
    hides(&proven, "wild-mongodb-set-root");
    assert_promise(
        &proven,
        Drill::StepDown,
        Promise::Recovery,
        Outcome::Held,
        &["PRIMARY"],
    );
}

#[test]
fn readers_without_replication_differ() {
    let proven = verify("mysql-readers");
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
    assert_promise(
        &proven,
        Drill::Divergence,
        Promise::Agreement,
        Outcome::Violated,
        &["no member has all rows"],
    );
}

#[test]
fn a_fork_with_a_user_of_its_own() {
    let proven = held("percona-mysql", &["ledger-mysql"]);
    hides(&proven, "wild-percona-root");
    hides(&proven, "wild-percona-app");
}

#[test]
fn a_deployment_with_a_claim() {
    held("postgres-deployment", &["postgres"]);
}

#[test]
fn a_bare_pod_with_a_claim() {
    held("postgres-pod", &["scratch-db"]);
}

#[test]
fn an_engine_that_nobody_speaks() {
    held("redis", &["redis"]);
}

#[test]
fn two_databases_in_three_namespaces() {
    held("shop-namespaces", &["orders", "reports"]);
}

/// Its drills in two shares, as two machines have them: together Held. The twin, without one of them, is not.
#[test]
fn a_static_site_in_two_shares() {
    let reports = tempfile::tempdir().unwrap();
    let report = |shard: &str| reports.path().join(shard.replace('/', "-of-"));
    let shares = ["1/2", "2/2"].map(|shard| {
        let run = on_the_cluster()
            .args(["--shard", shard, "--report"])
            .arg(report(shard))
            .arg(fixture("wild/static-site"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        (shard, run)
    });
    for (shard, run) in shares {
        let run = run.wait_with_output().unwrap();
        assert_eq!(run.status.code(), Some(0), "{shard}: {}", said(&run));
    }
    let merge = |shards: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
            .arg("merge")
            .args(shards.iter().copied().map(report))
            .output()
            .unwrap();
        (run.status.code(), said(&run))
    };
    let (code, said) = merge(&["2/2", "1/2"]);
    assert_eq!(code, Some(0), "{said}");
    let planned = configured("static-site").plan().unwrap().remove(0).drills;
    for drill in planned {
        let title = format!("wild-site/site/{}\n", drill.drill);
        assert!(said.contains(&title), "{title} is not in {said}");
    }
    let (code, said) = merge(&["1/2"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("shard 2 of 2 is missing"), "{said}");
}

#[test]
fn a_server_with_an_exporter_beside_it() {
    held("timescaledb-exporter", &["metrics-db"]);
}
