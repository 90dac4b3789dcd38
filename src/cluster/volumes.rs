//! The volumes of a run's claims: they outlive them, a moment with reclaim policy `Delete`, for good with `Retain`.

use k8s_openapi::api::core::v1::{Namespace, PersistentVolume};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use serde_json::json;

use super::namespace::refused;
use super::removal;
use super::{FIELD_MANAGER, NamespaceError};

/// The provisioner that made a volume (Kubernetes, "Persistent Volumes", "Dynamic"). A volume that the manifests
/// themselves bring has none, and goes with them.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// When a namespace was made, by the API server's clock; none when it is not there.
///
/// # Errors
/// [`NamespaceError::Refused`].
pub async fn made(client: &Client, namespace: &str) -> Result<Option<Time>, NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let found = api.get_opt(namespace).await;
    let found = found.map_err(|source| refused(namespace, source))?;
    Ok(found.and_then(|found| found.creation_timestamp()))
}

/// Volumes that go with their claims, by name and UID.
pub struct Going(Vec<(String, String)>);

/// Has the volumes that were provisioned for claims of a namespace since a time go with their claims, with what is on
/// them: a reclaim policy that would leave them behind becomes `Delete`, so that their provisioner removes them. Older
/// ones are somebody else's: an earlier namespace may have had the same name.
///
/// Before the claims are deleted: a run that is killed in between leaves nothing then.
///
/// # Errors
/// [`NamespaceError::Refused`].
pub async fn let_go(client: &Client, namespace: &str, since: &Time) -> Result<Going, NamespaceError> {
    let api: Api<PersistentVolume> = Api::all(client.clone());
    let volumes = api.list(&ListParams::default()).await;
    let volumes = volumes.map_err(|source| refused(namespace, source))?;
    let mut going = Vec::new();
    for volume in volumes.iter().filter(|volume| is_of(volume, namespace, since)) {
        let (name, uid) = (volume.name_any(), volume.uid().unwrap_or_default());
        if !goes_with_its_claim(volume) {
            let patch = json!({
                "metadata": { "uid": uid },
                "spec": { "persistentVolumeReclaimPolicy": "Delete" },
            });
            let params = PatchParams {
                field_manager: Some(FIELD_MANAGER.to_owned()),
                ..PatchParams::default()
            };
            match api.patch(&name, &params, &Patch::Merge(patch)).await {
                Err(kube::Error::Api(status)) if status.code == 404 => continue,
                answer => answer.map(drop).map_err(|source| refused(namespace, source))?,
            }
        }
        going.push((name, uid));
    }
    Ok(Going(going))
}

/// Waits until these volumes are gone; their claims must be.
///
/// # Errors
/// [`NamespaceError::Stuck`] when one is still there after two minutes.
pub async fn gone(client: &Client, namespace: &str, Going(volumes): Going) -> Result<(), NamespaceError> {
    let api: Api<PersistentVolume> = Api::all(client.clone());
    for (name, uid) in volumes {
        let gone = removal::gone(&api, &name, &uid).await;
        gone.map_err(|last| NamespaceError::Stuck {
            namespace: namespace.to_owned(),
            last: format!("PersistentVolume {name}, which was made for a claim in it, does not go: {last}"),
        })?;
    }
    Ok(())
}

fn is_of(volume: &PersistentVolume, namespace: &str, since: &Time) -> bool {
    let spec = volume.spec.as_ref();
    let claim = spec.and_then(|spec| spec.claim_ref.as_ref());
    claim.and_then(|claim| claim.namespace.as_deref()) == Some(namespace)
        && volume.annotations().contains_key(PROVISIONED_BY)
        && volume.creation_timestamp().is_some_and(|made| made >= *since)
}

fn goes_with_its_claim(volume: &PersistentVolume) -> bool {
    let spec = volume.spec.as_ref();
    spec.and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref()) == Some("Delete")
}
