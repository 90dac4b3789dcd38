use super::view::{Begun, CLAIM, DrillView, POD, STATEFUL_SET, fault_of};
use super::{crash, deployment, happened, step_down};
use crate::history::Fault;
use crate::plan::Step;
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
    let planned: Vec<(Step, Fault)> = view
        .planned
        .steps
        .iter()
        .filter_map(|step| Some((*step, fault_of(*step)?)))
        .collect();
    if planned.is_empty() && !view.planned.drill.is_without_fault() {
        return Err("the drill plans no fault".into());
    }
    for (number, (step, fault)) in planned.iter().enumerate() {
        let earlier = &planned[..number];
        // A fault that is planned twice must have been begun twice; a step may be several evictions.
        let before: usize = earlier
            .iter()
            .filter(|(_, other)| other == fault)
            .map(|(step, _)| times(*step))
            .sum();
        for count in 0..times(*step) {
            let mut begun = view.faults.iter().filter(|begun| begun.fault == *fault);
            let begun = begun
                .nth(before + count)
                .ok_or_else(|| format!("the fault did not happen: {fault} was never begun"))?;
            happened(view, *step, *begun)?;
        }
    }
    Ok(())
}

/// How many faults a step is.
fn times(step: Step) -> usize {
    match step {
        Step::Evict { pods } => pods as usize,
        _ => 1,
    }
}

/// Whether a step's fault happened.
fn happened(view: &DrillView<'_>, step: Step, begun: Begun<'_>) -> Result<(), String> {
    if begun.fault == Fault::Crash {
        return crash::proof(view, begun);
    }
    if let Step::Upgrade { replaces_pods, .. } = step {
        return happened::upgraded(view, begun, replaces_pods);
    }
    if view.workload.kind == WorkloadKind::Deployment {
        return deployment::proven(view, begun);
    }
    if begun.fault == Fault::StepDown {
        return step_down::proof(view, begun);
    }
    aimed(view, step, begun)?;
    match begun.fault {
        Fault::Scale { replicas } => happened::scaled(view, begun, replicas),
        Fault::Restart | Fault::Undo | Fault::BreakImage | Fault::MendImage => happened::revised(view, begun),
        Fault::Evict => happened::evicted(view, begun),
        Fault::Cordon => happened::cordoned(view, begun, true),
        Fault::Uncordon => happened::cordoned(view, begun, false),
        Fault::PauseNode => happened::heard_of(view, begun, false),
        Fault::ResumeNode => happened::heard_of(view, begun, true),
        _ => gone(view, begun),
    }
}

/// Whether everything that a deletion was aimed at was seen to go.
fn gone(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    for target in begun.targets {
        if view.gone(target, begun).is_none() {
            return Err(format!(
                "the fault did not happen: {} {} with UID {} was never seen to go",
                target.kind, target.name, target.uid
            ));
        }
    }
    Ok(())
}

/// Whether a fault was aimed at what the plan says.
fn aimed(view: &DrillView<'_>, step: Step, begun: Begun<'_>) -> Result<(), String> {
    let (kind, names) = match begun.fault {
        Fault::DeletePod if step == Step::RenewFirst => (POD, vec![view.workload.member(0).pod]),
        Fault::DeletePod | Fault::ForceDelete => (POD, vec![view.member.pod.clone()]),
        Fault::DeleteStatefulset => (STATEFUL_SET, vec![view.workload.name.clone()]),
        Fault::DeleteClaims => (CLAIM, view.member.claims.clone()),
        Fault::DeletePods => (POD, view.workload.members().map(|member| member.pod).collect()),
        Fault::Evict if step == (Step::Evict { pods: 1 }) => (POD, vec![view.member.pod.clone()]),
        Fault::Evict => (POD, Vec::new()),
        Fault::Scale { .. }
        | Fault::Restart
        | Fault::Undo
        | Fault::BreakImage
        | Fault::MendImage
        | Fault::PauseNode
        | Fault::ResumeNode
        | Fault::Cordon
        | Fault::Uncordon => {
            return happened::aimed(view, begun);
        }
        // Their own proofs ask who was PRIMARY, which process ran, and what was answered.
        Fault::StepDown | Fault::Crash | Fault::Upgrade => return Ok(()),
    };
    for name in names {
        let hit = begun.targets.iter().any(|target| {
            target.kind == kind && target.name == name && target.namespace == view.workload.namespace
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
