use super::Verdict;
use crate::history::{Event, Foreseen, History};
use crate::plan::{Drill, Outcome};

/// Names, beside each violation, the rules of lint that foresaw it: those that found something in the manifests of the
/// same workload and say that it violates this promise.
pub(super) fn tie(history: &History, verdict: &mut Verdict) {
    let foreseen: Vec<&Foreseen> = history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Linted { findings } => Some(findings),
            _ => None,
        })
        .flatten()
        .collect();
    for promise in &mut verdict.promises {
        // What deletes the claims on purpose is no surprise that a manifest could have told of.
        if promise.observed != Outcome::Violated || promise.drill.drill == Drill::DeleteClaim {
            continue;
        }
        let of_promise = foreseen.iter().filter(|finding| {
            let workload = finding.workload.as_ref();
            finding.foresees.contains(&promise.promise)
                && workload.is_none_or(|workload| *workload == *promise.drill.workload)
        });
        promise.evidence.extend(of_promise.map(|finding| {
            let Foreseen {
                rule, title, place, ..
            } = finding;
            format!("{rule} foresaw this ({place}): {title}")
        }));
    }
}
