//! MongoDB 4.4 as two members and as a replica set, namespace `grade-submission`. Sources: `fixtures/SOURCES.md`.

use std::sync::LazyLock;

use stateproof::history::{Event, Probe};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::{assert_met_rows, assert_promise, block_on, prove, verification};

/// The first state: two members that know nothing of each other behind one address.
static TWO_MEMBERS: LazyLock<Proven> =
    LazyLock::new(|| prove("grade-submission/1-two-members", &[Drill::Divergence]));

/// The replica set that the document initiates by hand: here stateproof does.
static BY_HAND: LazyLock<Proven> = LazyLock::new(|| {
    let verification = verification("grade-submission/3-replica-set").initiate_replica_set(true);
    let proven = block_on(verification.drills(&[Drill::Roles, Drill::LosePod]).run());
    let proven = proven.unwrap_or_else(|error| panic!("{}", error.lines().join("\n  ")));
    println!("{}", render(&proven.verdict, &Style::default()));
    proven
});

/// The last state, repaired: the set initiates itself, and a Service leads to its first member.
static REPAIRED: LazyLock<Proven> = LazyLock::new(|| prove("grade-submission/6-post-start-repaired", &[]));

fn held(proven: &Proven) {
    let verdict = &proven.verdict;
    assert_eq!(
        verdict.outcome,
        Outcome::Held,
        "{}",
        render(verdict, &Style::default())
    );
}

/// D3.1: two pods, and a claim each.
#[test]
fn d3_1_each_member_has_its_claim() {
    for member in ["mongodb-0", "mongodb-1"] {
        let claim = format!("mongodb-persistent-storage-{member}");
        let seen = TWO_MEMBERS.history.records.iter().any(|record| {
            matches!(&record.event, Event::Observed { object, .. }
                if object.kind == "PersistentVolumeClaim" && object.name == claim)
        });
        assert!(seen, "{claim} was not seen");
    }
}

/// D3.2: behind one address the members diverge: together they have all rows, none has all.
#[test]
fn d3_2_two_members_behind_one_address_diverge() {
    let words = [
        "no member has all rows, and together they have all",
        "mongodb-0 has",
        "mongodb-1 has",
    ];
    assert_promise(
        &TWO_MEMBERS,
        Drill::Divergence,
        Promise::Agreement,
        Outcome::Violated,
        &words,
    );
    assert_promise(
        &TWO_MEMBERS,
        Drill::Divergence,
        Promise::Durability,
        Outcome::Held,
        &[],
    );
    assert_eq!(TWO_MEMBERS.verdict.outcome, Outcome::Violated);
    let warnings = TWO_MEMBERS.verdict.warnings.join("\n");
    assert!(warnings.contains("two databases, not a cluster"), "{warnings}");
}

/// D3.3: one member has all rows, and keeps them when its pod goes.
#[test]
fn d3_3_one_member_heals_it() {
    held(&prove("grade-submission/2-one-member", &[Drill::LosePod]));
}

/// D3.4: one PRIMARY, one SECONDARY, configured under the members' names; that stateproof initiated it is said.
#[test]
fn d3_4_the_members_have_roles_under_their_stable_names() {
    held(&BY_HAND);
    let words = [
        "PRIMARY",
        "SECONDARY",
        "mongodb-0.mongodb.grade-submission.svc.cluster.local:27017",
        "mongodb-1.mongodb.grade-submission.svc.cluster.local:27017",
    ];
    assert_promise(&BY_HAND, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    let notes = BY_HAND.verdict.facts.notes.join("\n");
    assert!(notes.contains("was initiated by stateproof"), "{notes}");
}

/// D3.5: what the majority acknowledged is on both members.
#[test]
fn d3_5_a_row_reaches_the_secondary() {
    let words = ["is on every member: mongodb-0, mongodb-1"];
    assert_promise(&BY_HAND, Drill::Roles, Promise::Agreement, Outcome::Held, &words);
}

/// D3.6: a SECONDARY refuses a read without leave, and every write.
#[test]
fn d3_6_a_secondary_refuses_by_its_codes() {
    let words = ["(13435)", "(10107)", "answered a read with secondaryOk"];
    assert_promise(&BY_HAND, Drill::Roles, Promise::Roles, Outcome::Held, &words);
}

/// D3.7: the headless name as the application's address leads to the SECONDARY now and then.
#[test]
fn d3_7_the_headless_name_leads_to_both_members() {
    let probes = BY_HAND
        .history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Probed {
                probe: Probe::WriteThroughService,
                against,
                refused,
                ..
            } if against == "mongodb.grade-submission.svc.cluster.local" => Some(refused.is_some()),
            _ => None,
        });
    let probes: Vec<bool> = probes.collect();
    assert!(probes.contains(&true) && probes.contains(&false), "{probes:?}");
    let warnings = BY_HAND.verdict.warnings.join("\n");
    assert!(
        warnings.contains("the Service mongodb leads to SECONDARY members too"),
        "{warnings}"
    );
}

/// D3.8: the Service for the PRIMARY selects a pod: it takes rows while that pod is PRIMARY, and none afterwards.
#[test]
fn d3_8_a_selector_knows_pods_and_not_roles() {
    let words = ["which took the row", "a selector knows pods, not roles"];
    let (drill, promise) = (Drill::StepDown, Promise::PrimaryAddress);
    assert_promise(&REPAIRED, drill, promise, Outcome::Violated, &words);
    assert_promise(
        &REPAIRED,
        drill,
        Promise::Recovery,
        Outcome::Held,
        &["was told to step down"],
    );
    assert_promise(
        &REPAIRED,
        drill,
        Promise::Durability,
        Outcome::Held,
        &["read concern majority"],
    );
}

/// D3.10, repaired: the set comes up by itself, with roles.
#[test]
fn d3_10_the_repaired_hook_makes_a_replica_set() {
    held(&REPAIRED);
    assert_met_rows(&REPAIRED, &[Drill::Order, Drill::Scale, Drill::StepDown]);
    assert_promise(
        &REPAIRED,
        Drill::Roles,
        Promise::Roles,
        Outcome::Held,
        &["PRIMARY", "SECONDARY"],
    );
}

/// D3.10 and D3.12: wiped and applied again, three times in all, the set comes up the same.
#[test]
fn d3_12_three_cold_starts_end_the_same() {
    let words = ["mongodb-0 PRIMARY", "mongodb-1 SECONDARY"];
    let again = || prove("grade-submission/6-post-start-repaired", &[Drill::Roles]);
    assert_promise(&REPAIRED, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    for proven in [again(), again()] {
        held(&proven);
        assert_promise(&proven, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    }
}

/// D3.13: without a majority writes stop; they resume when the pod is back, and none is lost. The roles are told.
#[test]
fn d3_13_writes_stop_with_the_majority_and_resume_with_it() {
    for proven in [&*BY_HAND, &*REPAIRED] {
        assert_promise(
            proven,
            Drill::LosePod,
            Promise::Durability,
            Outcome::Held,
            &["acknowledged"],
        );
        assert_promise(
            proven,
            Drill::LosePod,
            Promise::Recovery,
            Outcome::Held,
            &["first row acknowledged"],
        );
        let roles = &proven.verdict.roles;
        assert!(
            roles
                .iter()
                .any(|span| span.pod == "mongodb-0" && span.role == "DOWN"),
            "{roles:?}"
        );
    }
}

/// D3.14: the highest ordinal is removed, PRIMARY or not.
#[test]
fn d3_14_scaling_down_removes_the_primary_when_it_is_the_last() {
    let warnings = REPAIRED.verdict.warnings.join("\n");
    assert!(
        warnings.contains("the PRIMARY mongodb-1 was removed"),
        "{warnings}"
    );
}
