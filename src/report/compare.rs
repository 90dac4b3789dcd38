use std::collections::BTreeMap;
use std::fmt;

use super::spread::{Spread, bare};
use super::table::MILESTONES;
use super::tally::Tally;
use crate::harmless::harmless;
use crate::history::DrillId;
use crate::plan::{Drill, Outcome, Promise};
use crate::verdict::Verdict;
use crate::workload::WorkloadId;

/// Two sets of runs beside each other: what became of each promise, and how long recoveries took. Each round of a run
/// counts like a run of its own.
///
/// Workloads are matched by namespace and name; the namespace that a run makes for what names none counts as one and
/// the same in every run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// How many runs there were, old and new.
    pub runs: (usize, usize),
    /// Every promise of either side.
    pub promises: Vec<PromiseComparison>,
    /// Every step of every drill's recovery of which a time was measured.
    pub times: Vec<TimeComparison>,
}

/// One promise in the old runs and in the new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromiseComparison {
    /// The drill.
    pub drill: DrillId,
    /// The promise.
    pub promise: Promise,
    /// In the old runs.
    pub old: Tally,
    /// In the new runs.
    pub new: Tally,
}

/// Whether a promise got worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The worst outcome is the same.
    Same,
    /// The worst outcome is a better one, or the promise is new.
    Better,
    /// The worst outcome is a worse one, or the promise is not checked any more.
    Worse,
}

/// One step of a recovery in the old runs and in the new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeComparison {
    /// The drill.
    pub drill: DrillId,
    /// The step.
    pub step: &'static str,
    /// In the old runs, where it was seen in any.
    pub old: Option<Spread>,
    /// In the new runs, where it was seen in any.
    pub new: Option<Spread>,
}

impl Comparison {
    /// Compares the verdicts of old runs with those of new ones.
    ///
    /// ```
    /// use stateproof::history::History;
    /// use stateproof::report::Comparison;
    /// use stateproof::verdict::judge;
    ///
    /// let read = |lines: &str| History::parse(lines).map(|history| judge(&history));
    /// let held = read(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories/lose-pod.jsonl")))?;
    /// let lost = read(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories/lost-row.jsonl")))?;
    /// assert!(Comparison::of(&[held.clone()], &[lost.clone()]).is_worse());
    /// assert!(!Comparison::of(&[lost], &[held]).is_worse());
    /// # Ok::<(), stateproof::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn of(old: &[Verdict], new: &[Verdict]) -> Self {
        let (before, after) = (tallies(old), tallies(new));
        let mut keys: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        let promises = keys.into_iter().map(|key| {
            let tally = |all: &BTreeMap<Key, Tally>| all.get(&key).copied().unwrap_or_default();
            PromiseComparison {
                old: tally(&before),
                new: tally(&after),
                drill: DrillId {
                    workload: key.workload.clone().into(),
                    drill: key.drill,
                    round: 0,
                },
                promise: key.promise,
            }
        });
        Self {
            runs: (old.len(), new.len()),
            promises: promises.collect(),
            times: times(old, new),
        }
    }

    /// Whether a promise got worse.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.promises
            .iter()
            .any(|promise| promise.change() == Change::Worse)
    }
}

impl PromiseComparison {
    /// What became of it: the worst outcome of all runs counts on either side.
    #[must_use]
    pub fn change(&self) -> Change {
        match (self.old.worst(), self.new.worst()) {
            (old, new) if old == new => Change::Same,
            (Some(_), None) => Change::Worse,
            (None, _) => Change::Better,
            (old, new) if new > old => Change::Worse,
            _ => Change::Better,
        }
    }
}

/// The comparison as text, no line wider than 80 columns but for long names: what changed, then the times, and what it
/// comes to in the last line.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = self.runs;
        writeln!(
            f,
            "{old} old and {new} new {}",
            if new == 1 { "run" } else { "runs" }
        )?;
        let changed = || {
            self.promises
                .iter()
                .filter(|promise| promise.old != promise.new && !(promise.is_steady()))
        };
        if changed().next().is_some() {
            writeln!(f, "\npromises that changed")?;
        }
        for promise in changed() {
            let mark = match promise.change() {
                Change::Worse => "✗",
                Change::Better => "✓",
                Change::Same => "=",
            };
            writeln!(
                f,
                "{mark} {}, {}: {} → {}",
                harmless(&promise.drill.to_string()),
                promise.promise,
                promise.old,
                promise.new
            )?;
        }
        self.write_times(f)?;
        let count = |change| {
            self.promises
                .iter()
                .filter(|promise| promise.change() == change)
                .count()
        };
        let all = self.promises.len();
        let word = if self.is_worse() { "Worse" } else { "Not worse" };
        writeln!(
            f,
            "\n{word}: of {all} promises {} got worse, {} better, {} stayed",
            count(Change::Worse),
            count(Change::Better),
            count(Change::Same)
        )
    }
}

impl PromiseComparison {
    /// Whether it came to the same in all runs of either side, however many those are.
    fn is_steady(&self) -> bool {
        let only = |tally: Tally| match (tally.held, tally.inconclusive, tally.violated) {
            (_, 0, 0) => Some(Outcome::Held),
            (0, _, 0) => Some(Outcome::Inconclusive),
            (0, 0, _) => Some(Outcome::Violated),
            _ => None,
        };
        self.old.worst() == self.new.worst() && only(self.old).is_some() && only(self.old) == only(self.new)
    }
}

impl Comparison {
    fn write_times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for times in self.times.chunk_by(|one, next| one.drill == next.drill) {
            let Some(first) = times.first() else { continue };
            let runs = |side: fn(&TimeComparison) -> Option<Spread>| {
                let count = times.iter().filter_map(side).map(|spread| spread.count).max();
                match count.unwrap_or(0) {
                    0 => "none".to_owned(),
                    1 => "1 run".to_owned(),
                    runs => format!("min median max of {runs}"),
                }
            };
            writeln!(
                f,
                "\nrecovery in {}, seconds since the fault",
                harmless(&first.drill.to_string())
            )?;
            writeln!(
                f,
                "{:17}  {:>21}  {:>21}  {:>10}",
                "",
                format!("old: {}", runs(|times| times.old)),
                format!("new: {}", runs(|times| times.new)),
                "median"
            )?;
            for time in times {
                let cell = |spread: Option<Spread>| {
                    spread.map_or_else(|| "—".to_owned(), |spread| spread.to_string())
                };
                let change = match (time.old, time.new) {
                    (Some(old), Some(new)) if new.median >= old.median => {
                        format!("+{}", bare(new.median - old.median))
                    }
                    (Some(old), Some(new)) => format!("−{}", bare(old.median - new.median)),
                    _ => "—".to_owned(),
                };
                writeln!(
                    f,
                    "{:17}  {:>21}  {:>21}  {change:>10}",
                    time.step,
                    cell(time.old),
                    cell(time.new)
                )?;
            }
        }
        Ok(())
    }
}

/// What tells one promise from another. A control that expects lost rows expects nothing else, under the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    workload: WorkloadId,
    drill: Drill,
    promise: Promise,
    expected: Outcome,
}

fn tallies(verdicts: &[Verdict]) -> BTreeMap<Key, Tally> {
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    for promise in verdicts.iter().flat_map(|verdict| &verdict.promises) {
        let key = Key {
            workload: of_any_run(&promise.drill.workload),
            drill: promise.drill.drill,
            promise: promise.promise,
            expected: promise.expected,
        };
        tallies.entry(key).or_default().add(promise.outcome());
    }
    tallies
}

fn times(old: &[Verdict], new: &[Verdict]) -> Vec<TimeComparison> {
    let drills = |verdicts: &[Verdict]| -> BTreeMap<DrillId, Vec<Vec<Option<u64>>>> {
        let mut drills: BTreeMap<DrillId, Vec<Vec<Option<u64>>>> = BTreeMap::new();
        for times in verdicts.iter().flat_map(|verdict| &verdict.recovery) {
            let id = DrillId {
                workload: of_any_run(&times.drill.workload).into(),
                drill: times.drill.drill,
                round: 0,
            };
            let reached = MILESTONES.iter().map(|(_, reached)| reached(times)).collect();
            drills.entry(id).or_default().push(reached);
        }
        drills
    };
    let (before, after) = (drills(old), drills(new));
    let mut ids: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
    ids.sort();
    ids.dedup();
    let mut all = Vec::new();
    for drill in ids {
        for (index, (step, _)) in MILESTONES.iter().enumerate() {
            let spread = |side: &BTreeMap<DrillId, Vec<Vec<Option<u64>>>>| {
                let runs = side.get(&drill)?;
                Spread::of(runs.iter().filter_map(|run| run[index]).collect())
            };
            let (old, new) = (spread(&before), spread(&after));
            if old.is_some() || new.is_some() {
                all.push(TimeComparison {
                    drill: drill.clone(),
                    step,
                    old,
                    new,
                });
            }
        }
    }
    all
}

/// The workload without the name of the run: a run makes the namespace `stateproof-TIME-PROCESS`, both hexadecimal.
fn of_any_run(id: &WorkloadId) -> WorkloadId {
    let hexadecimal = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let of_a_run = id
        .namespace
        .strip_prefix("stateproof-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(time, process)| hexadecimal(time) && hexadecimal(process));
    WorkloadId {
        namespace: if of_a_run {
            "stateproof-RUN".to_owned()
        } else {
            id.namespace.clone()
        },
        name: id.name.clone(),
    }
}
