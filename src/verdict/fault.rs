use super::deployment;
use super::view::{Begun, CLAIM, DrillView, POD, STATEFUL_SET, fault_of};
use crate::history::Fault;
use crate::workload::WorkloadKind;

/// Whether every fault that the drill plans happened to what it was meant for.
///
/// The acceptance of a request proves nothing, and neither does a name that is missing from a list: a fault is
/// proven when the watch reports the deletion of its target's UID, or another object under its name.
///
/// # Errors
///
/// Says which fault is not proven, and why.
pub(super) fn proof(view: &DrillView<'_>) -> Result<(), String> {
    let planned: Vec<Fault> = view.planned.steps.iter().copied().filter_map(fault_of).collect();
    if planned.is_empty() && !view.planned.drill.is_without_fault() {
        return Err("the drill plans no fault".into());
    }
    for fault in planned {
        let begun = view
            .fault(fault)
            .ok_or_else(|| format!("the fault did not happen: {fault} was never begun"))?;
        if view.workload.kind == WorkloadKind::Deployment {
            deployment::proven(view, begun)?;
            continue;
        }
        aimed(view, begun)?;
        for target in begun.targets {
            if view.gone(target, begun).is_none() {
                return Err(format!(
                    "the fault did not happen: {} {} with UID {} was never seen to go",
                    target.kind, target.name, target.uid
                ));
            }
        }
    }
    Ok(())
}

/// Whether a fault was aimed at what the plan says.
fn aimed(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    let (kind, names) = match begun.fault {
        Fault::DeletePod | Fault::ForceDelete => (POD, vec![&view.member.pod]),
        Fault::DeleteStatefulset => (STATEFUL_SET, vec![&view.workload.name]),
        Fault::DeleteClaims => (CLAIM, view.member.claims.iter().collect()),
        _ => todo!(),
    };
    for name in names {
        let hit = begun.targets.iter().any(|target| {
            target.kind == kind && target.name == *name && target.namespace == view.workload.namespace
        });
        if !hit {
            return Err(format!(
                "the fault did not happen: {} was not aimed at {kind} {name}",
                begun.fault
            ));
        }
    }
    Ok(())
}
