use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Secret, Service};
use kube::api::ListParams;
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::manifest::{ManifestSet, Problems};

/// What stands in a namespace and says how its databases are reached: as a set, as if somebody had its manifests. Nothing
/// is changed.
///
/// # Errors
/// When the API server refuses, or what it says is no set.
pub async fn live(client: &Client, namespace: &str) -> Result<Result<ManifestSet, Problems>, kube::Error> {
    let mut items = Vec::new();
    items.extend(of_kind::<Service>(client, namespace).await?);
    items.extend(of_kind::<ConfigMap>(client, namespace).await?);
    items.extend(of_kind::<Secret>(client, namespace).await?);
    items.extend(of_kind::<PersistentVolumeClaim>(client, namespace).await?);
    items.extend(of_kind::<StatefulSet>(client, namespace).await?);
    items.extend(of_kind::<Deployment>(client, namespace).await?);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    Ok(ManifestSet::from_str(
        &format!("namespace {namespace}"),
        &list.to_string(),
    ))
}

/// The objects of a kind as manifests: without what the cluster has added.
async fn of_kind<K>(client: &Client, namespace: &str) -> Result<Vec<Value>, kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + Serialize
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let found = api.list(&ListParams::default()).await?;
    let manifests = found.items.into_iter().map(|mut object| {
        object.meta_mut().managed_fields = None;
        let mut manifest = serde_json::to_value(object).map_err(kube::Error::SerdeError)?;
        manifest["apiVersion"] = json!(K::api_version(&()));
        manifest["kind"] = json!(K::kind(&()));
        if let Some(manifest) = manifest.as_object_mut() {
            manifest.remove("status");
        }
        Ok(manifest)
    });
    manifests.collect()
}
