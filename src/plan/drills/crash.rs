use super::parts::{KEPT, ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::{Workload, WorkloadKind};

/// The server process is killed without a word while rows are being written. The pod stays, and the kubelet starts the
/// container again: what the server had acknowledged must be there (Kubernetes, "Pod Lifecycle", "Container restart
/// policy").
pub fn crash(workload: &Workload) -> PlannedDrill {
    let mut steps = vec![
        Step::Resolve,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::Crash,
        Step::AwaitReady,
        Step::Resolve,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let mut expectations: Vec<_> = KEPT.map(held).into();
    if workload.kind != WorkloadKind::StatefulSet {
        // Its pods have no names to be asked for.
        steps.retain(|step| *step != Step::Resolve);
        expectations.retain(|expectation| expectation.promise != Promise::Address);
    }
    planned(Drill::Crash, workload, steps, expectations)
}
