use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount};
use kube::Client;

use crate::cluster::namespace::names;

/// How many objects are named.
const NAMED: usize = 5;

/// What is in a namespace besides what Kubernetes itself puts into every one: some of it, as `KIND NAME`. Of Secrets and
/// ConfigMaps nothing but their names is asked for.
///
/// Kinds that keep nothing and run nothing (roles, policies, quotas) may be there: they are how a
/// namespace is lent.
pub async fn occupants(client: &Client, namespace: &str) -> Result<Vec<String>, kube::Error> {
    let any = |_: &str| true;
    let mut found = Vec::new();
    found.extend(names::<Pod>(client, namespace, any).await?);
    found.extend(names::<PersistentVolumeClaim>(client, namespace, any).await?);
    found.extend(names::<StatefulSet>(client, namespace, any).await?);
    found.extend(names::<Deployment>(client, namespace, any).await?);
    found.extend(names::<DaemonSet>(client, namespace, any).await?);
    found.extend(names::<ReplicaSet>(client, namespace, any).await?);
    found.extend(names::<Job>(client, namespace, any).await?);
    found.extend(names::<CronJob>(client, namespace, any).await?);
    // The API server's own, in `default`.
    found.extend(names::<Service>(client, namespace, |name| name != "kubernetes").await?);
    // What the controller manager and service meshes' webhooks put everywhere.
    found.extend(
        names::<ConfigMap>(client, namespace, |name| {
            !name.ends_with("-root-ca.crt") && !name.ends_with("-ca-root-cert")
        })
        .await?,
    );
    found.extend(names::<ServiceAccount>(client, namespace, |name| name != "default").await?);
    // The tokens of service accounts, in clusters before 1.24.
    found.extend(names::<Secret>(client, namespace, |name| !name.starts_with("default-token-")).await?);
    found.truncate(NAMED);
    Ok(found)
}
