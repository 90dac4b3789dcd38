use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Selection, Step};
use crate::workload::{UpdateStrategy, Workload};

/// Another set of manifests is applied over the first while rows are being written. What it does not change is proven to
/// stay as it is.
pub fn upgrade(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    let Some(change) = &selection.upgrade else {
        return Err("there is no other set to go over to: see `stateproof upgrade`".to_owned());
    };
    if change.replicas == 0 {
        return Err("the new manifest asks for no members".to_owned());
    }
    let replaces_pods = change.replaces_pods;
    if replaces_pods && workload.update == UpdateStrategy::OnDelete {
        return Err("updateStrategy OnDelete: a changed template replaces no pod by itself".to_owned());
    }
    let replicas = change.replicas;
    let steps = vec![
        Step::InspectClaims,
        Step::Write { rows: ROWS },
        Step::StartWriter,
        Step::Upgrade {
            replicas,
            replaces_pods,
        },
        Step::AwaitAllReady,
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    let mut expectations = vec![held(Promise::Storage), held(Promise::Durability)];
    if !change.differs.is_empty() {
        expectations.insert(0, held(Promise::Upgrade));
    }
    let mut drill = planned(Drill::Upgrade, workload, steps, expectations);
    drill.change = Some(change.clone());
    Ok(drill)
}
