//! MongoDB 4.4, from two members that know nothing of each other to a replica set, namespace `grade-submission`.
//! Sources: `fixtures/SOURCES.md`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use stateproof::history::{Event, ObjectState};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::{assert_promise, block_on, expect_failure, prove, verification};

/// The document's first state: two members behind one virtual address.
static TWO: LazyLock<Proven> =
    LazyLock::new(|| prove("grade-submission/1-two-members", &[Drill::Divergence]));

/// Its third: a replica set that the operator initiates by hand, as `--initiate-replica-set` does.
static BY_HAND: LazyLock<Proven> = LazyLock::new(|| {
    let verification = verification("grade-submission/3-replica-set").drills(&[Drill::Roles]);
    let proven = block_on(verification.initiate_replica_set(true).run()).unwrap();
    println!("{}", render(&proven.verdict, &Style::default()));
    proven
});

/// Its last, repaired: the set initiates itself.
static REPAIRED: LazyLock<Proven> = LazyLock::new(|| prove("grade-submission/6-post-start-repaired", &[]));

/// The document's last state, repaired, as a whole: every promise came to what was expected.
#[test]
fn the_repaired_last_state_holds() {
    let verdict = &REPAIRED.verdict;
    assert_eq!(
        verdict.outcome,
        Outcome::Held,
        "{}",
        render(verdict, &Style::default())
    );
}

/// D3.1: two pods, two claims of 1Gi named after template and pod.
#[test]
fn d3_1_each_member_has_its_own_claim() {
    let claims: BTreeSet<_> = TWO
        .history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Observed {
                object,
                state: ObjectState::Claim(claim),
                ..
            } if claim.phase == "Bound" => Some((object.name.clone(), claim.requested.clone()?)),
            _ => None,
        })
        .collect();
    let wanted = ["0", "1"].map(|ordinal| {
        let name = format!("mongodb-persistent-storage-mongodb-{ordinal}");
        (name, "1Gi".to_owned())
    });
    assert_eq!(claims, BTreeSet::from(wanted));
}

/// D3.2: behind one address the two members diverge: the first state is Violated.
#[test]
fn d3_2_the_first_state_is_violated() {
    let words = [
        "no member has all rows, and together they have all",
        "mongodb-0 has",
        "mongodb-1 has",
    ];
    assert_promise(
        &TWO,
        Drill::Divergence,
        Promise::Agreement,
        Outcome::Violated,
        &words,
    );
    assert_eq!(TWO.verdict.outcome, Outcome::Violated);
}

/// D3.3: one member heals it for reads.
#[test]
fn d3_3_one_member_holds() {
    let proven = prove("grade-submission/2-one-member", &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.4: `mongodb-0` PRIMARY, `mongodb-1` SECONDARY, and the members stand in the configuration under their DNS names.
#[test]
fn d3_4_the_members_are_known_by_their_names() {
    let words = [
        "mongodb-0 PRIMARY",
        "mongodb-1 SECONDARY",
        "mongodb-0.mongodb.grade-submission.svc.cluster.local:27017",
        "mongodb-1.mongodb.grade-submission.svc.cluster.local:27017",
    ];
    assert_promise(&BY_HAND, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    let notes = BY_HAND.verdict.facts.notes.join("\n");
    assert!(notes.contains("initiated"), "{notes}");
}

/// D3.5: a row that the majority has acknowledged is on each member.
#[test]
fn d3_5_a_majority_write_reaches_each_member() {
    let words = ["is on every member: mongodb-0, mongodb-1"];
    for proven in [&*BY_HAND, &*REPAIRED] {
        assert_promise(proven, Drill::Roles, Promise::Agreement, Outcome::Held, &words);
    }
}

/// D3.6: a SECONDARY refuses reads without leave, and always refuses writes.
#[test]
fn d3_6_a_secondary_refuses() {
    let words = [
        "mongodb-1 refused",
        "13435",
        "10107",
        "mongodb-1 answered a read with secondaryOk",
    ];
    assert_promise(&BY_HAND, Drill::Roles, Promise::Roles, Outcome::Held, &words);
}

/// D3.7: the headless name as the application's address reaches both members: 0 rows now and then.
#[test]
fn d3_7_the_headless_name_leads_to_both_members() {
    let warnings = BY_HAND.verdict.warnings.join("\n");
    assert!(
        warnings.contains("the Service mongodb.") && warnings.contains("leads to SECONDARY members too"),
        "{warnings}"
    );
}

/// D3.8: a Service for the PRIMARY that selects a pod takes writes while that pod is PRIMARY, and refuses them after a
/// step-down.
#[test]
fn d3_8_a_selector_knows_pods_not_roles() {
    let words = [
        "before the step-down mongodb.grade-submission.svc.cluster.local led to mongodb-0, PRIMARY, which took the row",
        "which refused the row",
        "a selector knows pods, not roles",
    ];
    // What was tried before is evidence where the promise holds; the refusal comes first.
    assert_promise(
        &REPAIRED,
        Drill::StepDown,
        Promise::PrimaryAddress,
        Outcome::Violated,
        &words[1..],
    );
}

/// D3.9: an init container that waits for the server that starts only after it never ends: its log says why, long
/// before any time-out.
#[test]
fn d3_9_an_init_container_cannot_wait_for_its_own_pod() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:log=Waiting for MongoDB to start",
    ];
    let proven = expect_failure("grade-submission/4-init-container", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.9 with the shell that the image has: it still waits for a server that starts only after it.
#[test]
fn d3_9_with_the_right_shell_it_still_waits() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:log=Waiting for MongoDB to start",
    ];
    let proven = expect_failure("grade-submission-init-container-mongo", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.10, read literally: the hook's script loops for a program that is not there, and the pod never comes to be
/// Running.
#[test]
fn d3_10_the_literal_hook_never_ends() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:waiting=postStart hook",
    ];
    let proven = expect_failure("grade-submission/5-post-start", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.10, read the other way: a hook that waits for `mongodb-1`, which `OrderedReady` withholds until it has ended.
#[test]
fn d3_10_a_hook_that_waits_for_the_next_member_never_ends() {
    let ends = [
        "Pod/mongodb-0:phase=Pending",
        "Pod/mongodb-0:waiting=postStart hook",
    ];
    let proven = expect_failure("grade-submission-post-start-waits", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.10 and D3.12, repaired: wiped and applied again, three times in all, the set comes up the same.
#[test]
fn d3_12_three_cold_starts_end_the_same() {
    for _ in 0..2 {
        let proven = prove("grade-submission/6-post-start-repaired", &[Drill::Roles]);
        assert_eq!(proven.verdict.outcome, Outcome::Held);
        let words = ["mongodb-0 PRIMARY", "mongodb-1 SECONDARY"];
        assert_promise(&proven, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    }
    let words = ["mongodb-0 PRIMARY", "mongodb-1 SECONDARY"];
    assert_promise(&REPAIRED, Drill::Roles, Promise::Roles, Outcome::Held, &words);
}

/// D3.11: the script calls `mongosh`, which the image does not have: the run names the missing program.
#[test]
fn d3_11_the_missing_program_is_named() {
    let ends = ["Pod/mongodb-0:log=mongosh: command not found"];
    let proven = expect_failure("grade-submission/4-init-container", &ends);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D3.13: without a majority writes stop, and go on when the member is back; what was acknowledged is there, and the
/// report has the history of roles.
#[test]
fn d3_13_no_acknowledged_row_is_lost_with_pod_0() {
    for drill in [Drill::LosePod, Drill::ForceDelete] {
        assert_promise(
            &REPAIRED,
            drill,
            Promise::Durability,
            Outcome::Held,
            &["acknowledged"],
        );
        assert_promise(
            &REPAIRED,
            drill,
            Promise::Recovery,
            Outcome::Held,
            &["first row acknowledged"],
        );
    }
    let report = render(&REPAIRED.verdict, &Style::default());
    assert!(
        report.contains("PRIMARY") && !REPAIRED.verdict.roles.is_empty(),
        "{report}"
    );
}

/// D3.14: the PRIMARY is kept to the last only while it has the low ordinal: stepped down, it is the one that scaling
/// removes.
#[test]
fn d3_14_scaling_removes_the_primary_after_a_step_down() {
    let warnings = REPAIRED.verdict.warnings.join("\n");
    assert!(
        warnings.contains("mongodb-1") && warnings.contains("removed"),
        "{warnings}"
    );
}
