use crate::cluster::Objects;
use crate::history::ObjectRef;

/// A ConfigMap that a controller puts into every namespace, some time after the namespace is made.
const ROOT_CERTIFICATES: &str = "kube-root-ca.crt";

/// Whether something that a pod needs is missing and stays so: nobody who could make it is at work.
///
/// The controllers of Kubernetes make no Secrets, ConfigMaps and classes that somebody refers to; an operator or a job
/// may, if it has an account with rights.
pub(super) fn stays_missing(objects: &Objects, needy: Option<&ObjectRef>, message: &str) -> bool {
    let missing = message.contains("not found")
        || message.contains("couldn't find key")
        || message.contains("references non-existent");
    missing && !message.contains(ROOT_CERTIFICATES) && !another_acts(objects, needy)
}

/// Whether a pod is there that may change something in the cluster.
fn another_acts(objects: &Objects, needy: Option<&ObjectRef>) -> bool {
    objects.pods().any(|(object, pod)| {
        let ended = pod.terminating || pod.phase == "Succeeded" || pod.phase == "Failed";
        Some(object) != needy && pod.account.is_some() && !ended
    })
}
