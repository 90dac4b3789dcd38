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

/// An image that cannot be had anywhere: its host's top-level domain is reserved to have none (RFC 2606).
const NOWHERE: &str = "stateproof.invalid/bad-rollout:1";

/// Change the pods' template, so that the controller replaces every pod.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet or Deployment does not exist.
pub fn restart_pods(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    let now = Value::from(Timestamp::now().to_string());
    aim(Fault::Restart, annotated(&now), objects, workload)
}

/// Set the template back to what it was: a rollback.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet or Deployment does not exist.
pub fn undo_restart(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    aim(Fault::Undo, annotated(&Value::Null), objects, workload)
}

/// Have the template ask for an image that cannot be had.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet or Deployment does not exist.
pub fn break_image(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    let template = with_image(workload, NOWHERE);
    aim(Fault::BreakImage, template, objects, workload)
}

/// Have it ask for the manifest's image again: a rollback.
///
/// # Errors
/// [`FaultError::NoTarget`] when the StatefulSet or Deployment does not exist.
pub fn mend_image(objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
    let template = with_image(workload, &workload.engine.image);
    aim(Fault::MendImage, template, objects, workload)
}

fn annotated(value: &Value) -> Value {
    json!({ "metadata": { "annotations": { ANNOTATION: value } } })
}

fn with_image(workload: &Workload, image: &str) -> Value {
    json!({ "spec": { "containers": [{ "name": workload.engine.container, "image": image }] } })
}

fn aim(fault: Fault, template: Value, objects: &Objects, workload: &Workload) -> Result<Aim, FaultError> {
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
        template: Some(template),
    })
}

/// Changes the pods' template of a StatefulSet or Deployment.
pub(super) async fn change(client: &Client, set: &ObjectRef, template: &Value) -> Result<(), kube::Error> {
    if set.kind == "Deployment" {
        patch::<Deployment>(client, set, template).await
    } else {
        patch::<StatefulSet>(client, set, template).await
    }
}

async fn patch<K>(client: &Client, set: &ObjectRef, template: &Value) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), &set.namespace);
    let patch = json!({ "metadata": { "uid": set.uid }, "spec": { "template": template } });
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    // Strategic: containers are known by their names, and those that are not named stay as they are.
    api.patch(&set.name, &params, &Patch::Strategic(patch))
        .await
        .map(drop)
}
