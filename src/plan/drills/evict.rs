use super::parts::{ROWS, allowed_evictions, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// As many evictions as the PodDisruptionBudget allows, and one more, while rows are being written.
pub fn evict(workload: &Workload) -> Result<PlannedDrill, String> {
    let Some(allowed) = allowed_evictions(workload)? else {
        return Err("no PodDisruptionBudget selects the members: nothing forbids an eviction".to_owned());
    };
    let pods = (allowed + 1).min(workload.replicas);
    if allowed == 0 {
        // No pod should go, and whoever writes should notice nothing. Should one go all the same, the next drill must
        // find it back.
        let steps = vec![
            Step::Write { rows: ROWS },
            Step::StartWriter,
            Step::Evict { pods },
            Step::AwaitAllReady,
            Step::StopWriter { rows_after: ROWS },
            Step::Read,
        ];
        let expectations = vec![held(Promise::Protection), held(Promise::Durability)];
        return Ok(planned(Drill::Evict, workload, steps, expectations));
    }
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::Evict { pods },
        Step::AwaitAllReady,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Protection),
        held(Promise::Identity),
        held(Promise::Storage),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    Ok(planned(Drill::Evict, workload, steps, expectations))
}
