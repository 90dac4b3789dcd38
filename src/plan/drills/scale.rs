use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// The member with the highest ordinal goes and comes back, while rows are being written to it: the ledger is on the
/// claim that is left behind. Nobody else is touched, although the newest pod is another.
pub fn scale(workload: &Workload) -> Result<PlannedDrill, String> {
    if workload.replicas < 2 {
        return Err("one member: nobody would be left".to_owned());
    }
    let last = workload.replicas - 1;
    let mut steps = vec![
        Step::ResolveServices,
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::RenewFirst,
        Step::Scale { replicas: last },
        Step::InspectClaims,
        Step::ResolveServices,
        Step::Scale {
            replicas: workload.replicas,
        },
        Step::AwaitAllReady,
        Step::ResolveServices,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let mut expectations = vec![
        held(Promise::Order),
        held(Promise::Identity),
        held(Promise::Address),
        held(Promise::Retention),
        held(Promise::Durability),
    ];
    if workload.services.is_empty() {
        steps.retain(|step| *step != Step::ResolveServices);
        expectations.retain(|expectation| expectation.promise != Promise::Address);
    }
    let drill = planned(Drill::Scale, workload, steps, expectations);
    Ok(PlannedDrill {
        member: last,
        ..drill
    })
}
