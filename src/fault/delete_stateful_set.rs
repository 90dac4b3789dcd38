use super::{Aim, FaultError};
use crate::cluster::Objects;
use crate::history::Fault;
use crate::workload::Workload;

/// Delete the StatefulSet. Its pods go with it, in no promised order; its claims stay unless its retention policy says
/// otherwise (Kubernetes, "StatefulSets", "Limitations" and "PersistentVolumeClaim retention").
///
/// # Errors
/// [`FaultError::NoTarget`] when it does not exist.
pub fn delete_stateful_set(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    let fault = Fault::DeleteStatefulset;
    let (set, _) = objects
        .set(&workload.namespace, &workload.name)
        .ok_or_else(|| FaultError::NoTarget {
            fault,
            object: format!("StatefulSet {}", workload.id()),
        })?;
    let members = workload.members();
    let pods = members.filter_map(|member| {
        objects
            .pod(&workload.namespace, &member.pod)
            .map(|(pod, _)| pod.clone())
    });
    let until_gone = std::iter::once(set.clone()).chain(pods).collect();
    Ok(Aim {
        fault,
        targets: vec![set.clone()],
        until_gone,
        template: None,
    })
}
