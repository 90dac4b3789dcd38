//! Replica sets that come to the PRIMARY that is wanted, and others that come to none: the run ends with the cause, not
//! with a time-out alone.

use std::time::{Duration, Instant};

use stateproof::plan::{Drill, Outcome};
use stateproof::run::Proven;

use crate::support::{FAR, block_on, verification};

fn proven(fixture: &str, deadline: Duration) -> Proven {
    let verification = verification(fixture).deadline(deadline).drills(&[Drill::Roles]);
    block_on(verification.run()).unwrap_or_else(|error| panic!("{}", error.lines().join("\n  ")))
}

fn why(proven: &Proven) -> String {
    assert_eq!(proven.verdict.outcome, Outcome::Inconclusive);
    let errors = proven.verdict.failures.iter().flat_map(|failure| &failure.error);
    errors.cloned().collect::<Vec<_>>().join("\n")
}

/// Who stepped down may stand for election again as soon as there is another PRIMARY: the next round has it elected.
#[test]
fn a_primary_that_stepped_down_can_be_elected_again() {
    let verification = verification("grade-submission/6-post-start-repaired").drills(&[Drill::StepDown]);
    block_on(verification.repeat(2).run()).unwrap().assert_held();
}

/// A set that nobody initiates says so, and what can be done about it.
#[test]
fn a_set_that_nobody_initiates_is_told_from_one_that_elects_nobody() {
    let why = why(&proven("grade-submission/3-replica-set", Duration::from_mins(1)));
    assert!(
        why.contains("mongodb-0 STARTUP: it has received no replica set config"),
        "{why}"
    );
    assert!(why.contains("NotYetInitialized (94)"), "{why}");
    assert!(why.contains("--initiate-replica-set"), "{why}");
}

/// A set without a majority elects nobody: which members are missing is said, before the deadline.
#[test]
fn a_set_that_elects_nobody_says_which_members_are_missing() {
    let begun = Instant::now();
    let why = why(&proven("bad/never-elects", FAR));
    assert!(begun.elapsed() < FAR, "it took {:.0?}", begun.elapsed());
    assert!(why.contains("mongodb-0 SECONDARY"), "{why}");
    assert!(
        why.contains("mongodb-1.mongodb.bad-never-elects.svc.cluster.local:27017 is (not reachable/healthy)"),
        "{why}"
    );
    assert!(!why.contains("--initiate-replica-set"), "{why}");
}
