use serde::{Deserialize, Serialize};

use super::address::first_right_answer;
use super::crash;
use super::recovery::first_write;
use super::sighting::Sighting;
use super::view::{DrillView, POD};
use crate::history::{DrillId, Event, PodState, WriteFate};
use crate::plan::Drill;

/// How long a drill's recovery took: microseconds since the first fault was requested, by the watches' delivery.
///
/// A time is missing where the step was not seen, or where a watch broke just before it, so that it was seen late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryTimes {
    /// The drill.
    pub drill: DrillId,
    /// The API server accepted the request.
    pub accepted_us: Option<u64>,
    /// The old pod was gone.
    pub gone_us: Option<u64>,
    /// The new pod was made.
    pub created_us: Option<u64>,
    /// It had a node.
    pub scheduled_us: Option<u64>,
    /// The server's container ran.
    pub started_us: Option<u64>,
    /// The new pod was Ready.
    pub ready_us: Option<u64>,
    /// The member's name answered with the new pod's address.
    pub answers_us: Option<u64>,
    /// The new pod acknowledged a row.
    pub write_us: Option<u64>,
    /// The longest time between one acknowledgement and the next of which the fault fell in or before.
    pub write_gap_us: Option<u64>,
}

/// The times of a drill; none when no fault was begun.
pub(super) fn of(view: &DrillView<'_>) -> Option<RecoveryTimes> {
    // What it takes is what the promise says: which pod comes back is not known beforehand.
    let fault = view
        .first_fault()
        .filter(|_| view.planned.drill != Drill::BadRollout)?;
    let since = |us: u64| us.checked_sub(fault.us);
    if view.planned.drill == Drill::Crash {
        return crash::times(view);
    }
    let new = view.new_pod();
    let new_pod = |reached: &dyn Fn(&PodState) -> bool| {
        milestone(view, new?, |pod| pod.state.is_some_and(reached)).and_then(since)
    };
    let accepted = view
        .own()
        .find(|at| matches!(at.event, Event::FaultAccepted { .. }));
    Some(RecoveryTimes {
        drill: view.id.clone(),
        accepted_us: accepted.and_then(|at| since(at.us)),
        gone_us: view
            .old_pod()
            .and_then(|old| milestone(view, old, |pod| pod.state.is_none()))
            .and_then(since),
        created_us: new_pod(&|_| true),
        scheduled_us: new_pod(&|pod| pod.node.is_some()),
        started_us: new_pod(&|pod| view.engine(pod).is_some_and(|engine| engine.running)),
        ready_us: new_pod(&|pod| pod.ready),
        answers_us: new
            .and_then(|new| first_right_answer(view, new))
            .and_then(|at| since(at.us)),
        write_us: new
            .and_then(|new| first_write(view, new))
            .and_then(|outcome| since(outcome.done_us)),
        write_gap_us: write_gap(view, fault.us),
    })
}

/// Microseconds as reports print them.
pub(crate) fn seconds(us: u64) -> String {
    // Integer arithmetic: a time is rounded down and never shows more than was measured.
    let (whole, hundredths) = (us / 1_000_000, us % 1_000_000 / 10_000);
    if whole < 10 {
        format!("{whole}.{hundredths:02} s")
    } else {
        format!("{whole}.{} s", hundredths / 10)
    }
}

/// When a pod was first seen in a state, where no watch broke between that and the sighting before it.
pub(super) fn milestone(
    view: &DrillView<'_>,
    uid: &str,
    reached: impl Fn(&Sighting<'_>) -> bool,
) -> Option<u64> {
    let found = view.pod(uid).find(|pod| reached(pod))?;
    let earlier = || view.pods().iter().rev().filter(|pod| pod.place < found.place);
    // Its making is a step of the member's name: what counts is when that was last seen.
    let before = earlier().find(|pod| pod.uid == uid).or_else(|| earlier().next());
    let broken = before.is_some_and(|before| view.gap(POD, before.place, found.place));
    (!broken).then_some(found.us)
}

/// The longest time between two consecutive acknowledgements of which the later came after the fault.
pub(super) fn write_gap(view: &DrillView<'_>, fault_us: u64) -> Option<u64> {
    let mut acknowledged: Vec<u64> = view
        .own()
        .filter_map(|at| match at.event {
            Event::Wrote { outcomes, .. } => Some(outcomes),
            _ => None,
        })
        .flatten()
        .filter(|outcome| outcome.fate == WriteFate::Acknowledged)
        .map(|outcome| outcome.done_us)
        .collect();
    acknowledged.sort_unstable();
    acknowledged
        .windows(2)
        .filter_map(|pair| match pair {
            [earlier, later] if *later > fault_us => Some(later - earlier),
            _ => None,
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_rounded_down() {
        assert_eq!(seconds(0), "0.00 s");
        assert_eq!(seconds(319_999), "0.31 s");
        assert_eq!(seconds(9_999_999), "9.99 s");
        assert_eq!(seconds(12_480_000), "12.4 s");
    }
}
