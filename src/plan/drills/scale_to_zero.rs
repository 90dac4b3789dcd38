use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Selection, Step};
use crate::workload::{Workload, WorkloadKind};

/// Nobody is left for a while, as over a night that is to cost nothing, and then all are there again, while rows are
/// being written. The claims stay unless the manifest says otherwise (Kubernetes, "StatefulSets", "PersistentVolumeClaim
/// retention", `whenScaled`).
pub fn scale_to_zero(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    if workload.kind != WorkloadKind::StatefulSet {
        return Err("a Deployment: its pods have no names to come back under".to_owned());
    }
    if !selection.names(Drill::ScaleToZero) {
        return Err("the server is away for as long as with delete-statefulset: ask for it with --drill scale-to-zero".to_owned());
    }
    let replicas = workload.replicas;
    let steps = vec![
        Step::Resolve,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::Scale { replicas: 0 },
        Step::Scale { replicas },
        Step::AwaitAllReady,
        Step::Resolve,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let expectations = vec![
        held(Promise::Identity),
        held(Promise::Storage),
        held(Promise::Address),
        held(Promise::Durability),
        held(Promise::Recovery),
    ];
    Ok(planned(Drill::ScaleToZero, workload, steps, expectations))
}
