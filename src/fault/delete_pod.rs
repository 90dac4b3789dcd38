use super::{Aim, FaultError};
use crate::cluster::Objects;
use crate::history::{Fault, ObjectRef};
use crate::workload::{Member, Workload, WorkloadKind};

/// Delete a member's pod.
///
/// With `force` the grace period is 0: the API server forgets the pod at once, before the kubelet has ended its
/// processes, and the StatefulSet may make the next one meanwhile (Kubernetes, "Force Delete StatefulSet Pods").
///
/// # Errors
/// [`FaultError::NoTarget`] when there is no such pod.
pub fn delete_pod(
    objects: &Objects,
    workload: &Workload,
    member: &Member,
    force: bool,
) -> Result<Aim, FaultError> {
    let fault = if force {
        Fault::ForceDelete
    } else {
        Fault::DeletePod
    };
    let (pod, _) = objects
        .pod_of(workload, member)
        .ok_or_else(|| FaultError::NoTarget {
            fault,
            object: format!("pod of {}", workload.called(member)),
        })?;
    // A bare Pod is applied again afterwards: one that is still ending would only be changed.
    let is_bare = workload.kind == WorkloadKind::Pod;
    Ok(Aim {
        fault,
        targets: vec![pod.clone()],
        until_gone: if is_bare { vec![pod.clone()] } else { Vec::new() },
        template: None,
    })
}

/// Delete this very pod, with its own grace period, and wait until it is gone.
#[must_use]
pub fn delete_this_pod(pod: ObjectRef) -> Aim {
    Aim {
        fault: Fault::DeletePod,
        targets: vec![pod.clone()],
        until_gone: vec![pod],
        template: None,
    }
}
