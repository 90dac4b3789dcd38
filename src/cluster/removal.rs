use std::time::Duration;

use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

/// How long a deleted object may take to go. A namespace's controller looks at most every 15 s while something is left
/// in it, and a volume waits for its claim.
pub(super) const REMOVAL_DEADLINE: Duration = Duration::from_mins(2);

/// Waits until the object with this UID is gone; false when it is still there in the end.
pub(super) async fn is_gone<K>(api: &Api<K>, name: &str, uid: &str) -> bool
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let gone = await_condition(api.clone(), name, conditions::is_deleted(uid));
    matches!(tokio::time::timeout(REMOVAL_DEADLINE, gone).await, Ok(Ok(_)))
}
