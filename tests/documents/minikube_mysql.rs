//! Three unreplicated MySQL servers on three nodes. Sources: `fixtures/SOURCES.md`.

use std::sync::LazyLock;

use stateproof::history::{Event, ObjectState};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::{assert_met_rows, assert_promise, prove, with_standing};

/// One run of the drills on the reconstructed manifest serves the tests of its claims.
static DOCUMENT: LazyLock<Proven> = LazyLock::new(|| prove("minikube-mysql", &[]));

/// The document as a whole: every promise came to what was expected.
#[test]
fn the_document_holds() {
    let verdict = &DOCUMENT.verdict;
    let report = render(verdict, &Style::default());
    assert_eq!(verdict.outcome, Outcome::Held, "{report}");
    let warnings = verdict.warnings.join("\n");
    assert!(warnings.contains("three databases, not a cluster"), "{warnings}");
    assert_met_rows(&DOCUMENT, &[Drill::LoseAllPods, Drill::Order, Drill::Scale]);
}

/// D4.1: `mysql-0`, `1`, `2`, each created after the one before was Ready.
#[test]
fn d4_1_members_are_created_in_order() {
    let words = [
        "mysql-1 was created after mysql-0 was Ready",
        "mysql-2 was created after mysql-1 was Ready",
    ];
    assert_promise(&DOCUMENT, Drill::Order, Promise::Order, Outcome::Held, &words);
}

/// D4.2: all deleted at once, they come back in that order.
#[test]
fn d4_2_members_are_created_again_in_order() {
    let words = [
        "mysql-1 was created after mysql-0 was Ready",
        "mysql-2 was created after mysql-1 was Ready",
    ];
    assert_promise(
        &DOCUMENT,
        Drill::LoseAllPods,
        Promise::Order,
        Outcome::Held,
        &words,
    );
}

/// D4.3: Alice and Bob survive the deletion of `mysql-0`, with the document's own statements.
#[test]
fn d4_3_alice_and_bob_survive() {
    with_standing("minikube-mysql", &[Drill::LosePod], |standing| {
        let sql = |statements: &str| {
            standing.exec(
                "mysql-0",
                &["mysql", "-u", "root", "-ppassword", "-N", "-e", statements],
            )
        };
        sql("CREATE DATABASE testdb;
             USE testdb;
             CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255));
             INSERT INTO users (name) VALUES ('Alice'), ('Bob');");
        let select = "USE testdb; SELECT * FROM users;";
        let before = sql(select);
        assert!(
            before.contains("1\tAlice") && before.contains("2\tBob"),
            "{before}"
        );
        standing.delete_pod("mysql-0");
        // Without a readiness probe Ready means started.
        standing.exec(
            "mysql-0",
            &["mysqladmin", "--wait=60", "-u", "root", "-ppassword", "ping"],
        );
        assert_eq!(sql(select), before);
    });
}

/// D4.4: three claims, three volumes, all different.
#[test]
fn d4_4_each_replica_has_its_own_volume() {
    let mut bound: Vec<(String, String)> = DOCUMENT
        .history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Observed {
                object,
                state: ObjectState::Claim(claim),
                ..
            } => Some((object.name.clone(), claim.volume.clone()?)),
            _ => None,
        })
        .collect();
    bound.sort();
    bound.dedup();
    let mut claims: Vec<_> = bound.iter().map(|(claim, _)| claim).collect();
    claims.dedup();
    assert_eq!(
        claims,
        ["mysql-data-mysql-0", "mysql-data-mysql-1", "mysql-data-mysql-2"]
    );
    let mut volumes: Vec<_> = bound.iter().map(|(_, volume)| volume).collect();
    volumes.sort();
    volumes.dedup();
    assert_eq!(volumes.len(), bound.len(), "two claims share a volume: {bound:?}");
}

/// D4.5: with Immediate the volume is chosen at once, whatever the scheduler will make of the pod.
#[test]
fn d4_5_immediate_binding_does_not_wait_for_the_pod() {
    let proven = prove("minikube-mysql-immediate", &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    assert!(
        !waited_for_its_pod(&proven),
        "an Immediate claim waited for its pod"
    );
}

/// D4.5: the cluster's own class waits for the first consumer: the volume is made where the scheduler wants the pod.
#[test]
fn d4_5_wait_for_first_consumer_waits_for_the_pod() {
    assert!(
        waited_for_its_pod(&DOCUMENT),
        "the claim did not wait for its pod"
    );
}

/// D4.6: the pods spread over three nodes, and come back where their volumes lie.
#[test]
fn d4_6_pods_come_back_where_their_volumes_lie() {
    for ordinal in 0..3 {
        let pod = format!("mysql-{ordinal}");
        let mut nodes: Vec<_> = DOCUMENT
            .history
            .records
            .iter()
            .take_while(|record| !matches!(&record.event, Event::DrillStarted { drill } if drill.drill == Drill::DeleteClaim))
            .filter_map(|record| match &record.event {
                Event::Observed {
                    object,
                    state: ObjectState::Pod(state),
                    ..
                } if object.name == pod => state.node.clone(),
                _ => None,
            })
            .collect();
        nodes.sort();
        nodes.dedup();
        assert_eq!(nodes.len(), 1, "{pod} was on {nodes:?}");
    }
    assert_eq!(DOCUMENT.verdict.facts.cluster.nodes.len(), 3);
}

/// Whether `mysql-0`'s claim was said to wait for its pod. Either way it is bound before the pod has a node: that is
/// checked here.
fn waited_for_its_pod(proven: &Proven) -> bool {
    let position = |wanted: &dyn Fn(&str, &ObjectState) -> bool| {
        proven.history.records.iter().position(|record| {
            matches!(&record.event, Event::Observed { object, state, .. } if wanted(&object.name, state))
        })
    };
    let bound = position(&|name, state| {
        name.ends_with("-mysql-0") && matches!(state, ObjectState::Claim(claim) if claim.volume.is_some())
    });
    let scheduled = position(&|name, state| {
        name == "mysql-0" && matches!(state, ObjectState::Pod(pod) if pod.node.is_some())
    });
    assert!(bound.unwrap() < scheduled.unwrap());
    let waited = position(&|_, state| {
        matches!(state, ObjectState::Event(event)
            if event.about_name.ends_with("-mysql-0") && event.reason == "WaitForFirstConsumer")
    });
    waited.is_some()
}
