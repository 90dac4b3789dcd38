//! Drills that were done in rounds, a drill each: thirty rounds of five drills are read as five, not as a hundred and
//! fifty.

use super::spread::Spread;
use super::table::MILESTONES;
use super::tally::Tally;
use super::wording::{came_to, sentence};
use crate::history::DrillId;
use crate::plan::Outcome;
use crate::verdict::{PromiseVerdict, RecoveryTimes, Verdict, seconds};

/// A drill with what its promises came to in every round.
pub(super) struct Drilled<'v> {
    /// The drill; its round, where there was one only.
    pub id: DrillId,
    /// How many rounds.
    pub rounds: usize,
    pub promises: Vec<Over<'v>>,
}

/// A promise over the rounds of a drill.
pub(super) struct Over<'v> {
    pub all: Vec<&'v PromiseVerdict>,
}

/// The drills of a verdict, in the plan's order, each with all its rounds.
pub(super) fn drilled(verdict: &Verdict) -> Vec<Drilled<'_>> {
    let mut all: Vec<Drilled<'_>> = Vec::new();
    for promises in verdict.promises.chunk_by(|one, next| one.drill == next.drill) {
        let Some(first) = promises.first() else { continue };
        let id = &first.drill;
        let known = all
            .iter_mut()
            .find(|known| known.id.workload == id.workload && known.id.drill == id.drill);
        let Some(known) = known else {
            all.push(Drilled {
                id: id.clone(),
                rounds: 1,
                promises: promises
                    .iter()
                    .map(|promise| Over { all: vec![promise] })
                    .collect(),
            });
            continue;
        };
        known.rounds += 1;
        known.id.round = 0;
        for promise in promises {
            let same = |over: &&mut Over<'_>| {
                let other = over.first();
                other.promise == promise.promise && other.expected == promise.expected
            };
            match known.promises.iter_mut().find(same) {
                Some(over) => over.all.push(promise),
                None => known.promises.push(Over { all: vec![promise] }),
            }
        }
    }
    all
}

impl Drilled<'_> {
    /// `ns/name/lose-pod`, with the number of rounds where there were several.
    pub fn title(&self) -> String {
        match self.rounds {
            1 => self.id.to_string(),
            rounds => format!("{}, {rounds} rounds", self.id),
        }
    }
}

impl Over<'_> {
    /// The first round's; there is at least one.
    fn first(&self) -> &PromiseVerdict {
        self.all[0]
    }

    /// The first of those that came to the worst.
    pub fn worst(&self) -> &PromiseVerdict {
        let worst = self.all.iter().map(|promise| promise.outcome()).max();
        let is_worst = |promise: &&&PromiseVerdict| Some(promise.outcome()) == worst;
        self.all.iter().find(is_worst).copied().unwrap_or(self.all[0])
    }

    /// What it came to, and the evidence: of several rounds the first of the worst.
    pub fn sentence(&self) -> String {
        let worst = self.worst();
        if self.all.len() == 1 {
            return sentence(worst);
        }
        format!(
            "{}; round {}: {}",
            self.came_to(),
            worst.drill.round,
            worst.evidence.join("; ")
        )
    }

    /// What it came to, without the evidence.
    pub fn came_to(&self) -> String {
        let worst = self.worst();
        if self.all.len() == 1 {
            return came_to(worst);
        }
        let mut tally = Tally::default();
        for promise in &self.all {
            tally.add(promise.outcome());
        }
        match worst.outcome() {
            Outcome::Held => format!("{} in all {} rounds", came_to(worst), self.all.len()),
            _ => tally.to_string(),
        }
    }
}

/// The recovery times of a workload's drills over their rounds: a block a drill, none where it was done once.
pub(super) fn spreads(drills: &[&RecoveryTimes]) -> Vec<(DrillId, Vec<(&'static str, Spread)>)> {
    let mut ids: Vec<DrillId> = Vec::new();
    for times in drills {
        let id = DrillId {
            round: 0,
            ..times.drill.clone()
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let of = |id: &DrillId, reached: fn(&RecoveryTimes) -> Option<u64>| {
        let its = drills.iter().filter(|times| times.drill.drill == id.drill);
        Spread::of(its.filter_map(|times| reached(times)).collect())
    };
    ids.into_iter()
        .map(|id| {
            let steps = MILESTONES
                .iter()
                .filter_map(|(name, reached)| Some((*name, of(&id, *reached)?)));
            let steps = steps.collect();
            (id, steps)
        })
        .collect()
}

/// The columns of [`spreads`].
pub(super) const COLUMNS: [&str; 5] = ["min", "median", "p95", "max", "measured"];

/// A spread as the cells of [`COLUMNS`].
pub(super) fn cells(spread: &Spread) -> [String; 5] {
    let Spread {
        min,
        median,
        p95,
        max,
        count,
    } = *spread;
    [
        seconds(min),
        seconds(median),
        seconds(p95),
        seconds(max),
        count.to_string(),
    ]
}
