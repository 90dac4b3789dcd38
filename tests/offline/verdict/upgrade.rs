//! Going over from one set of manifests to another.

use stateproof::history::Fault;
use stateproof::plan::{Drill, Outcome, Promise, Selection};
use stateproof::workload::Change;

use crate::document::set;
use crate::members::{Act, Members, up};

const IMAGE: &str = "spec.template.spec.containers[postgres].image: postgres:15 → postgres:16";
const STORAGE: &str = "spec.volumeClaimTemplates[data].spec.resources.requests.storage: 1Gi → 2Gi";

fn image() -> Change {
    Change {
        replicas: 3,
        replaces_pods: true,
        differs: vec![IMAGE.into()],
        immutable: Vec::new(),
    }
}

/// A drill up to the fault.
fn begun(change: Change) -> Members {
    let selection = Selection {
        upgrade: Some(change),
        ..Selection::default()
    };
    let mut members = Members::asked(&selection, Drill::Upgrade, |_| {});
    members.acts(&up(0..3)).begin().inspected(&[]).wrote(1..=10);
    members.begun(Fault::Upgrade, vec![set(1)]);
    members
}

/// Every pod was replaced by one of another revision, in the end not all of them Ready.
fn accepted(last: Act) -> Members {
    let mut members = begun(image());
    members.accepted(Fault::Upgrade);
    members.revision = "postgres-bbbb".into();
    members.set();
    for ordinal in [2, 1, 0] {
        members.acts(&[Act::Ending(ordinal), Act::Gone(ordinal), Act::Born(ordinal)]);
        members.acts(&[if ordinal == 0 { last } else { Act::Ready(ordinal) }]);
    }
    members
}

#[test]
fn what_is_accepted_and_comes_up_holds() {
    let mut members = accepted(Act::Ready(0));
    members.wrote(11..=20).inspected(&[]).read(1..=20).end();
    members.check(
        Promise::Upgrade,
        Outcome::Held,
        &[IMAGE, "accepted; every member was replaced and Ready"],
    );
    members.check(Promise::Durability, Outcome::Held, &["20 acknowledged"]);
}

#[test]
fn a_server_that_ends_by_itself_refutes_it() {
    let mut members = accepted(Act::Failed(0));
    members.end_with(&["Pod postgres-0 is not Ready"]);
    let words = [
        "postgres-0 is not Ready",
        "CrashLoopBackOff",
        "not carried through",
    ];
    members.check(Promise::Upgrade, Outcome::Violated, &words);
}

#[test]
fn a_member_that_is_merely_late_refutes_nothing() {
    let mut members = accepted(Act::Found(0));
    members.end_with(&["Pod postgres-0 is not Ready after 180 s"]);
    members.check(Promise::Upgrade, Outcome::Inconclusive, &["not carried through"]);
}

#[test]
fn a_refusal_is_said_with_what_may_not_be_changed() {
    let mut members = begun(Change {
        replicas: 3,
        replaces_pods: false,
        differs: vec![STORAGE.into()],
        immutable: vec![STORAGE.into()],
    });
    members.refused(Fault::Upgrade, 422, "updates to statefulset spec are forbidden");
    members.wrote(11..=20).inspected(&[]).read(1..=20).end();
    let words = [
        "updates to statefulset spec are forbidden",
        STORAGE,
        "--cascade=orphan",
    ];
    members.check(Promise::Upgrade, Outcome::Violated, &words);
    // What is there is as it was.
    members.check(Promise::Durability, Outcome::Held, &["20 acknowledged"]);
}

#[test]
fn without_another_revision_nothing_was_gone_over_to() {
    let mut members = begun(image());
    members.accepted(Fault::Upgrade).set();
    members.wrote(11..=20).inspected(&[]).read(1..=20).end();
    for promise in [Promise::Upgrade, Promise::Durability] {
        members.check(
            promise,
            Outcome::Inconclusive,
            &["never seen with another revision"],
        );
    }
}

#[test]
fn without_an_answer_nothing_is_shown() {
    let mut members = begun(image());
    members.end_with(&["the API server could not be asked"]);
    members.check(Promise::Upgrade, Outcome::Inconclusive, &["never answered"]);
}
