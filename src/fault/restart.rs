use jiff::Timestamp;
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::{Aim, FaultError};
use crate::cluster::{FIELD_MANAGER, Objects};
use crate::history::{Fault, ObjectRef};
use crate::workload::Workload;

/// The annotation of the pods' template that is changed, as `kubectl rollout restart` changes its own
/// (`kubectl.kubernetes.io/restartedAt`). An exported manifest may have that one already; this one is never there
/// before, so that taking it away gives exactly the template that was.
const ANNOTATION: &str = "stateproof.dev/restartedAt";

/// Change the pods' template, so that the controller replaces every pod.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet does not exist.
pub fn restart_pods(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    aim(Fault::Restart, objects, workload)
}

/// Set the template back to what it was: a rollback.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet does not exist.
pub fn undo_restart(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    aim(Fault::Undo, objects, workload)
}

fn aim(fault: Fault, objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    let (set, _) = objects
        .set(&workload.namespace, &workload.name)
        .ok_or_else(|| FaultError::NoTarget {
            fault,
            object: format!("StatefulSet {}", workload.id()),
        })?;
    Ok(Aim {
        fault,
        targets: vec![set.clone()],
        until_gone: Vec::new(),
    })
}

/// Sets the annotation to the present time, or takes it away.
pub(super) async fn restart(client: &Client, set: &ObjectRef, change: bool) -> Result<(), kube::Error> {
    let api: Api<StatefulSet> = Api::namespaced(client.clone(), &set.namespace);
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
