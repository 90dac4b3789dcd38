use super::parts::{ROWS, await_all, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// The StatefulSet goes while rows are being written; its claims must stay, and the rows on them. What the manifest asks for does not change
/// what is expected: with `whenDeleted: Delete` the promise is broken, and the manifest is why.
pub fn delete_stateful_set(workload: &Workload) -> PlannedDrill {
    let steps = vec![
        Step::Resolve,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::DeleteStatefulSet,
        Step::InspectClaims,
        Step::Reapply,
        await_all(workload),
        Step::Resolve,
        Step::StopWriter { rows_after: ROWS },
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Identity),
        held(Promise::Retention),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    planned(Drill::DeleteStatefulset, workload, steps, expectations)
}
