//! Going over from one set of manifests to another, on a real cluster.

use std::time::Duration;

use stateproof::history::Event;
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::run::Proven;

use crate::support::{assert_promise, block_on, fixture, verification};

/// From `upgrade/now` to another set.
fn upgrade(to: &str) -> Proven {
    go_over("now", to)
}

fn go_over(from: &str, to: &str) -> Proven {
    let verification = verification(&format!("upgrade/{from}"))
        .upgrade_to([fixture(&format!("upgrade/{to}"))])
        .deadline(Duration::from_mins(2));
    block_on(verification.run()).unwrap_or_else(|error| panic!("{to}: {}", error.lines().join("\n  ")))
}

fn check(proven: &Proven, promise: Promise, observed: Outcome, words: &[&str]) {
    assert_promise(proven, Drill::Upgrade, promise, observed, words);
}

#[test]
fn another_argument_is_gone_over_to_and_the_rows_are_there() {
    let proven = upgrade("arguments");
    let words = [
        "containers[postgres].args[1]",
        "every member was replaced and Ready",
    ];
    check(&proven, Promise::Upgrade, Outcome::Held, &words);
    check(&proven, Promise::Storage, Outcome::Held, &[]);
    check(&proven, Promise::Durability, Outcome::Held, &["acknowledged"]);
    proven.assert_held();
}

#[test]
fn a_deployment_is_gone_over_as_well() {
    let proven = go_over("deployment", "deployment-arguments");
    let words = [
        "containers[postgres].args[1]",
        "every member was replaced and Ready",
    ];
    check(&proven, Promise::Upgrade, Outcome::Held, &words);
    check(&proven, Promise::Durability, Outcome::Held, &["acknowledged"]);
    proven.assert_held();
}

#[test]
fn a_larger_claim_is_refused_and_the_way_round_is_said() {
    let proven = upgrade("larger-claim");
    let words = [
        "the API server refused the new manifests",
        "updates to statefulset spec for fields other than",
        "volumeClaimTemplates[data].spec.resources.requests.storage: 1Gi → 2Gi",
        "--cascade=orphan",
    ];
    check(&proven, Promise::Upgrade, Outcome::Violated, &words);
    // What ran, runs on.
    check(&proven, Promise::Durability, Outcome::Held, &["acknowledged"]);
    assert_eq!(proven.verdict.outcome, Outcome::Violated);
}

#[test]
fn an_older_server_does_not_start_on_newer_files() {
    let proven = upgrade("older-server");
    let words = ["postgres:16-alpine → postgres:15", "orders-0 is not Ready"];
    check(&proven, Promise::Upgrade, Outcome::Violated, &words);
    // The server's own words are among the causes.
    let told = proven.history.records.iter().any(|record| match &record.event {
        Event::DrillEnded { error, .. } => error.join("\n").contains("not compatible with this version"),
        _ => false,
    });
    assert!(told, "{:?}", proven.verdict.failures);
}

#[test]
fn another_password_in_the_secret_is_not_the_servers() {
    let proven = upgrade("other-password");
    assert_eq!(proven.verdict.outcome, Outcome::Inconclusive);
    let words = ["not carried through"];
    check(&proven, Promise::Durability, Outcome::Inconclusive, &words);
    let failures = format!("{:?}", proven.verdict.failures);
    assert!(failures.contains("password authentication failed"), "{failures}");
}
