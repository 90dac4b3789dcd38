//! What every format says in the same words.

use crate::history::DrillId;
use crate::plan::Outcome;
use crate::verdict::{Failure, PromiseVerdict, Verdict};

/// What a promise came to, without its evidence.
pub(super) fn came_to(promise: &PromiseVerdict) -> String {
    let observed = promise.observed;
    match (promise.passed(), promise.expected) {
        (true, Outcome::Violated) => format!("{observed}, as expected"),
        (false, Outcome::Violated) => format!("{observed}, expected {}", promise.expected),
        _ => observed.to_string(),
    }
}

/// What a promise came to, and the evidence.
pub(super) fn sentence(promise: &PromiseVerdict) -> String {
    format!("{}: {}", came_to(promise), promise.evidence.join("; "))
}

/// The verdict in a line: the outcome, and how many promises came to what.
///
/// ```
/// use stateproof::history::History;
/// use stateproof::report::last_line;
/// use stateproof::verdict::judge;
///
/// let line = last_line(&judge(&History::default()));
/// assert_eq!(line, "Inconclusive: the run proves nothing as a whole");
/// ```
#[must_use]
pub fn last_line(verdict: &Verdict) -> String {
    let all = match verdict.promises.len() {
        1 => "1 promise".to_owned(),
        all => format!("{all} promises"),
    };
    let count = |outcome| {
        verdict
            .promises
            .iter()
            .filter(|promise| promise.outcome() == outcome)
            .count()
    };
    let (violated, inconclusive) = (count(Outcome::Violated), count(Outcome::Inconclusive));
    let outcome = verdict.outcome;
    match outcome {
        Outcome::Held if verdict.promises.len() == 1 => {
            format!("{outcome}: the one promise came to what was expected")
        }
        Outcome::Held => format!("{outcome}: all {all} came to what was expected"),
        Outcome::Violated if inconclusive > 0 => {
            format!("{outcome}: {violated} of {all} not kept, {inconclusive} inconclusive")
        }
        Outcome::Violated => format!("{outcome}: {violated} of {all} not kept"),
        Outcome::Inconclusive if inconclusive > 0 => {
            format!("{outcome}: {inconclusive} of {all} neither shown nor refuted")
        }
        Outcome::Inconclusive => format!("{outcome}: the run proves nothing as a whole"),
    }
}

/// An outcome as one character.
pub(super) fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "✓",
        Outcome::Inconclusive => "?",
        Outcome::Violated => "✗",
    }
}

/// What was not carried through, in a few words.
pub(super) fn failed(failure: &Failure) -> String {
    match failure.drill {
        Some(drill) => {
            let id = DrillId {
                workload: failure.workload.clone().into(),
                drill,
                round: failure.round,
            };
            format!("{id} was not carried through")
        }
        None => format!("{} did not come up", failure.workload),
    }
}

/// Whether a failure is why a promise was not shown.
pub(super) fn covers(failure: &Failure, promise: &PromiseVerdict) -> bool {
    failure.workload == *promise.drill.workload
        && failure
            .drill
            .is_none_or(|drill| drill == promise.drill.drill && failure.round == promise.drill.round)
}

/// The promises that failed for a reason of their own, the worst last: what a failure left unshown is said with it.
pub(super) fn failed_by_themselves(verdict: &Verdict) -> Vec<&PromiseVerdict> {
    let mut failed: Vec<_> = verdict
        .failed()
        .filter(|promise| {
            promise.observed != Outcome::Inconclusive
                || !verdict.failures.iter().any(|failure| covers(failure, promise))
        })
        .collect();
    failed.sort_by_key(|promise| promise.outcome());
    failed
}

/// What a failure left unshown: promises of its drill, or drills of its workload.
pub(super) fn unshown(verdict: &Verdict, failure: &Failure) -> Vec<String> {
    let promises = verdict
        .failed()
        .filter(|promise| promise.observed == Outcome::Inconclusive && covers(failure, promise));
    let mut names: Vec<String> = match failure.drill {
        Some(_) => promises.map(|promise| promise.promise.to_string()).collect(),
        None => promises.map(|promise| promise.drill.drill.to_string()).collect(),
    };
    names.dedup();
    names
}

/// `unknown` for what a history does not say.
pub(super) fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "unknown" } else { text }
}
