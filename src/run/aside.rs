use k8s_openapi::api::core::v1::Node as ApiNode;
use kube::{Api, Client, ResourceExt};

use super::borrowed::Cordons;
use super::{RunError, Scene};
use crate::cluster::provider::{Cluster, Node};
use crate::fault::{FaultError, cordon_this_node};
use crate::history::{Fault, ObjectRef};
use crate::plan::{Drill, Plan};

/// Whether a drill silences nodes: no other run may be at work on the cluster then.
pub fn is_needed(plans: &[Plan]) -> bool {
    let mut drills = plans.iter().flat_map(|plan| &plan.drills);
    drills.any(|planned| planned.drill == Drill::PauseNode)
}

/// Keeps the set's pods off the control plane, whose node must not be paused: without it nobody would notice anything.
/// Gives that node, for what has to go on.
///
/// # Errors
/// [`RunError::Unfit`] where there is no other node.
pub async fn set_aside(cluster: &Cluster, client: &Client, scene: &Scene) -> Result<String, RunError> {
    let (Some(control_plane), true) = (cluster.nodes.first(), cluster.nodes.len() > 1) else {
        return Err(RunError::Unfit {
            drill: Drill::PauseNode,
            cluster: cluster.name.clone(),
            why: "its only node is the control plane's, which must not be paused: give it more with --nodes 2, or in \
                  kind.yaml",
        });
    };
    cordon(control_plane, client, &scene.aside).await?;
    Ok(control_plane.name.clone())
}

async fn cordon(node: &Node, client: &Client, aside: &Cordons) -> Result<(), RunError> {
    let refused = |source| FaultError::Refused {
        fault: Fault::Cordon,
        source: Box::new(source),
    };
    let found = Api::<ApiNode>::all(client.clone()).get(&node.name).await;
    let found = found.map_err(refused)?;
    let cordoned = found.spec.as_ref().and_then(|spec| spec.unschedulable);
    if cordoned == Some(true) {
        // By somebody else, who takes it away too.
        return Ok(());
    }
    let node = ObjectRef {
        kind: "Node".to_owned(),
        namespace: String::new(),
        name: node.name.clone(),
        uid: found.uid().unwrap_or_default(),
    };
    aside.add(&node);
    Ok(cordon_this_node(&node).carry_out(client).await?)
}
