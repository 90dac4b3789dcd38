//! What a dead run has left on a cluster that stays: found by the field manager under which everything is applied, taken
//! away only where no living run holds its place.

use k8s_openapi::api::core::v1::{Namespace, Node};
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::PartialObjectMeta;
use kube::discovery::{ApiGroup, Discovery, Scope, verbs};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use thiserror::Error;

use super::namespace::{self, is_ours};
use super::provider::{Cluster, Locks, Process, ProviderError};
use super::removal::{self, REMOVAL_DEADLINE};
use super::storage::ALIAS_ANNOTATION;
use super::{FIELD_MANAGER, NamespaceError, STAND_INS_POLICY};

/// Which process has cordoned a node: as long as it lives, it gives the node back itself.
const CORDONED_BY: &str = "stateproof.io/cordoned-by";

/// Says of a namespace that its run was told to leave it as it is.
const LEFT_ON_PURPOSE: &str = "stateproof.io/left-on-purpose";

/// Why something cannot be taken away.
#[derive(Debug, Error)]
pub enum LeftoverError {
    /// The journal or Docker.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A namespace.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// The API server refused.
    #[error("cannot look for what dead runs have left: {0}")]
    Refused(#[from] Box<kube::Error>),
    /// It did not go.
    #[error("{object} is still there after {} s: {last}", REMOVAL_DEADLINE.as_secs())]
    Stuck {
        /// Kind and name.
        object: String,
        /// Its last state.
        last: String,
    },
}

/// The annotation of a node that this process cordons, or null for one that is given back.
pub(crate) fn cordon_mark(cordoned: bool) -> serde_json::Value {
    let Process { pid, started } = Process::current();
    let by = cordoned.then(|| format!("{pid}-{started}"));
    json!({ CORDONED_BY: by })
}

/// Gives back the nodes that dead runs have cordoned, and gives their names. A node that somebody else has cordoned
/// stays so.
///
/// # Errors
/// [`LeftoverError::Refused`].
pub async fn uncordon_left(client: &Client) -> Result<Vec<String>, LeftoverError> {
    let api: Api<Node> = Api::all(client.clone());
    let mut given_back = Vec::new();
    for node in api.list(&ListParams::default()).await.map_err(Box::new)? {
        let by = node.annotations().get(CORDONED_BY);
        if by.and_then(|by| process(by)).is_none_or(|by| by.is_alive()) {
            continue;
        }
        let name = node.name_any();
        let patch = json!({
            "metadata": { "uid": node.uid(), "annotations": cordon_mark(false) },
            "spec": { "unschedulable": null },
        });
        let params = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let patched = api.patch(&name, &params, &Patch::Merge(patch)).await;
        patched.map_err(Box::new)?;
        given_back.push(name);
    }
    Ok(given_back)
}

fn process(mark: &str) -> Option<Process> {
    let (pid, started) = mark.split_once('-')?;
    Some(Process {
        pid: pid.parse().ok()?,
        started: started.parse().ok()?,
    })
}

/// Notes on a namespace that it is to stay although its run has ended.
///
/// # Errors
/// [`LeftoverError::Refused`].
pub async fn leave_on_purpose(client: &Client, name: &str) -> Result<(), LeftoverError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let patch = json!({"metadata": {"annotations": {LEFT_ON_PURPOSE: "true"}}});
    let patched = api
        .patch(name, &PatchParams::default(), &Patch::Merge(patch))
        .await;
    patched.map_err(Box::new)?;
    Ok(())
}

/// The namespaces that dead runs have made, each with the lock that keeps new runs out of it. Those that were left on
/// purpose are none of them.
///
/// # Errors
/// [`LeftoverError`].
pub async fn namespaces_left(
    cluster: &Cluster,
    client: &Client,
) -> Result<Vec<(String, Locks)>, LeftoverError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let all = api.list(&ListParams::default()).await.map_err(Box::new)?;
    let mut left = Vec::new();
    for found in all.iter().filter(|found| is_ours(*found)) {
        let name = found.name_any();
        if found.annotations().contains_key(LEFT_ON_PURPOSE) {
            continue;
        }
        let Some(lock) = cluster.try_lock_out(&name)? else {
            continue;
        };
        // Its run may have taken it away before the lock was had.
        let still = api.get_opt(&name).await.map_err(Box::new)?;
        if still.is_some_and(|still| is_ours(&still)) {
            left.push((name, lock));
        }
    }
    Ok(left)
}

/// Removes one of [`namespaces_left`] with everything in it, and its lock.
///
/// # Errors
/// [`LeftoverError`].
pub async fn remove_namespace(client: &Client, name: &str, lock: Locks) -> Result<(), LeftoverError> {
    namespace::remove(client, name).await?;
    Ok(lock.remove()?)
}

/// Removes the objects without a namespace that dead runs have applied, and gives their kinds and names. What the
/// cluster keeps for every run stays: aliases of storage classes, and the policy for stand-ins.
///
/// # Errors
/// [`LeftoverError`].
pub async fn remove_cluster_scoped_left(
    cluster: &Cluster,
    client: &Client,
) -> Result<Vec<String>, LeftoverError> {
    let known = Discovery::new(client.clone()).run_aggregated().await;
    let known = known.map_err(Box::new)?;
    let mut removed = Vec::new();
    for (resource, capabilities) in known.groups().flat_map(ApiGroup::recommended_resources) {
        let able = |verb| capabilities.supports_operation(verb);
        // Namespaces are looked at by themselves; nodes are nobody's to remove.
        let others = matches!(resource.kind.as_str(), "Namespace" | "Node");
        if capabilities.scope != Scope::Cluster || others || !able(verbs::LIST) || !able(verbs::DELETE) {
            continue;
        }
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        let found = api
            .list_metadata(&ListParams::default())
            .await
            .map_err(Box::new)?;
        for object in found.iter().filter(|object| is_a_runs(object)) {
            let place = format!("{}.{}", resource.kind, object.name_any());
            let Some(lock) = cluster.try_lock_out(&place)? else {
                continue;
            };
            remove_object(&api, &resource, object).await?;
            lock.remove()?;
            removed.push(format!("{} {}", resource.kind, object.name_any()));
        }
    }
    Ok(removed)
}

/// Applied, not merely changed: a volume whose reclaim policy was changed goes with its claim.
fn is_a_runs(object: &PartialObjectMeta<DynamicObject>) -> bool {
    let mut managers = object.managed_fields().iter();
    let applied = managers.any(|entry| {
        entry.manager.as_deref() == Some(FIELD_MANAGER) && entry.operation.as_deref() == Some("Apply")
    });
    applied && !object.annotations().contains_key(ALIAS_ANNOTATION) && object.name_any() != STAND_INS_POLICY
}

async fn remove_object(
    api: &Api<DynamicObject>,
    resource: &ApiResource,
    object: &PartialObjectMeta<DynamicObject>,
) -> Result<(), LeftoverError> {
    let (name, uid) = (object.name_any(), object.uid().unwrap_or_default());
    let removed = removal::remove(api, &name, &uid).await.map_err(Box::new)?;
    removed.map_err(|last| LeftoverError::Stuck {
        object: format!("{} {name}", resource.kind),
        last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_this_processs_while_it_lives_and_nobodys_without_a_mark() {
        let mark = cordon_mark(true);
        let by = process(mark[CORDONED_BY].as_str().unwrap()).unwrap();
        assert!(by == Process::current() && by.is_alive());
        assert!(cordon_mark(false)[CORDONED_BY].is_null());
        assert_eq!(process("an operator"), None);
    }
}
