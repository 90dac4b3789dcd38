//! Three unreplicated MySQL servers on three nodes. Sources: `fixtures/SOURCES.md`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use stateproof::history::{Event, ObjectState};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::census::Census;
use crate::support::{
    assert_claims, assert_met_rows, assert_promise, cluster, first_seen, promise, prove, with_standing,
};

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
        // The twin of "nothing is left": while it stands, the same census finds it (D2.9, D3.12).
        let stands = Census::of(&cluster()).of_run(&standing.proven);
        let kinds = [
            "Namespace",
            "StatefulSet",
            "Service",
            "Pod",
            "PersistentVolumeClaim",
            "PersistentVolume",
            "ControllerRevision",
        ];
        for kind in kinds {
            assert!(
                stands.iter().any(|one| one.starts_with(&format!("{kind} "))),
                "no {kind}: {stands:?}"
            );
        }
    });
}

/// D4.4: three claims, three volumes, all different.
#[test]
fn d4_4_each_replica_has_its_own_volume() {
    let claims = ["mysql-data-mysql-0", "mysql-data-mysql-1", "mysql-data-mysql-2"];
    assert_claims(&DOCUMENT, &claims, "1Gi");
}

/// D4.5: with Immediate the claim is bound whatever the scheduler will make of the pod: it waits for nobody.
#[test]
fn d4_5_immediate_binding_does_not_wait_for_the_pod() {
    let proven = prove("minikube-mysql-immediate", &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    let told = told(&proven);
    assert!(told.ends_with("before mysql-0 was scheduled"), "{told}");
}

/// D4.5: the cluster's own class waits for the first consumer: the volume is made where the scheduler wants the pod.
#[test]
fn d4_5_wait_for_first_consumer_waits_for_the_pod() {
    let told = told(&DOCUMENT);
    let waited = "before mysql-0 was scheduled, having waited for it (WaitForFirstConsumer)";
    assert!(told.ends_with(waited), "{told}");
}

/// D4.6: three nodes take pods; each pod comes back where its volume lies. That they spread, nobody promises who asks for
/// no anti-affinity (D1.10).
#[test]
fn d4_6_pods_come_back_where_their_volumes_lie() {
    // The claims are made anew there.
    let is_over =
        |event: &Event| matches!(event, Event::DrillStarted { drill } if drill.drill == Drill::DeleteClaim);
    let records = &DOCUMENT.history.records;
    let seen = || {
        let until = records.iter().take_while(|record| !is_over(&record.event));
        until.filter_map(|record| match &record.event {
            Event::Observed { object, state, .. } => Some((object, state)),
            _ => None,
        })
    };
    for ordinal in 0..3 {
        let (pod, claim) = (format!("mysql-{ordinal}"), format!("mysql-data-mysql-{ordinal}"));
        let claim = seen().find(|(object, _)| object.name == claim);
        let uid = &claim.unwrap().0.uid;
        let lies: BTreeSet<_> = seen()
            .filter_map(|(_, state)| match state {
                ObjectState::Volume(volume) if volume.claim_uid.as_ref() == Some(uid) => Some(&volume.nodes),
                _ => None,
            })
            .flatten()
            .collect();
        let pods: BTreeSet<_> = seen()
            .filter_map(|(object, state)| match state {
                ObjectState::Pod(state) if object.name == pod => Some((&object.uid, state.node.as_ref()?)),
                _ => None,
            })
            .collect();
        assert!(pods.len() > 1, "{pod} never came back: {pods:?}");
        let was_on: BTreeSet<_> = pods.into_iter().map(|(_, node)| node).collect();
        assert_eq!((was_on.len(), &was_on), (1, &lies), "{pod}");
    }
    assert_eq!(DOCUMENT.verdict.facts.cluster.nodes.len(), 3);
}

/// What the report says of when `mysql-0`'s claim was bound. Its pod has no node before that, in either mode: that this is
/// what happened, is checked here, by resourceVersion: the two come by watches of their own.
fn told(proven: &Proven) -> String {
    let version = |wanted: &dyn Fn(&str, &ObjectState) -> bool| {
        first_seen(proven, |object, version, state| {
            wanted(&object.name, state).then(|| version.parse::<u64>().unwrap())
        })
    };
    let bound = version(&|name, state| {
        name.ends_with("-mysql-0") && matches!(state, ObjectState::Claim(claim) if claim.volume.is_some())
    });
    let scheduled = version(&|name, state| {
        name == "mysql-0" && matches!(state, ObjectState::Pod(pod) if pod.node.is_some())
    });
    let (bound, scheduled) = (bound.unwrap(), scheduled.unwrap());
    assert!(bound < scheduled, "bound at {bound}, scheduled at {scheduled}");
    let storage = promise(proven, Drill::LosePod, Promise::Storage);
    let (_, told) = storage.evidence[0]
        .split_once("; bound ")
        .unwrap_or_else(|| panic!("{:?}", storage.evidence));
    told.to_owned()
}
