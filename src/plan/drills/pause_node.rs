use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Selection, Step};
use crate::workload::Workload;

/// A node that is silent and not dead, and an operator who believes it dead: the member's node is paused, its pod
/// deleted by force, and the node comes back. Whether two servers then worked on one volume is counted on the nodes
/// (Kubernetes, "Force Delete StatefulSet Pods"; kubernetes/kubernetes issues 35235 and 54368).
pub fn pause_node(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    if !selection.names(Drill::PauseNode) {
        return Err("a node fault: ask for it with --drill pause-node".to_owned());
    }
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::PauseNode,
        Step::DeletePod {
            grace_seconds: Some(0),
        },
        Step::AwaitDisplaced,
        Step::ResumeNode,
        Step::AwaitReady,
        Step::AwaitEnded,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Exclusivity),
        held(Promise::Identity),
        held(Promise::Storage),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    Ok(planned(Drill::PauseNode, workload, steps, expectations))
}
