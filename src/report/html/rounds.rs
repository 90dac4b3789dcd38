use super::drill::Badge;
use crate::report::rounds::{COLUMNS, cells, drilled, spreads};
use crate::verdict::{RecoveryTimes, Verdict};

/// What became of a drill over its rounds.
pub(super) struct Repeated {
    pub title: String,
    /// A promise each: its name, and what it came to.
    pub promises: Vec<(String, Badge, String)>,
    pub columns: [&'static str; 5],
    /// A step of the recovery each.
    pub steps: Vec<(&'static str, [String; 5])>,
}

/// The drills that were done in rounds.
pub(super) fn repeated(verdict: &Verdict) -> Vec<Repeated> {
    let times: Vec<&RecoveryTimes> = verdict.recovery.iter().collect();
    let repeated = drilled(verdict).into_iter().filter(|drill| drill.rounds > 1);
    repeated
        .map(|drill| {
            let its: Vec<_> = times
                .iter()
                .copied()
                .filter(|times| times.drill.workload == drill.id.workload)
                .collect();
            let steps = spreads(&its)
                .into_iter()
                .find(|(id, _)| id.drill == drill.id.drill);
            let promises = drill.promises.iter().map(|over| {
                let worst = over.worst();
                (worst.promise.to_string(), worst.outcome().into(), over.came_to())
            });
            Repeated {
                title: drill.title(),
                promises: promises.collect(),
                columns: COLUMNS,
                steps: steps
                    .map(|(_, steps)| {
                        steps
                            .iter()
                            .map(|(name, spread)| (*name, cells(spread)))
                            .collect()
                    })
                    .unwrap_or_default(),
            }
        })
        .collect()
}
