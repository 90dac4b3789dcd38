use super::{Aim, FaultError};
use crate::cluster::Objects;
use crate::history::Fault;
use crate::workload::Workload;

/// Delete the pods of all members at once, each with its own grace period (`kubectl delete pod -l …`).
///
/// # Errors
/// [`FaultError::NoTarget`] when a member has no pod: what is left would not be all of them.
pub fn delete_pods(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    let fault = Fault::DeletePods;
    let pods = workload.members().map(|member| {
        let pod = objects.pod(&workload.namespace, &member.pod);
        pod.map(|(pod, _)| pod.clone()).ok_or(FaultError::NoTarget {
            fault,
            object: format!("Pod {}", member.pod),
        })
    });
    Ok(Aim {
        fault,
        targets: pods.collect::<Result<_, _>>()?,
        until_gone: Vec::new(),
        template: None,
    })
}
