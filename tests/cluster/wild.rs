//! Manifests in the shapes of strangers', `fixtures/wild`, get the verdicts that their README promises: whole runs, with
//! the configuration that lies beside them.

use stateproof::config::Config;
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::{Proven, Verification};

use crate::support::{assert_promise, block_on, fixture, plans, verification};

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

#[test]
fn what_kustomize_prints() {
    held("kustomize-json", &["catalog-db"]);
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

#[test]
fn a_static_site() {
    held("static-site", &["site"]);
}

#[test]
fn a_server_with_an_exporter_beside_it() {
    held("timescaledb-exporter", &["metrics-db"]);
}
