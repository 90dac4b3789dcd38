use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::{RetentionPolicy, Workload};

/// Down to none and up to all again, while rows are being written to the first member, which goes last and comes first.
/// Not by deleting the StatefulSet: Kubernetes promises no order for that ("StatefulSets", "Limitations").
pub fn order(workload: &Workload) -> Result<PlannedDrill, String> {
    if workload.replicas < 2 {
        return Err("one member: there is no order to keep".to_owned());
    }
    let mut steps = vec![
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::Scale { replicas: 0 },
    ];
    if workload.retention.when_scaled == RetentionPolicy::Delete {
        // A controller that finds a claim still going makes no pod, and may not look again for minutes.
        steps.push(Step::InspectClaims);
    }
    steps.extend([
        Step::Scale {
            replicas: workload.replicas,
        },
        Step::AwaitAllReady,
        Step::StopWriter { rows_after: ROWS },
        Step::Read,
    ]);
    let expectations = vec![
        held(Promise::Order),
        held(Promise::Identity),
        held(Promise::Durability),
    ];
    Ok(planned(Drill::Order, workload, steps, expectations))
}
