//! Which rounds a history has to account for, and whether it does.

use std::collections::BTreeSet;

use crate::history::{DrillId, Event, History};
use crate::plan::{Drill, Plan, PlannedDrill};

/// Every drill that a history has to account for, in the order in which they were to come.
///
/// Where nothing says how many rounds were begun, those count of which something was seen, and at least one.
pub(super) fn expected<'p>(history: &History, plan: &'p Plan) -> Vec<(u32, &'p PlannedDrill)> {
    let rounds = match plan.rounds {
        Some(_) => said(history, plan)
            .max(seen(history, plan))
            .max(Some(1))
            .unwrap_or(1),
        None => 0,
    };
    (1..=rounds)
        .chain([0])
        .flat_map(|round| plan.round(round).into_iter().map(move |planned| (round, planned)))
        .collect()
}

/// How many rounds of a workload's drills were begun, as the history says; none where it does not.
pub(super) fn said(history: &History, plan: &Plan) -> Option<u32> {
    let id = plan.workload.id();
    history.records.iter().find_map(|record| match &record.event {
        Event::RoundsEnded { workload, begun } if *workload == id => Some(*begun),
        _ => None,
    })
}

/// Why a plan's rounds are not all accounted for.
pub(super) fn shortfalls(history: &History, plan: &Plan) -> Vec<String> {
    let Some(rounds) = plan.rounds else {
        return Vec::new();
    };
    let id = plan.workload.id();
    let mut shortfalls = Vec::new();
    match (said(history, plan), seen(history, plan)) {
        (Some(said), Some(seen)) if said < seen => shortfalls.push(format!(
            "the history contradicts itself: {said} rounds of {id} were begun, and round {seen} was seen"
        )),
        (Some(said), _) if rounds.seconds.is_none() && said < rounds.limit => {
            shortfalls.push(format!("{id}: of {} rounds {said} were begun", rounds.limit));
        }
        // Of a workload that did not come up nothing is said.
        (Some(_), _) | (None, None) => {}
        (None, Some(seen)) => shortfalls.push(format!(
            "the history does not say how many rounds of {id} were begun: {seen} were seen"
        )),
    }
    let begun = begun(history, plan);
    for round in begun.iter().map(|(round, _)| *round).collect::<BTreeSet<_>>() {
        let done = begun
            .iter()
            .filter(|(of, _)| *of == round)
            .map(|(_, drill)| *drill);
        let planned = plan.round(round).into_iter().map(|planned| planned.drill);
        if !done.clone().eq(planned.take(done.count())) {
            shortfalls.push(format!(
                "the drills of {id}, round {round}, were done in another order than planned"
            ));
        }
    }
    shortfalls
}

/// The highest round of which a drill was begun.
fn seen(history: &History, plan: &Plan) -> Option<u32> {
    begun(history, plan).into_iter().map(|(round, _)| round).max()
}

/// The drills of rounds that were begun, in the order in which they were.
fn begun(history: &History, plan: &Plan) -> Vec<(u32, Drill)> {
    let id = plan.workload.id();
    let begun = history.records.iter().filter_map(|record| match &record.event {
        Event::DrillStarted {
            drill:
                DrillId {
                    workload,
                    drill,
                    round,
                },
        } if **workload == id && *round > 0 => Some((*round, *drill)),
        _ => None,
    });
    begun.collect()
}
