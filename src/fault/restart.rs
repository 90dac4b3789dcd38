use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Aim, FaultError};
use crate::cluster::{FIELD_MANAGER, Objects};
use crate::history::{Fault, ObjectRef};
use crate::workload::{Workload, WorkloadKind};

/// The annotation of the pods' template that is changed, as `kubectl rollout restart` changes its own
/// (`kubectl.kubernetes.io/restartedAt`). An exported manifest may have that one already; this one is never there
/// before, so that taking it away gives exactly the template that was.
const ANNOTATION: &str = "stateproof.dev/restartedAt";

/// Change the pods' template, so that the controller replaces every pod.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet or Deployment does not exist.
pub fn restart_pods(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    aim(Fault::Restart, objects, workload)
}

/// Set the template back to what it was: a rollback.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet or Deployment does not exist.
pub fn undo_restart(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    aim(Fault::Undo, objects, workload)
}

fn aim(fault: Fault, objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    let (kind, found) = match workload.kind {
        WorkloadKind::StatefulSet => ("StatefulSet", objects.set(&workload.namespace, &workload.name)),
        // It has no template that could change.
        WorkloadKind::Pod => ("StatefulSet or Deployment", None),
        WorkloadKind::Deployment => (
            "Deployment",
            objects.deployment(&workload.namespace, &workload.name),
        ),
    };
    let (set, _) = found.ok_or_else(|| FaultError::NoTarget {
        fault,
        object: format!("{kind} {}", workload.id()),
    })?;
    Ok(Aim {
        fault,
        targets: vec![set.clone()],
        until_gone: Vec::new(),
    })
}

/// Sets the annotation to the present time, or takes it away.
pub(super) async fn restart(client: &Client, set: &ObjectRef, change: bool) -> Result<(), kube::Error> {
    if set.kind == "Deployment" {
        patch::<Deployment>(client, set, change).await
    } else {
        patch::<StatefulSet>(client, set, change).await
    }
}

async fn patch<K>(client: &Client, set: &ObjectRef, change: bool) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), &set.namespace);
    let value = if change {
        Value::from(Timestamp::now().to_string())
    } else {
        Value::Null
    };
    let patch = json!({
        "metadata": { "uid": set.uid },
        "spec": { "template": { "metadata": { "annotations": { ANNOTATION: value } } } },
    });
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    api.patch(&set.name, &params, &Patch::Merge(patch))
        .await
        .map(drop)
}
