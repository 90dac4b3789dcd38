use k8s_openapi::api::core::v1::Node;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

use super::{Aim, FaultError};
use crate::cluster::leftovers::cordon_mark;
use crate::cluster::{FIELD_MANAGER, Objects};
use crate::history::{Fault, ObjectRef};
use crate::workload::{Member, Workload};

/// Cordon the node that a member's pod is on: nothing new is scheduled there, what runs there runs on (Kubernetes,
/// "Nodes", "Manual Node administration").
///
/// # Errors
/// [`FaultError::NoTarget`] when the pod is on no node; [`FaultError::Already`] when somebody else has cordoned it.
pub fn cordon_node(objects: &Objects, workload: &Workload, member: &Member) -> Result<Aim, FaultError> {
    let fault = Fault::Cordon;
    let name = objects
        .pod(&workload.namespace, &member.pod)
        .and_then(|(_, pod)| pod.node.clone());
    let found = name.as_deref().and_then(|name| objects.node(name));
    let (node, state) = found.ok_or_else(|| FaultError::NoTarget {
        fault,
        object: format!("node of Pod {}", member.pod),
    })?;
    if state.cordoned {
        return Err(FaultError::Already {
            fault,
            object: format!("node {}", node.name),
            state: "cordoned",
        });
    }
    Ok(Aim {
        fault,
        targets: vec![node.clone()],
        until_gone: Vec::new(),
        template: None,
    })
}

/// Cordon this very node.
#[must_use]
pub fn cordon_this_node(node: &ObjectRef) -> Aim {
    Aim {
        fault: Fault::Cordon,
        ..uncordon_node(node)
    }
}

/// Let pods be scheduled again on a node that was cordoned.
#[must_use]
pub fn uncordon_node(node: &ObjectRef) -> Aim {
    Aim {
        fault: Fault::Uncordon,
        targets: vec![node.clone()],
        until_gone: Vec::new(),
        template: None,
    }
}

pub(super) async fn cordon(client: &Client, node: &ObjectRef, cordoned: bool) -> Result<(), kube::Error> {
    let api: Api<Node> = Api::all(client.clone());
    let patch = json!({
        // By the mark a later run knows whose it is, should this one be killed.
        "metadata": { "uid": node.uid, "annotations": cordon_mark(cordoned) },
        // Null takes the field away, as it was before.
        "spec": { "unschedulable": cordoned.then_some(true) },
    });
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    api.patch(&node.name, &params, &Patch::Merge(patch))
        .await
        .map(drop)
}
