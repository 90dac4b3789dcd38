use super::parts::{ROWS, held, is_ordered, planned, violated};
use crate::plan::{Drill, PlannedDrill, Promise, Selection, Step};
use crate::workload::{UpdateStrategy, Workload, WorkloadKind};

/// The template asks for an image that cannot be had, and is then set back, while rows are being written.
///
/// A StatefulSet with `OrderedReady` waits for the broken pod to become Ready before it does anything else: setting the
/// template back is not enough, the pod must be deleted by hand (Kubernetes, "StatefulSets", "Forced rollback";
/// kubernetes/kubernetes issue 67250). That it is so is what is expected of one.
pub fn bad_rollout(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    if workload.kind == WorkloadKind::StatefulSet && workload.update == UpdateStrategy::OnDelete {
        return Err("updateStrategy OnDelete: a changed template replaces no pod by itself".to_owned());
    }
    if !selection.names(Drill::BadRollout) {
        return Err(
            "a server is away until the pull of an image has failed: ask for it with --drill bad-rollout"
                .to_owned(),
        );
    }
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::BreakImage,
        Step::AwaitBroken,
        Step::MendImage,
        Step::AwaitMended,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let rollback = if is_ordered(workload) {
        violated(Promise::Rollback)
    } else {
        held(Promise::Rollback)
    };
    let expectations = vec![rollback, held(Promise::Storage), held(Promise::Durability)];
    Ok(planned(Drill::BadRollout, workload, steps, expectations))
}
