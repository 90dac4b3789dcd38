use super::figure::{Done, Figure, Subject};
use super::recovery::Recovery;
use crate::history::{DrillId, History, Keys};
use crate::plan::Outcome;
use crate::report::lanes::Lane;
use crate::report::scale::Scale;
use crate::report::stretch::{Stretch, planned};
use crate::report::wording::{came_to, mark};
use crate::report::writes::{Gap, Writes};
use crate::verdict::{PromiseVerdict, RowAccount, Verdict, brief, seconds};

/// What the page says of a drill.
pub(super) struct DrillSection {
    pub number: usize,
    pub workload: String,
    pub name: String,
    pub outcome: Badge,
    pub took: Option<String>,
    /// What was done, a step after the other.
    pub steps: Vec<String>,
    pub promises: Vec<PromiseLine>,
    pub figure: Option<Figure>,
    pub recovery: Option<Recovery>,
    pub rows: Option<Account>,
    /// What was measured besides.
    pub measured: Vec<String>,
}

/// An outcome as it is shown.
#[derive(Clone, Copy)]
pub(super) struct Badge {
    pub class: &'static str,
    pub mark: &'static str,
    pub word: &'static str,
}

/// What a promise came to.
pub(super) struct PromiseLine {
    pub name: String,
    pub badge: Badge,
    /// What was observed, and what was expected where that is something else.
    pub came_to: String,
    pub evidence: Vec<String>,
}

/// What became of the rows.
pub(super) struct Account {
    pub level: String,
    pub counts: Vec<Count>,
}

/// How many rows, and which where that matters.
pub(super) struct Count {
    pub name: &'static str,
    pub rows: u64,
    pub keys: Option<String>,
    pub class: &'static str,
}

impl From<Outcome> for Badge {
    fn from(outcome: Outcome) -> Self {
        let (class, word) = match outcome {
            Outcome::Held => ("held", "Held"),
            Outcome::Violated => ("violated", "Violated"),
            Outcome::Inconclusive => ("inconclusive", "Inconclusive"),
        };
        Self {
            class,
            mark: mark(outcome),
            word,
        }
    }
}

impl DrillSection {
    /// Of the promises of one drill, of which there is at least one.
    pub fn of(
        number: usize,
        promises: &[PromiseVerdict],
        history: &History,
        verdict: &Verdict,
        stretch: Option<Stretch<'_>>,
        drawn: (&[Lane], &[Done]),
    ) -> Option<Self> {
        let id = &promises.first()?.drill;
        let worst = promises.iter().map(PromiseVerdict::outcome).max()?;
        let times = verdict.recovery.iter().find(|times| times.drill == *id);
        let (lanes, faults) = drawn;
        let fault = faults.iter().find(|done| done.drill == *id);
        let figure = stretch.map(|stretch| {
            let scale = Scale {
                from: stretch.from_us,
                to: stretch.to_us,
                origin: fault.map_or(stretch.from_us, |fault| fault.us),
            };
            let subject = Subject {
                scale,
                origin: if fault.is_some() {
                    "since the first fault was requested"
                } else {
                    "since the drill began"
                },
                workload: Some(&id.workload),
                drill: Some(id),
                bands: Vec::new(),
                writes: Writes::count(stretch.records, Some(id), &verdict.rows, scale),
                gaps: times
                    .and_then(|times| Gap::of(stretch.records, times))
                    .into_iter()
                    .collect(),
            };
            Figure::of(subject, lanes, faults)
        });
        let overlaps = verdict.overlaps.iter().filter(|overlap| overlap.drill == *id);
        Some(Self {
            number,
            workload: id.workload.to_string(),
            name: named(id),
            outcome: worst.into(),
            took: stretch.map(|stretch| seconds(stretch.to_us - stretch.from_us)),
            steps: planned(history, id)
                .map(|planned| planned.steps.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            promises: promises.iter().map(line).collect(),
            figure,
            recovery: times.map(Recovery::of),
            rows: verdict.rows.iter().find(|rows| rows.drill == *id).map(account),
            measured: overlaps
                .map(|overlap| format!("{}: {overlap}", overlap.pod))
                .collect(),
        })
    }
}

/// A drill without its workload.
pub(super) fn named(id: &DrillId) -> String {
    match id.round {
        0 => id.drill.to_string(),
        round => format!("{}, round {round}", id.drill),
    }
}

fn line(promise: &PromiseVerdict) -> PromiseLine {
    PromiseLine {
        name: promise.promise.to_string(),
        badge: promise.outcome().into(),
        came_to: came_to(promise),
        evidence: promise.evidence.clone(),
    }
}

fn account(rows: &RowAccount) -> Account {
    let plain = |name, keys: &Keys| Count {
        name,
        rows: keys.len(),
        keys: None,
        class: "",
    };
    let named = |name, keys: &Keys, class| Count {
        name,
        rows: keys.len(),
        keys: (!keys.is_empty()).then(|| brief(keys)),
        class: if keys.is_empty() { "" } else { class },
    };
    Account {
        level: rows.level.clone(),
        counts: vec![
            plain("attempted", &rows.attempted),
            plain("acknowledged", &rows.acknowledged),
            plain("of these before the fault", &rows.acknowledged_before),
            plain("in flight when it was begun", &rows.in_flight),
            plain("read back", &rows.read),
            named("lost", &rows.lost, "bad"),
            named("never written, yet read", &rows.phantom, "bad"),
            named("changed", &rows.corrupt, "bad"),
            named("refused, yet read", &rows.refused_but_present, "bad"),
            named("refused", &rows.refused, ""),
            named("of unknown fate", &rows.unknown.union(&rows.unreported), ""),
            named("of these read back", &rows.recovered, ""),
        ],
    }
}
