use std::time::Duration;

use kube::api::{DeleteParams, Preconditions};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

/// How long a deleted object may take to go. A namespace's controller looks at most every 15 s while something is left
/// in it, and a volume waits for its claim.
pub(super) const REMOVAL_DEADLINE: Duration = Duration::from_mins(2);

/// How long until a watch that could not be begun is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Waits until the object with this UID is gone; else, in the end, the words of what it was last seen to wait for. A watch
/// that breaks is no word about the object: it is begun again.
pub(super) async fn gone<K>(api: &Api<K>, name: &str, uid: &str) -> Result<(), String>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let end = Instant::now() + REMOVAL_DEADLINE;
    loop {
        // A watch's state is large.
        let condition = Box::pin(await_condition(api.clone(), name, conditions::is_deleted(uid)));
        match timeout_at(end, condition).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) if Instant::now() + AGAIN >= end => return Err(error.to_string()),
            Ok(Err(_)) => sleep(AGAIN).await,
            Err(_) => return last(api, name, uid).await,
        }
    }
}

/// Deletes the object with this UID and waits until it is gone; else as [`gone`]. One that was gone before is gone, whatever
/// has its name now.
pub(super) async fn remove<K>(api: &Api<K>, name: &str, uid: &str) -> Result<Result<(), String>, kube::Error>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    match api.delete(name, &only(uid)).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Ok(())),
        // It is another one by now, or being deleted already.
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(gone(api, name, uid).await),
        Err(error) => Err(error),
        Ok(_) => Ok(gone(api, name, uid).await),
    }
}

/// A deletion of the object with this UID and no other of its name.
pub(super) fn only(uid: &str) -> DeleteParams {
    DeleteParams::background().preconditions(Preconditions {
        uid: Some(uid.to_owned()),
        resource_version: None,
    })
}

async fn last<K>(api: &Api<K>, name: &str, uid: &str) -> Result<(), String>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    let found = match api.get_metadata_opt(name).await {
        Ok(Some(found)) if found.uid().as_deref() == Some(uid) => found,
        Ok(_) => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    if found.metadata.deletion_timestamp.is_none() {
        return Err("nobody deletes it".to_owned());
    }
    Err(match found.finalizers() {
        [] => "it is being deleted".to_owned(),
        finalizers => format!("it waits for its finalizers {}", finalizers.join(", ")),
    })
}
