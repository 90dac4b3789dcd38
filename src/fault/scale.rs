use k8s_openapi::api::apps::v1::StatefulSet;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

use super::{Aim, FaultError};
use crate::cluster::{FIELD_MANAGER, Objects};
use crate::history::{Fault, ObjectRef};
use crate::workload::Workload;

/// Change the number of a StatefulSet's members. Those with the highest ordinals go (Kubernetes, "StatefulSets",
/// "Deployment and Scaling Guarantees").
///
/// # Errors
/// [`FaultError::NoTarget`] when it does not exist.
pub fn scale_set(objects: &Objects, workload: &Workload, replicas: u32) -> Result<Aim, FaultError> {
    let fault = Fault::Scale { replicas };
    let (set, _) = objects
        .set(&workload.namespace, &workload.name)
        .ok_or_else(|| FaultError::NoTarget {
            fault,
            object: format!("StatefulSet {}", workload.id()),
        })?;
    let going = workload.members().filter(|member| member.ordinal >= replicas);
    let pods = going.filter_map(|member| objects.pod(&workload.namespace, &member.pod));
    Ok(Aim {
        fault,
        targets: vec![set.clone()],
        until_gone: pods.map(|(pod, _)| pod.clone()).collect(),
        template: None,
    })
}

/// The UID goes with the patch: the API server refuses one that is another object's by now.
pub(super) async fn scale(client: &Client, set: &ObjectRef, replicas: u32) -> Result<(), kube::Error> {
    let api: Api<StatefulSet> = Api::namespaced(client.clone(), &set.namespace);
    let patch = json!({ "metadata": { "uid": set.uid }, "spec": { "replicas": replicas } });
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    api.patch(&set.name, &params, &Patch::Merge(patch))
        .await
        .map(drop)
}
