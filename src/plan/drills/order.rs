use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::{RetentionPolicy, Workload};

/// Down to none and up to all again. Not by deleting the StatefulSet: Kubernetes promises no order for that
/// ("StatefulSets", "Limitations").
pub fn order(workload: &Workload) -> Result<PlannedDrill, String> {
    if workload.replicas < 2 {
        return Err("one member: there is no order to keep".to_owned());
    }
    let mut steps = vec![
        Step::Write { rows: ROWS },
        Step::Scale { replicas: 0 },
        Step::Scale {
            replicas: workload.replicas,
        },
        Step::AwaitAllReady,
        Step::Read,
    ];
    if workload.retention.when_scaled == RetentionPolicy::Delete {
        // A controller that finds a claim still going makes no pod, and may not look again for minutes.
        steps.insert(2, Step::InspectClaims);
    }
    let expectations = vec![
        held(Promise::Order),
        held(Promise::Identity),
        held(Promise::Durability),
    ];
    Ok(planned(Drill::Order, workload, steps, expectations))
}
