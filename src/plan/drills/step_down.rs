use super::parts::{ROWS, held, planned, violated};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// While rows are being written the first member, as the PRIMARY, steps down, and then the last one goes, whatever its
/// role: of two members it is the PRIMARY.
///
/// A Service that selects a pod by its name leads to that pod whoever is PRIMARY: that it does not lead to the PRIMARY
/// any more is what is to be shown.
pub fn step_down(workload: &Workload) -> Result<PlannedDrill, String> {
    if workload.replication.is_none() {
        return Err("its members are no replica set: none is the PRIMARY".to_owned());
    }
    let replicas = workload.replicas;
    if replicas < 2 {
        return Err("one member alone has nobody to step down for".to_owned());
    }
    let mut steps = vec![
        Step::AwaitRoles,
        Step::ElectFirst,
        Step::ProbePrimaryAddress,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::StepDown,
        Step::AwaitRows { rows: ROWS },
        Step::ProbePrimaryAddress,
        Step::Scale {
            replicas: replicas - 1,
        },
        Step::Scale { replicas },
        Step::AwaitAllReady,
        Step::AwaitRoles,
        Step::StopWriter { rows_after: ROWS },
        Step::Read,
    ];
    let mut expectations = vec![held(Promise::Durability), held(Promise::Recovery)];
    if workload.services.iter().any(|service| service.pod.is_some()) {
        expectations.insert(0, violated(Promise::PrimaryAddress));
    } else {
        steps.retain(|step| *step != Step::ProbePrimaryAddress);
    }
    Ok(planned(Drill::StepDown, workload, steps, expectations))
}
