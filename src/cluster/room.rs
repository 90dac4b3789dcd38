use k8s_openapi::api::core::v1::Node;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use thiserror::Error;

use crate::manifest::ManifestSet;
use crate::quantity::thousandths;
use crate::workload::{NodeRoom, Requests, Resources, Shortage};

/// What the taints begin with that come and go with a node's conditions (Kubernetes, "Taints and Tolerations").
const OF_CONDITIONS: &str = "node.kubernetes.io/";

/// Why a set is not begun with.
#[derive(Debug, Error)]
pub enum RoomError {
    /// Its pods cannot all be scheduled, however long one waits.
    #[error("the cluster has too little for the set, and nothing was applied: {0}")]
    Short(Shortage),
    /// The nodes could not be asked for.
    #[error("cannot ask for the nodes of the cluster: {0}")]
    Unreachable(#[from] Box<kube::Error>),
}

/// Compares what a set asks for with what the nodes have, before anything is applied. What a reader should know of it,
/// if anything.
///
/// # Errors
/// [`RoomError::Short`] with the biggest askers, where its pods cannot all be scheduled whoever else is there.
pub async fn room_for(client: &Client, set: &ManifestSet) -> Result<Option<String>, RoomError> {
    let nodes: Api<Node> = Api::all(client.clone());
    let nodes = nodes.list(&ListParams::default()).await.map_err(Box::new)?.items;
    // A pod of the set may tolerate what keeps others away: then every node may take it.
    let tolerant = set.iter().any(|manifest| {
        let tolerations = manifest
            .pod_spec()
            .and_then(|(_, pod)| pod["tolerations"].as_array());
        tolerations.is_some_and(|tolerations| !tolerations.is_empty())
    });
    let rooms: Vec<NodeRoom> = nodes
        .iter()
        .filter(|node| tolerant || takes_pods(node))
        .map(room)
        .collect();
    let requests = Requests::of(set, rooms.len());
    match requests.shortage(&rooms) {
        Some(shortage) => Err(RoomError::Short(shortage)),
        None => Ok(requests.crowded(&rooms)),
    }
}

/// Whether a node is meant to take pods. One that is cordoned or silent for a while still is: another run may be at it.
fn takes_pods(node: &Node) -> bool {
    let taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    let mut kept_away = taints.filter(|taint| !taint.key.starts_with(OF_CONDITIONS));
    !kept_away.any(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"))
}

fn room(node: &Node) -> NodeRoom {
    let allocatable = node
        .status
        .as_ref()
        .and_then(|status| status.allocatable.as_ref());
    let has = |resource: &str| thousandths(&allocatable?.get(resource)?.0);
    let bytes = |resource: &str| has(resource).map_or(NodeRoom::UNSAID, |thousandths| thousandths / 1000);
    NodeRoom {
        name: node.name_any(),
        has: Resources {
            cpu_millis: has("cpu").unwrap_or(NodeRoom::UNSAID),
            memory: bytes("memory"),
            ephemeral: bytes("ephemeral-storage"),
        },
    }
}
