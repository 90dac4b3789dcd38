use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Selection, Step};
use crate::workload::{UpdateStrategy, Workload};

/// The template changes and is set back, while rows are being written. Every pod is replaced twice, one at a time:
/// too slow to be done unasked.
pub fn rollout(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    if workload.update == UpdateStrategy::OnDelete {
        return Err("updateStrategy OnDelete: a changed template replaces no pod by itself".to_owned());
    }
    if !selection.names(Drill::Rollout) {
        return Err("every pod is replaced twice: ask for it with --drill rollout".to_owned());
    }
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::Restart,
        Step::AwaitAllReady,
        Step::Undo,
        Step::AwaitAllReady,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Order),
        held(Promise::Identity),
        held(Promise::Storage),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    Ok(planned(Drill::Rollout, workload, steps, expectations))
}
