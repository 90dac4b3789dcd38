use std::collections::BTreeMap;

use super::drill::Badge;
use crate::history::{DrillId, Event, History, Record};
use crate::plan::Outcome;
use crate::report::said::{Said, warnings};
use crate::report::stretch::Stretch;
use crate::report::wording::{came_to, failed, failed_by_themselves, unshown};
use crate::verdict::{Failure, LogExcerpt, Verdict, excerpts};

/// One reason for which the verdict is not Held.
pub(super) struct Why {
    pub badge: Badge,
    pub title: String,
    /// What it came to, where it is a promise.
    pub came_to: Option<String>,
    /// What shows it: evidence, or the causes, the outermost first.
    pub lines: Vec<String>,
    /// Whether each line is the cause of the one before it.
    pub chain: bool,
    /// What was not shown for it: promises of a drill that was begun, or drills of a workload that did not come up.
    pub unshown: Vec<String>,
    pub begun: bool,
    pub logs: Vec<LogExcerpt>,
    pub said: Vec<Said>,
}

/// Every reason, the worst first.
pub(super) fn why(
    history: &History,
    verdict: &Verdict,
    stretches: &BTreeMap<&DrillId, Stretch<'_>>,
) -> Vec<Why> {
    let mut all = Vec::new();
    for promise in failed_by_themselves(verdict).into_iter().rev() {
        let records = stretches
            .get(&promise.drill)
            .map_or(&[][..], |stretch| stretch.records);
        all.push(Why {
            badge: promise.outcome().into(),
            title: format!("{}: {}", promise.drill, promise.promise),
            came_to: Some(came_to(promise)),
            lines: promise.evidence.clone(),
            chain: false,
            unshown: Vec::new(),
            begun: true,
            logs: excerpts(history, &promise.drill.workload, records),
            said: warnings(records, &promise.drill.workload.namespace),
        });
    }
    for failure in &verdict.failures {
        let records = records_of(history, failure, stretches);
        all.push(Why {
            badge: Outcome::Inconclusive.into(),
            title: failed(failure),
            came_to: None,
            lines: failure.error.clone(),
            chain: true,
            unshown: unshown(verdict, failure),
            begun: failure.drill.is_some(),
            logs: failure.logs.clone(),
            said: warnings(records, &failure.workload.namespace),
        });
    }
    for shortfall in &verdict.shortfalls {
        all.push(Why {
            badge: Outcome::Inconclusive.into(),
            title: shortfall.clone(),
            came_to: None,
            lines: Vec::new(),
            chain: false,
            unshown: Vec::new(),
            begun: true,
            logs: Vec::new(),
            said: Vec::new(),
        });
    }
    all
}

/// The records in which a failure came about.
fn records_of<'h>(
    history: &'h History,
    failure: &Failure,
    stretches: &BTreeMap<&DrillId, Stretch<'h>>,
) -> &'h [Record] {
    if let Some(drill) = failure.drill {
        let id = DrillId {
            workload: failure.workload.clone().into(),
            drill,
            round: failure.round,
        };
        return stretches.get(&id).map_or(&[], |stretch| stretch.records);
    }
    let end = history.records.iter().position(
        |record| matches!(&record.event, Event::NotUp { workload, .. } if *workload == failure.workload),
    );
    &history.records[..end.unwrap_or(history.records.len())]
}
