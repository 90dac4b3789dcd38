use super::parts::{ROWS, allowed_evictions, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Selection, Step};
use crate::workload::Workload;

/// What `kubectl drain` does to the member and its node, and nothing to the node's other pods, while rows are being
/// written: cordon, evict; then the node is given back. A budget that forbids the eviction is not overridden: the drain
/// waits, and that is all.
pub fn drain(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    if !selection.names(Drill::Drain) {
        return Err("a node fault: ask for it with --drill drain".to_owned());
    }
    let allowed = allowed_evictions(workload)?;
    if allowed == Some(0) {
        let steps = vec![
            Step::Write { rows: ROWS },
            Step::StartWriter,
            Step::Cordon,
            Step::Evict { pods: 1 },
            Step::Uncordon,
            Step::AwaitAllReady,
            Step::StopWriter { rows_after: ROWS },
            Step::Read,
        ];
        let expectations = vec![held(Promise::Protection), held(Promise::Durability)];
        return Ok(planned(Drill::Drain, workload, steps, expectations));
    }
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::Cordon,
        Step::Evict { pods: 1 },
        Step::AwaitDisplaced,
        Step::Uncordon,
        Step::AwaitReady,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let mut expectations = vec![
        held(Promise::Placement),
        held(Promise::Identity),
        held(Promise::Storage),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    if allowed.is_some() {
        expectations.insert(0, held(Promise::Protection));
    }
    Ok(planned(Drill::Drain, workload, steps, expectations))
}
