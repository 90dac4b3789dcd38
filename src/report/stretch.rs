use std::collections::BTreeMap;

use crate::history::{DrillId, Event, History, Record};
use crate::plan::PlannedDrill;

/// A drill's part of a history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'h> {
    /// From its start to its end, or to the history's.
    pub records: &'h [Record],
    pub from_us: u64,
    pub to_us: u64,
}

/// The part of each drill that was begun.
pub(super) fn stretches(history: &History) -> BTreeMap<&DrillId, Stretch<'_>> {
    let mut starts: BTreeMap<&DrillId, usize> = BTreeMap::new();
    let mut ends: BTreeMap<&DrillId, usize> = BTreeMap::new();
    for (place, record) in history.records.iter().enumerate() {
        match &record.event {
            Event::DrillStarted { drill } => {
                starts.entry(drill).or_insert(place);
            }
            Event::DrillEnded { drill, .. } => {
                ends.entry(drill).or_insert(place);
            }
            _ => {}
        }
    }
    let last = history.records.len().saturating_sub(1);
    starts
        .into_iter()
        .map(|(drill, start)| {
            let end = ends.get(drill).copied().unwrap_or(last).max(start);
            let records = &history.records[start..=end];
            let stretch = Stretch {
                records,
                from_us: history.records[start].at_us,
                // A spoiled history's times may run backwards.
                to_us: history.records[end].at_us.max(history.records[start].at_us),
            };
            (drill, stretch)
        })
        .collect()
}

/// The drill as it was planned.
pub(super) fn planned<'h>(history: &'h History, id: &DrillId) -> Option<&'h PlannedDrill> {
    history
        .plans()
        .iter()
        .filter(|plan| {
            plan.workload.namespace == id.workload.namespace && plan.workload.name == id.workload.name
        })
        .flat_map(|plan| &plan.drills)
        .find(|planned| planned.drill == id.drill)
}
