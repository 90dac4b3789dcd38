use jiff::Timestamp;
use serde::Serialize;

use super::ReportError;
use crate::history::{DrillId, History};
use crate::plan::{Outcome, Promise};
use crate::verdict::{
    Facts, Failure, FaultProof, HarnessShare, Overlap, PromiseVerdict, Readiness, RecoveryTimes, RoleSpan,
    RowAccount, Verdict,
};

/// The version of `docs/schema/report.json` that [`json`] writes. It changes when a reader of it would have to.
pub const REPORT_FORMAT: u32 = 1;

/// What is written: the verdict, and what a reader would otherwise have to work out.
#[derive(Serialize)]
struct Document<'v> {
    format: u32,
    /// When the run began.
    begun: Option<Timestamp>,
    outcome: Outcome,
    passed: bool,
    shortfalls: &'v [String],
    failures: &'v [Failure],
    promises: Vec<Line<'v>>,
    faults: &'v [FaultProof],
    rows: &'v [RowAccount],
    recovery: &'v [RecoveryTimes],
    overlaps: &'v [Overlap],
    readiness: &'v [Readiness],
    roles: &'v [RoleSpan],
    warnings: &'v [String],
    not_proven: &'v [String],
    share: HarnessShare,
    facts: &'v Facts,
}

#[derive(Serialize)]
struct Line<'v> {
    drill: &'v DrillId,
    promise: Promise,
    observed: Outcome,
    expected: Outcome,
    outcome: Outcome,
    passed: bool,
    evidence: &'v [String],
}

/// A verdict as JSON for other programs, by the schema in `docs/schema/report.json`. Times are microseconds.
///
/// ```
/// use stateproof::history::History;
/// use stateproof::report::json;
/// use stateproof::verdict::judge;
///
/// let history = History::default();
/// let report: serde_json::Value = serde_json::from_str(&json(&history, &judge(&history))?).unwrap();
/// assert_eq!(report["outcome"], "Inconclusive");
/// assert_eq!(report["passed"], false);
/// # Ok::<(), stateproof::report::ReportError>(())
/// ```
///
/// # Errors
///
/// [`ReportError::Json`] when the verdict cannot be written as JSON.
pub fn json(history: &History, verdict: &Verdict) -> Result<String, ReportError> {
    let document = Document {
        format: REPORT_FORMAT,
        begun: history.records.first().map(|record| record.wall),
        outcome: verdict.outcome,
        passed: verdict.outcome == Outcome::Held,
        shortfalls: &verdict.shortfalls,
        failures: &verdict.failures,
        promises: verdict.promises.iter().map(line).collect(),
        faults: &verdict.faults,
        rows: &verdict.rows,
        recovery: &verdict.recovery,
        overlaps: &verdict.overlaps,
        readiness: &verdict.readiness,
        roles: &verdict.roles,
        warnings: &verdict.warnings,
        not_proven: &verdict.not_proven,
        share: verdict.share,
        facts: &verdict.facts,
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn line(promise: &PromiseVerdict) -> Line<'_> {
    Line {
        drill: &promise.drill,
        promise: promise.promise,
        observed: promise.observed,
        expected: promise.expected,
        outcome: promise.outcome(),
        passed: promise.passed(),
        evidence: &promise.evidence,
    }
}
