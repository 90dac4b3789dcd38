use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::excerpt::excerpts;
use super::facts::{facts, not_proven};
use super::foreseen::tie;
use super::model::Finding;
use super::role_history::role_history;
use super::view::{DrillView, Ending};
use super::{
    Failure, FaultProof, PromiseVerdict, Verdict, address, agreement, crash, deployment, durability,
    exclusivity, failure, fault, harness_share, identity, order, overlap, placement, primary_address,
    protection, readiness, recovery, retention, roles, rollback, rounds, rows, step_down, storage, times,
    upgrade, version,
};
use crate::history::{DrillId, Event, History, Record};
use crate::plan::{Drill, Expectation, Outcome, Plan, PlannedDrill, Promise};

type Check = fn(&DrillView<'_>) -> Finding;

/// Judges a history. Pure: the same history gives the same verdict wherever and whenever it is judged.
///
/// A promise holds only where the fault is proven, the drill was carried through and the history shows the promise
/// kept. The verdict is Held only where every promise came to what was expected, and the run to its end.
///
/// ```
/// use stateproof::history::History;
/// use stateproof::plan::Outcome;
/// use stateproof::verdict::judge;
///
/// let lines = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories/lose-pod.jsonl"));
/// assert_eq!(judge(&History::parse(lines)?).outcome, Outcome::Held);
///
/// // The same history without its last line proves nothing.
/// let (cut, _) = lines.trim_end().rsplit_once('\n').unwrap();
/// let verdict = judge(&History::parse(cut)?);
/// assert_eq!(verdict.outcome, Outcome::Inconclusive);
/// assert!(!verdict.shortfalls.is_empty());
/// # Ok::<(), stateproof::history::HistoryError>(())
/// ```
#[must_use]
pub fn judge(history: &History) -> Verdict {
    let facts = facts(history);
    let end_us = history.records.last().map_or(0, |record| record.at_us);
    let mut verdict = Verdict {
        outcome: Outcome::Inconclusive,
        shortfalls: shortfalls(history),
        failures: failures(history),
        promises: Vec::new(),
        faults: Vec::new(),
        rows: Vec::new(),
        recovery: Vec::new(),
        overlaps: Vec::new(),
        readiness: readiness::readiness(history),
        warnings: version::warnings(history, history.plans()),
        roles: role_history(history),
        share: harness_share(history, 0, end_us),
        not_proven: not_proven(&facts),
        facts,
    };
    for plan in history.plans() {
        for (round, planned) in rounds::expected(history, plan) {
            judge_drill(history, plan, planned, round, &mut verdict);
        }
    }
    tie(history, &mut verdict);
    verdict.conclude();
    verdict
}

fn judge_drill(history: &History, plan: &Plan, planned: &PlannedDrill, round: u32, verdict: &mut Verdict) {
    let id = DrillId {
        workload: plan.workload.id().into(),
        drill: planned.drill,
        round,
    };
    let view = DrillView::new(history, &plan.workload, planned, round);
    let down = verdict.did_not_come_up(&id.workload);
    let mut add = |expectation: Expectation, finding: Finding| {
        verdict.promises.push(PromiseVerdict {
            drill: id.clone(),
            promise: expectation.promise,
            observed: finding.observed,
            expected: expectation.expected,
            evidence: finding.evidence,
        });
    };
    let Some(view) = view else {
        for expectation in &planned.expectations {
            add(
                *expectation,
                Finding::inconclusive(if down {
                    "the workload did not come up"
                } else {
                    "the drill was planned and never started"
                }),
            );
        }
        return;
    };
    let proof = fault::proof(&view);
    for expectation in &planned.expectations {
        let finding = guarded(check(planned.drill, expectation.promise), &view);
        add(
            *expectation,
            qualified(finding, expectation.expected, &proof, view.ending),
        );
        // A control that expects lost rows expects nothing else.
        if expectation.promise == Promise::Durability
            && expectation.expected == Outcome::Violated
            && let Some(finding) = durability::unexpected(&view)
        {
            let expected = Outcome::Held;
            let finding = qualified(finding, expected, &proof, view.ending);
            add(
                Expectation {
                    expected,
                    ..*expectation
                },
                finding,
            );
        }
    }
    if !planned.drill.is_without_fault() {
        verdict.faults.push(FaultProof {
            drill: id,
            unproven: proof.err(),
        });
    }
    let rows = rows::account(&view).ok();
    let unmet = rows.iter().flat_map(|rows| durability::unmet(&view, rows));
    verdict.warnings.extend(unmet);
    verdict.rows.extend(rows);
    verdict.recovery.extend(times::of(&view));
    verdict.overlaps.extend(overlap::of(&view));
    verdict.warnings.extend(deployment::names(&view));
    verdict.warnings.extend(warnings(&view));
}

/// What was seen that no promise of the drill covers.
fn warnings(view: &DrillView<'_>) -> Vec<String> {
    match view.planned.drill {
        Drill::Roles => roles::warnings(view),
        Drill::Divergence => agreement::warning(view).into_iter().collect(),
        Drill::StepDown => step_down::warning(view).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn check(drill: Drill, promise: Promise) -> Check {
    match (drill, promise) {
        (Drill::Crash, Promise::Identity) => return crash::identity,
        (Drill::Crash, Promise::Address) => return crash::address,
        (Drill::Crash, Promise::Recovery) => return crash::recovery,
        (Drill::Divergence, Promise::Durability) => return agreement::kept,
        (Drill::StepDown, Promise::Recovery) => return step_down::recovery,
        _ => {}
    }
    match promise {
        Promise::Identity => identity::check,
        Promise::Storage => storage::check,
        Promise::Address => address::check,
        Promise::Retention => retention::check,
        Promise::Durability => durability::check,
        Promise::Recovery => recovery::check,
        Promise::Order => order::check,
        Promise::Protection => protection::check,
        Promise::Placement => placement::check,
        Promise::Failure => failure::check,
        Promise::Exclusivity => exclusivity::check,
        Promise::Agreement => agreement::check,
        Promise::Roles => roles::check,
        Promise::PrimaryAddress => primary_address::check,
        Promise::Rollback => rollback::check,
        Promise::Upgrade => upgrade::check,
    }
}

/// Runs a check. One that panics has shown nothing, and must not take the other promises' verdicts with it.
fn guarded(check: Check, view: &DrillView<'_>) -> Finding {
    // A view is only read, and thrown away with the finding.
    catch_unwind(AssertUnwindSafe(|| check(view)))
        .unwrap_or_else(|_| Finding::inconclusive("the check itself failed: this is a fault of stateproof"))
}

/// A finding with what stands behind it: it counts only where the fault is proven, and what was expected only where
/// the drill was carried through. A promise that is refuted stays so.
fn qualified(finding: Finding, expected: Outcome, proof: &Result<(), String>, ending: Ending<'_>) -> Finding {
    let mut reasons = Vec::new();
    match ending {
        Ending::Complete => {}
        // The outermost error; its causes stand in the verdict's failures, once.
        Ending::Failed(error) => {
            let first = error
                .first()
                .map_or_else(String::new, |first| format!(": {first}"));
            reasons.push(format!("the drill was not carried through{first}"));
        }
        Ending::Missing => reasons.push("the history ends within the drill".into()),
    }
    let refuted = finding.observed == Outcome::Violated && expected != Outcome::Violated;
    if refuted && proof.is_ok() {
        let evidence = finding.evidence.into_iter().chain(reasons).collect();
        return Finding { evidence, ..finding };
    }
    reasons.extend(proof.as_ref().err().cloned());
    if reasons.is_empty() {
        return finding;
    }
    if finding.observed == Outcome::Violated {
        reasons.extend(
            finding
                .evidence
                .into_iter()
                .map(|evidence| format!("seen all the same: {evidence}")),
        );
    } else if finding.observed == Outcome::Inconclusive {
        reasons.extend(finding.evidence);
    }
    Finding {
        observed: Outcome::Inconclusive,
        evidence: reasons,
    }
}

/// What was not carried through.
fn failures(history: &History) -> Vec<Failure> {
    let failures = history.records.iter().enumerate().filter_map(|(place, record)| {
        let before = &history.records[..place];
        match &record.event {
            Event::NotUp { workload, error } => Some(Failure {
                workload: workload.clone(),
                drill: None,
                round: 0,
                error: error.clone(),
                logs: excerpts(history, workload, before),
            }),
            Event::DrillEnded { drill, error } if !error.is_empty() => Some(Failure {
                workload: (*drill.workload).clone(),
                drill: Some(drill.drill),
                round: drill.round,
                error: error.clone(),
                logs: excerpts(history, &drill.workload, since_start(drill, before)),
            }),
            _ => None,
        }
    });
    failures.collect()
}

fn since_start<'h>(drill: &DrillId, records: &'h [Record]) -> &'h [Record] {
    let is_start =
        |record: &Record| matches!(&record.event, Event::DrillStarted { drill: one } if one == drill);
    let start = records.iter().rposition(is_start);
    &records[start.unwrap_or(0)..]
}

/// Why the whole is at best Inconclusive.
fn shortfalls(history: &History) -> Vec<String> {
    let mut shortfalls = Vec::new();
    if history.cut_off {
        shortfalls.push("the history's last line is not whole: it was cut off".into());
    }
    if !matches!(
        history.records.first().map(|record| &record.event),
        Some(Event::RunStarted { .. })
    ) {
        shortfalls.push("the history has no beginning".into());
    }
    match history.records.last().map(|record| &record.event) {
        Some(Event::RunEnded { interrupted: false }) => {}
        Some(Event::RunEnded { interrupted: true }) => shortfalls.push("the run was interrupted".into()),
        _ => shortfalls.push("the history does not end with the end of the run".into()),
    }

    let mut planned = BTreeSet::new();
    for plan in history.plans() {
        let workload = plan.workload.id();
        let elsewhere = history.sharded().is_some_and(|sharded| {
            let mut suite = sharded.suite.iter();
            suite.any(|one| *one.drill.workload == workload)
        });
        if plan.drills.is_empty() && !elsewhere {
            shortfalls.push(format!("no drill was planned for {workload}"));
        }
        shortfalls.extend(rounds::shortfalls(history, plan));
        for (round, drill) in rounds::expected(history, plan) {
            let id = DrillId {
                workload: workload.clone().into(),
                drill: drill.drill,
                round,
            };
            if drill.expectations.is_empty() {
                shortfalls.push(format!("{id} promises nothing"));
            }
            if !planned.insert(id.clone()) {
                shortfalls.push(format!("{id} was planned more than once"));
            }
        }
    }
    if planned.is_empty() {
        shortfalls.push("nothing was promised".into());
    }
    let mut started = BTreeSet::new();
    for record in &history.records {
        if let Event::DrillStarted { drill } = &record.event {
            if !planned.contains(drill) {
                shortfalls.push(format!("{drill} was not planned"));
            }
            if !started.insert(drill) {
                shortfalls.push(format!("{drill} was started more than once"));
            }
        }
    }
    shortfalls
}

#[cfg(test)]
mod tests {
    use super::{DrillView, Finding, guarded};
    use crate::history::History;
    use crate::plan::Outcome;

    #[test]
    fn a_check_that_panics_is_inconclusive() {
        let lines = include_str!("../../fixtures/histories/lose-pod.jsonl");
        let history = History::parse(lines).unwrap();
        let plan = &history.plans()[0];
        let view = DrillView::new(&history, &plan.workload, &plan.drills[0], 0).unwrap();
        let finding = guarded(|_| panic!("on purpose"), &view);
        assert_eq!(finding.observed, Outcome::Inconclusive);
        let held = guarded(|_| Finding::held(Vec::new()), &view);
        assert_eq!(held.observed, Outcome::Held);
    }
}
