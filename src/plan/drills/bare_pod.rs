use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// What is done to a bare Pod that runs a database: it is deleted, and applied again as nothing else brings it back. What
/// is to be shown is what becomes of its claim and of the rows; it promises no address of its own and no order.
pub fn of_bare_pod(drill: Drill, workload: &Workload) -> Result<PlannedDrill, String> {
    let expectations = [
        Promise::Identity,
        Promise::Storage,
        Promise::Durability,
        Promise::Recovery,
    ];
    let fault = match drill {
        Drill::LosePod => Step::DeletePod { grace_seconds: None },
        Drill::ForceDelete => {
            return Err(
                "a bare Pod: applied again at once, a second server would be on its volume".to_owned(),
            );
        }
        _ => {
            return Err(
                "a bare Pod: nothing makes it again, and it promises no order and no claims of its own"
                    .to_owned(),
            );
        }
    };
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        fault,
        Step::Reapply,
        Step::AwaitReady,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    Ok(planned(drill, workload, steps, expectations.map(held).into()))
}
