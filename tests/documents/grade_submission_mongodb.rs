//! MongoDB 4.4 as two members and as a replica set, namespace `grade-submission`. Sources: `fixtures/SOURCES.md`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use stateproof::history::{DrillId, Event, ObjectState, Probe, WriteFate};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::{Proven, Verification};

use crate::support::census::Census;
use crate::support::{
    assert_claims, assert_met_rows, assert_promise, cluster, fixture, promise, prove, proven, rewritten,
    verification_of,
};

/// The first state: two members that know nothing of each other behind one address.
static TWO_MEMBERS: LazyLock<Proven> =
    LazyLock::new(|| prove_in_its_own_namespace("1-two-members", |run| run.drills(&[Drill::Divergence])));

/// The replica set that the document initiates by hand: here stateproof does.
static BY_HAND: LazyLock<Proven> = LazyLock::new(|| {
    prove_in_its_own_namespace("3-replica-set", |run| {
        run.initiate_replica_set(true)
            .drills(&[Drill::Roles, Drill::LosePod])
    })
});

/// Proves a state of the document in another namespace than its: in that one the states come one after the other, and in
/// the end all other tests have waited for the last of them.
fn prove_in_its_own_namespace(state: &str, how: impl FnOnce(Verification) -> Verification) -> Proven {
    let own = format!("grade-submission-{state}");
    let name = format!("grade-submission/{state}");
    let set = rewritten(&fixture(&name), &[("grade-submission", &own)]);
    proven(&how(verification_of(set.path(), &name)))
}

/// The last state, repaired: the set initiates itself, and a Service leads to its first member. In the document's
/// namespace.
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

/// D3.1: two pods, and a claim of 1Gi each, Bound to a volume of its own.
#[test]
fn d3_1_each_member_has_its_claim() {
    let claims = [
        "mongodb-persistent-storage-mongodb-0",
        "mongodb-persistent-storage-mongodb-1",
    ];
    assert_claims(&TWO_MEMBERS, &claims, "1Gi");
    let mounts: BTreeSet<_> = TWO_MEMBERS
        .history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Observed {
                object,
                state: ObjectState::Pod(pod),
                ..
            } if pod.ready && pod.owner.is_some() => Some((object.name.as_str(), pod.claims.join("+"))),
            _ => None,
        })
        .collect();
    let [first, second] = claims.map(str::to_owned);
    assert_eq!(
        mounts,
        BTreeSet::from([("mongodb-0", first), ("mongodb-1", second)])
    );
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
    held(&prove_in_its_own_namespace("2-one-member", |run| {
        run.drills(&[Drill::LosePod])
    }));
}

/// D3.4: one PRIMARY, one SECONDARY, configured under the members' names; that stateproof initiated it is said. Which of
/// two members with the same priority is elected, MongoDB does not promise: the document's mongodb-0 is, where a script
/// gives it a higher one (D3.10, D3.12).
#[test]
fn d3_4_the_members_have_roles_under_their_stable_names() {
    held(&BY_HAND);
    let words = [
        "mongodb-0.mongodb.grade-submission-3-replica-set.svc.cluster.local:27017",
        "mongodb-1.mongodb.grade-submission-3-replica-set.svc.cluster.local:27017",
    ];
    assert_promise(&BY_HAND, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    let evidence = promise(&BY_HAND, Drill::Roles, Promise::Roles)
        .evidence
        .join("\n");
    let led_by = |primary: &str, secondary: &str| {
        let roles = [format!("{primary} PRIMARY"), format!("{secondary} SECONDARY")];
        roles.iter().all(|role| evidence.contains(role))
    };
    assert!(
        led_by("mongodb-0", "mongodb-1") != led_by("mongodb-1", "mongodb-0"),
        "{evidence}"
    );
    let notes = BY_HAND.verdict.facts.notes.join("\n");
    assert!(notes.contains("was initiated by stateproof"), "{notes}");
}

/// D3.5: what the majority acknowledged is on both members; the write concern stands beside every acknowledgement.
#[test]
fn d3_5_a_row_reaches_the_secondary() {
    let words = ["is on every member: mongodb-0, mongodb-1"];
    assert_promise(&BY_HAND, Drill::Roles, Promise::Agreement, Outcome::Held, &words);
    let records = BY_HAND.history.records.iter();
    let levels: BTreeSet<_> = records
        .filter_map(|record| match &record.event {
            Event::Wrote { drill, level, .. } => Some((drill.drill, level.as_str())),
            _ => None,
        })
        .collect();
    let majority = |drill| (drill, "w: majority, journaled");
    assert_eq!(
        levels,
        BTreeSet::from([Drill::Roles, Drill::LosePod].map(majority))
    );
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
            } if against == "mongodb.grade-submission-3-replica-set.svc.cluster.local" => {
                Some(refused.is_some())
            }
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
    let words = ["mongodb-0 PRIMARY", "mongodb-1 SECONDARY"];
    assert_promise(&REPAIRED, Drill::Roles, Promise::Roles, Outcome::Held, &words);
}

/// D3.10 and D3.12: wiped, so that nothing of it is left, and applied again, three times in all, the set comes up the
/// same.
#[test]
fn d3_12_three_cold_starts_end_the_same() {
    let words = ["mongodb-0 PRIMARY", "mongodb-1 SECONDARY"];
    let again = || prove("grade-submission/6-post-start-repaired", &[Drill::Roles]);
    assert_promise(&REPAIRED, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    let others = [again(), again()];
    for proven in &others {
        held(proven);
        assert_promise(proven, Drill::Roles, Promise::Roles, Outcome::Held, &words);
    }
    let census = Census::of(&cluster());
    for proven in others.iter().chain([&*REPAIRED]) {
        let left = census.of_run(proven);
        assert!(left.is_empty(), "{left:?}");
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

/// D3.13: from the end of mongodb-0 until a new pod takes its place, rows are tried or under way, and none is acknowledged.
#[test]
fn d3_13_without_a_majority_no_row_is_acknowledged() {
    let is_lose_pod = |drill: &DrillId| drill.drill == Drill::LosePod;
    let records = || BY_HAND.history.records.iter();
    let begun = records().find_map(|record| match &record.event {
        Event::FaultBegun { drill, targets, .. } if is_lose_pod(drill) => Some((record.at_us, targets)),
        _ => None,
    });
    let (begun_us, targets) = begun.unwrap();
    let is_old = |uid: &String| targets.iter().any(|target| target.uid == *uid);
    // It may be seen on its pod before it is missed on its connection.
    let ended = records().find(|record| {
        record.at_us > begun_us
            && match &record.event {
                Event::Role { pod, role, .. } => pod == "mongodb-0" && role == "DOWN",
                Event::Observed {
                    object,
                    state: ObjectState::Pod(pod),
                    ..
                } => is_old(&object.uid) && pod.containers.iter().all(|container| !container.running),
                Event::Gone { object } => is_old(&object.uid),
                _ => false,
            }
    });
    let from_us = ended.unwrap().at_us;
    // Its server can vote before it is seen to run, and not before there is a pod.
    let next = records().find(|record| {
        matches!(&record.event, Event::Observed { object, state: ObjectState::Pod(_), .. }
            if record.at_us > begun_us && object.name == "mongodb-0" && !is_old(&object.uid))
    });
    let until_us = next.unwrap().at_us;
    assert!(from_us <= until_us, "{from_us} {until_us}");

    let rows = records().filter_map(|record| match &record.event {
        Event::Wrote { drill, outcomes, .. } if is_lose_pod(drill) => Some(outcomes),
        _ => None,
    });
    let within: Vec<_> = rows
        .flatten()
        .filter(|row| row.sent_us <= until_us && row.done_us >= from_us)
        .collect();
    let connecting = records().any(|record| {
        matches!(&record.event, Event::Connected { drill, after: Some(failed), .. }
            if is_lose_pod(drill) && failed.since_us <= until_us && record.at_us >= from_us)
    });
    assert!(connecting || !within.is_empty(), "nothing was tried");
    let acknowledged: Vec<_> = within
        .iter()
        .filter(|row| row.fate == WriteFate::Acknowledged && row.done_us <= until_us)
        .collect();
    assert!(
        acknowledged.is_empty(),
        "between {from_us} and {until_us}: {acknowledged:?}"
    );
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
