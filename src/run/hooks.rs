use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

use super::RunError;
use crate::cluster::provider::Cluster;

/// Ends containers whose postStart hook has not ended. The kubelet waits for such a hook before it ends the container,
/// whatever the grace period, and a hook may run for ever; their namespace would never go.
///
/// # Errors
/// [`RunError`] when the API server or a node's container runtime cannot be asked.
pub async fn end(client: &Client, cluster: &Cluster, namespaces: &[String]) -> Result<(), RunError> {
    for namespace in namespaces {
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        let found = pods.list(&ListParams::default()).await;
        for pod in found.map_err(|error| RunError::Hooks(Box::new(error)))? {
            let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
            let Some(node) = cluster
                .nodes
                .iter()
                .find(|known| Some(known.name.as_str()) == node)
            else {
                continue;
            };
            let uid = pod.uid().unwrap_or_default();
            for container in in_a_hook(&pod) {
                node.kill(&uid, container).await?;
            }
        }
    }
    Ok(())
}

/// The containers that have a postStart hook and are not said to run: they are so once it has ended.
fn in_a_hook(pod: &Pod) -> impl Iterator<Item = &str> {
    let statuses = || {
        let status = pod.status.iter();
        status.flat_map(|status| status.container_statuses.iter().flatten())
    };
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers
        .filter(|container| {
            let lifecycle = container.lifecycle.as_ref();
            lifecycle.is_some_and(|lifecycle| lifecycle.post_start.is_some())
        })
        .map(|container| container.name.as_str())
        .filter(move |name| {
            let mut waiting = statuses().filter(|status| {
                let state = status.state.as_ref();
                state.is_some_and(|state| state.waiting.is_some())
            });
            waiting.any(|status| status.name == *name)
        })
}
