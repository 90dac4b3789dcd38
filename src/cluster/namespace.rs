//! Namespaces: whether one may be used, making it, removing it.

use futures::future::join_all;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::json;
use thiserror::Error;

use super::removal::{self, REMOVAL_DEADLINE};
use super::{FIELD_MANAGER, volumes};

/// Why a namespace cannot be used or removed.
#[derive(Debug, Error)]
pub enum NamespaceError {
    /// It holds what stateproof did not put there.
    #[error(
        "namespace {namespace} holds objects that stateproof did not make ({}): choose manifests with a namespace of \
         their own, or remove them",
        objects.join(", ")
    )]
    Occupied {
        /// The namespace.
        namespace: String,
        /// Some of the objects in it.
        objects: Vec<String>,
    },
    /// The set brings it, and others have it already.
    #[error(
        "the set brings the namespace {namespace}, which is there already and not stateproof's: applying the set would \
         change it; leave the Namespace out of the set, or give it another name"
    )]
    Brought {
        /// The namespace.
        namespace: String,
    },
    /// Another run is at work in it.
    #[error("another run of stateproof is at work in namespace {namespace}: {holder}")]
    InUse {
        /// The namespace.
        namespace: String,
        /// What is known of that run.
        holder: String,
    },
    /// Another run has taken its Lease from this one.
    #[error(
        "another run of stateproof has taken namespace {namespace} from this one, which did not renew its Lease for half a \
         minute: was this machine asleep, or the API server out of reach? What this run has made there was left"
    )]
    Lost {
        /// The namespace.
        namespace: String,
    },
    /// It did not go.
    #[error("namespace {namespace} is still there after {} s: {last}", REMOVAL_DEADLINE.as_secs())]
    Stuck {
        /// The namespace.
        namespace: String,
        /// What its controller says.
        last: String,
    },
    /// The API server refused.
    #[error("cannot use namespace {namespace}: {source}")]
    Refused {
        /// The namespace.
        namespace: String,
        /// What the server said.
        source: Box<kube::Error>,
    },
}

/// Whose a namespace is that a run may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none of that name: the run makes it and takes it away.
    Free,
    /// It was there, and empty (`default`, for one): the run fills it, and empties it again.
    Lent,
}

/// Makes sure that a namespace holds nothing: one that an earlier run left behind is removed, one that holds others'
/// objects is refused.
///
/// # Errors
/// [`NamespaceError`]; in the case of `Occupied` nothing has been touched.
pub async fn vacate(client: &Client, namespace: &str) -> Result<Standing, NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let refused = |source| refused(namespace, source);
    let Some(found) = api.get_opt(namespace).await.map_err(refused)? else {
        return Ok(Standing::Free);
    };
    if is_ours(&found) {
        remove(client, namespace).await?;
        return Ok(Standing::Free);
    }
    let any = |_: &str| true;
    let mut objects = names::<Pod>(client, namespace, any).await.map_err(refused)?;
    objects.extend(
        names::<PersistentVolumeClaim>(client, namespace, any)
            .await
            .map_err(refused)?,
    );
    objects.extend(
        names::<StatefulSet>(client, namespace, any)
            .await
            .map_err(refused)?,
    );
    if objects.is_empty() {
        return Ok(Standing::Lent);
    }
    objects.truncate(5);
    Err(NamespaceError::Occupied {
        namespace: namespace.to_owned(),
        objects,
    })
}

/// Removes a namespace if stateproof made it: what a dead run has left.
///
/// # Errors
/// [`NamespaceError`].
pub async fn remove_left(client: &Client, namespace: &str) -> Result<(), NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let found = api.get_opt(namespace).await;
    let found = found.map_err(|source| refused(namespace, source))?;
    match found {
        Some(found) if is_ours(&found) => remove(client, namespace).await,
        _ => Ok(()),
    }
}

/// Makes a namespace if it is not there.
///
/// With a label: who applies no field owns none, and the API server then notes no field manager, by which
/// [`remove_left`] knows it.
///
/// # Errors
/// [`NamespaceError::Refused`].
pub async fn create(client: &Client, namespace: &str) -> Result<(), NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let labels = json!({"app.kubernetes.io/managed-by": FIELD_MANAGER});
    let body = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels},
    });
    api.patch(
        namespace,
        &PatchParams::apply(FIELD_MANAGER).force(),
        &Patch::Apply(&body),
    )
    .await
    .map(drop)
    .map_err(|source| refused(namespace, source))
}

/// Removes a namespace with everything in it and waits until it is gone, then the volumes that its claims leave behind.
/// One that is gone already is fine.
///
/// # Errors
/// [`NamespaceError::Stuck`] with the words of its controller when it is still there after two minutes.
pub async fn remove(client: &Client, namespace: &str) -> Result<(), NamespaceError> {
    match find(client, namespace).await? {
        Some(found) => remove_found(client, &found).await,
        None => Ok(()),
    }
}

/// The same for the one with this UID: what has its name by now is somebody else's.
///
/// # Errors
/// As [`remove`].
pub(super) async fn remove_only(client: &Client, namespace: &str, uid: &str) -> Result<(), NamespaceError> {
    match find(client, namespace).await? {
        Some(found) if found.uid().as_deref() == Some(uid) => remove_found(client, &found).await,
        _ => Ok(()),
    }
}

async fn find(client: &Client, namespace: &str) -> Result<Option<Namespace>, NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let found = api.get_opt(namespace).await;
    found.map_err(|source| refused(namespace, source))
}

async fn remove_found(client: &Client, found: &Namespace) -> Result<(), NamespaceError> {
    let (Some(made), Some(uid)) = (found.creation_timestamp(), found.uid()) else {
        return Ok(());
    };
    let namespace = &*found.name_any();
    let left = volumes::let_go(client, namespace, &made).await?;
    // Once the namespace goes: before, what has made them would make others.
    let (removed, ()) = futures::join!(
        remove_itself(client, namespace, &uid),
        hurry_pods(client, namespace)
    );
    removed?;
    volumes::gone(client, namespace, left).await
}

/// Has the pods end in a second, whatever their grace period: nobody needs them any more, and the namespace waits for
/// the slowest of them. One that cannot be hurried goes in its own time.
async fn hurry_pods(client: &Client, namespace: &str) {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let Ok(pods) = api.list_metadata(&ListParams::default()).await else {
        return;
    };
    // Not 0: then the API server would forget them at once, with their processes still running on their volumes.
    let briefly = DeleteParams::default().grace_period(1);
    let hurried = pods
        .iter()
        .map(async |pod| api.delete(&pod.name_any(), &briefly).await.map(drop));
    join_all(hurried).await;
}

async fn remove_itself(client: &Client, namespace: &str, uid: &str) -> Result<(), NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let refused = |source| refused(namespace, source);
    let Err(last) = removal::remove(&api, namespace, uid).await.map_err(refused)? else {
        return Ok(());
    };
    let left = api.get_opt(namespace).await.map_err(refused)?;
    let conditions = left
        .and_then(|left| left.status)
        .and_then(|status| status.conditions)
        .unwrap_or_default();
    let words = conditions
        .into_iter()
        .filter(|condition| condition.status == "True")
        .filter_map(|condition| condition.message);
    let words: Vec<_> = words.collect();
    Err(NamespaceError::Stuck {
        namespace: namespace.to_owned(),
        last: if words.is_empty() { last } else { words.join("; ") },
    })
}

/// Removes the claims from a lent namespace and waits until they are gone, and with them the pods that use them; then
/// the volumes that those claims leave behind which were made since the run began. It held no claim before the run,
/// and what the run applied is deleted by then: only claims outlive their StatefulSet.
///
/// # Errors
/// [`NamespaceError::Stuck`] when one is still there after two minutes.
pub async fn empty(client: &Client, namespace: &str, since: &Time) -> Result<(), NamespaceError> {
    let api: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), namespace);
    let refused = |source| refused(namespace, source);
    let left = volumes::let_go(client, namespace, since).await?;
    let claims = api.list_metadata(&ListParams::default()).await.map_err(refused)?;
    for claim in claims {
        let (name, uid) = (claim.name_any(), claim.uid().unwrap_or_default());
        let removed = removal::remove(&api, &name, &uid).await.map_err(refused)?;
        removed.map_err(|last| NamespaceError::Stuck {
            namespace: namespace.to_owned(),
            last: format!("PersistentVolumeClaim {name} does not go: {last}"),
        })?;
    }
    volumes::gone(client, namespace, left).await
}

/// What the API server said of a namespace.
pub(super) fn refused(namespace: &str, source: kube::Error) -> NamespaceError {
    NamespaceError::Refused {
        namespace: namespace.to_owned(),
        source: Box::new(source),
    }
}

/// Whether stateproof has made it.
pub(super) fn is_ours(object: &impl ResourceExt) -> bool {
    let mut managers = object.managed_fields().iter();
    managers.any(|entry| entry.manager.as_deref() == Some(FIELD_MANAGER))
}

/// The objects of a kind that are in a namespace, as `KIND NAME`, those whose names do not count left out. Nothing but the
/// names is asked for.
pub(super) async fn names<K>(
    client: &Client,
    namespace: &str,
    counts: impl Fn(&str) -> bool,
) -> Result<Vec<String>, kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let found = api.list_metadata(&ListParams::default()).await?;
    let names = found.items.iter().map(ResourceExt::name_any);
    Ok(names
        .filter(|name| counts(name))
        .map(|name| format!("{} {name}", K::kind(&())))
        .collect())
}
