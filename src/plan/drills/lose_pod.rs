use super::parts::{KEPT, MEMBER, ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Step};
use crate::workload::{EngineKind, Workload};

/// The pod goes while rows are being written; everything else must stay.
pub fn lose_pod(workload: &Workload) -> PlannedDrill {
    without_pod(Drill::LosePod, None, workload)
}

/// The same, but the API forgets the pod before the kubelet has ended it.
pub fn force_delete(workload: &Workload) -> PlannedDrill {
    without_pod(Drill::ForceDelete, Some(0), workload)
}

fn without_pod(drill: Drill, grace_seconds: Option<u32>, workload: &Workload) -> PlannedDrill {
    let mut steps = vec![
        Step::Resolve,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::DeletePod { grace_seconds },
        Step::AwaitReady,
        Step::Resolve,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    // Files are written and read in the container: no Service leads there.
    let by_name =
        workload.is_spoken() && workload.replication.is_none() && workload.engine.kind != EngineKind::Http;
    if by_name && workload.services_of(&workload.member(MEMBER)).next().is_some() {
        steps.push(Step::ReadServices);
    }
    let expectations: Vec<_> = KEPT.map(held).into();
    planned(drill, workload, steps, expectations)
}
