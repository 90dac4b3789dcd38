use super::parts::{ROWS, held, is_ordered, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// All pods go at once while rows are being written. With `OrderedReady` they come back one after the other; with
/// `Parallel` no order is promised.
pub fn lose_all_pods(workload: &Workload) -> Result<PlannedDrill, String> {
    if workload.replicas < 2 {
        return Err("one member: the same as lose-pod".to_owned());
    }
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::DeletePods,
        Step::AwaitAllReady,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let mut expectations = vec![
        held(Promise::Identity),
        held(Promise::Storage),
        held(Promise::Order),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    if !is_ordered(workload) {
        expectations.retain(|expectation| expectation.promise != Promise::Order);
    }
    Ok(planned(Drill::LoseAllPods, workload, steps, expectations))
}
