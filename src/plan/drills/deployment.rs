use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// What is done to a Deployment that runs a database. It promises no names and no order, so nothing is said of
/// identity and address; what is to be shown is what it does to the rows, and how many servers work on one volume.
pub fn of_deployment(drill: Drill, workload: &Workload) -> Result<PlannedDrill, String> {
    match drill {
        Drill::LosePod => Ok(lose_pod(workload)),
        Drill::ForceDelete => Ok(force_delete(workload)),
        Drill::Rollout => Ok(rollout(workload)),
        _ => Err("a Deployment promises no names, no order and no claims of each pod's own".to_owned()),
    }
}

/// The pod goes while rows are being written.
fn lose_pod(workload: &Workload) -> PlannedDrill {
    let expectations = [
        Promise::Storage,
        Promise::Durability,
        Promise::Recovery,
        Promise::Exclusivity,
    ];
    let steps = while_writing(&[Step::DeletePod { grace_seconds: None }, Step::AwaitReady]);
    planned(Drill::LosePod, workload, steps, expectations.map(held).into())
}

/// The same, but the API forgets the pod before the kubelet has ended it. That two servers may run then is what the
/// forced deletion does, whatever makes the pods: it is measured, and not held against the Deployment.
fn force_delete(workload: &Workload) -> PlannedDrill {
    let expectations = [Promise::Storage, Promise::Durability, Promise::Recovery];
    let grace_seconds = Some(0);
    let steps = while_writing(&[Step::DeletePod { grace_seconds }, Step::AwaitReady]);
    planned(Drill::ForceDelete, workload, steps, expectations.map(held).into())
}

/// The pods' template changes while rows are being written: the strategy decides whether the new server starts before
/// the old one has ended (Kubernetes, "Deployments", "Strategy").
fn rollout(workload: &Workload) -> PlannedDrill {
    let expectations = [
        Promise::Storage,
        Promise::Durability,
        Promise::Recovery,
        Promise::Exclusivity,
    ];
    let steps = while_writing(&[
        Step::Restart,
        Step::AwaitAllReady,
        Step::Undo,
        Step::AwaitAllReady,
    ]);
    planned(Drill::Rollout, workload, steps, expectations.map(held).into())
}

fn while_writing(fault: &[Step]) -> Vec<Step> {
    let before = [Step::InspectClaims, Step::Write { rows: ROWS }, Step::StartWriter];
    let after = [
        Step::StopWriter { rows_after: ROWS },
        Step::InspectClaims,
        Step::Read,
    ];
    [&before, fault, &after].concat()
}
