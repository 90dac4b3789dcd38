use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::Eviction;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{DeleteOptions, ObjectMeta, Preconditions, Status};
use kube::api::PostParams;
use kube::{Api, Client};

use super::{Aim, FaultError};
use crate::cluster::Objects;
use crate::history::{Fault, ObjectRef};
use crate::workload::{Member, Workload};

/// Evict a member's pod: delete it through the eviction API, which asks the PodDisruptionBudgets and answers with
/// status 429 where one forbids it (Kubernetes, "API-initiated Eviction").
///
/// # Errors
/// [`FaultError::NoTarget`] when there is no such pod.
pub fn evict_pod(objects: &Objects, workload: &Workload, member: &Member) -> Result<Aim, FaultError> {
    let fault = Fault::Evict;
    let (pod, _) = objects
        .pod(&workload.namespace, &member.pod)
        .ok_or_else(|| FaultError::NoTarget {
            fault,
            object: format!("Pod {}", member.pod),
        })?;
    Ok(Aim {
        fault,
        targets: vec![pod.clone()],
        until_gone: Vec::new(),
        template: None,
    })
}

/// Not by `Api::evict`: it writes `delete_options`, a field that the API server does not know, so that the UID would
/// not be asked for.
pub(super) async fn evict(client: &Client, pod: &ObjectRef) -> Result<(), kube::Error> {
    let api: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace);
    let eviction = Eviction {
        metadata: ObjectMeta {
            name: Some(pod.name.clone()),
            namespace: Some(pod.namespace.clone()),
            ..ObjectMeta::default()
        },
        delete_options: Some(DeleteOptions {
            preconditions: Some(Preconditions {
                uid: Some(pod.uid.clone()),
                resource_version: None,
            }),
            ..DeleteOptions::default()
        }),
    };
    api.create_subresource::<Eviction, Status>("eviction", &pod.name, &PostParams::default(), &eviction)
        .await
        .map(drop)
}
