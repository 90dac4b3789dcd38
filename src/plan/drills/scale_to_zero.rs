use super::parts::{KEPT, ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Selection, Step};
use crate::workload::Workload;

/// Nobody is left for a while, as over a night that is to cost nothing, and then all are there again, while rows are
/// being written. The claims stay unless the manifest says otherwise (Kubernetes, "StatefulSets", "PersistentVolumeClaim
/// retention", `whenScaled`).
pub fn scale_to_zero(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
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
        // With `whenScaled: Delete` the claims go a moment after the pods. A controller that finds one of them still
        // going makes no pod, and may not look again for minutes.
        Step::InspectClaims,
        Step::Scale { replicas },
        Step::AwaitAllReady,
        Step::Resolve,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let expectations: Vec<_> = KEPT.map(held).into();
    Ok(planned(Drill::ScaleToZero, workload, steps, expectations))
}
