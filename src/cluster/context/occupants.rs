use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount};
use kube::api::{ListParams, PartialObjectMeta};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;

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

async fn names<K>(
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
    let names = found.items.iter().map(PartialObjectMeta::name_any);
    Ok(names
        .filter(|name| counts(name))
        .map(|name| format!("{} {name}", K::kind(&())))
        .collect())
}
