use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, CustomResourceDefinitionCondition,
};
use kube::api::ApiResource;
use kube::discovery::{ApiCapabilities, Scope};
use kube::runtime::watcher::{Error, watch_object};
use kube::{Api, Client, ResourceExt};
use serde_json::Value;

use super::ApplyError;
use super::apply::Object;
use crate::manifest::ManifestSet;

/// How long the API server may take until it serves a kind that it was given.
const DEADLINE: Duration = Duration::from_secs(30);

/// A kind as a manifest names it: `apiVersion` and `kind`.
pub(super) type Kind = (String, String);

/// The kinds that a set brings itself, by the CustomResourceDefinitions in it (Kubernetes, "Extend the Kubernetes API
/// with CustomResourceDefinitions"): the cluster does not know them before they are applied.
pub(super) fn of_set(set: &ManifestSet) -> HashMap<Kind, (ApiResource, ApiCapabilities)> {
    set.of_kind("CustomResourceDefinition")
        .flat_map(|manifest| kinds_of(&manifest.json()["spec"]))
        .collect()
}

/// The versions that a definition has served.
fn kinds_of(spec: &Value) -> Vec<(Kind, (ApiResource, ApiCapabilities))> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, kind, plural) = (
        text(&spec["group"]),
        text(&spec["names"]["kind"]),
        text(&spec["names"]["plural"]),
    );
    let versions = spec["versions"].as_array().into_iter().flatten();
    let served = versions.filter(|version| version["served"] == true);
    let kinds = served.map(|version| {
        let version = text(&version["name"]);
        let resource = ApiResource {
            api_version: format!("{group}/{version}"),
            group: group.clone(),
            version,
            kind: kind.clone(),
            plural: plural.clone(),
        };
        let capabilities = ApiCapabilities {
            scope: if spec["scope"] == "Cluster" {
                Scope::Cluster
            } else {
                Scope::Namespaced
            },
            subresources: Vec::new(),
            operations: Vec::new(),
        };
        (
            (resource.api_version.clone(), kind.clone()),
            (resource, capabilities),
        )
    });
    kinds.collect()
}

/// Whether an object defines a kind.
pub(super) fn defines(object: &Object) -> bool {
    object.resource.kind == "CustomResourceDefinition" && object.resource.group == "apiextensions.k8s.io"
}

/// Waits until the API server serves what a definition defines: its condition `Established`.
///
/// # Errors
/// [`ApplyError::NotEstablished`] with the last state, at once where its names are taken by another definition.
pub(super) async fn established(client: &Client, definition: &Object) -> Result<(), ApplyError> {
    let begun = Instant::now();
    let name = definition.body.name_any();
    let mut last = "no condition yet".to_owned();
    let watched = tokio::time::timeout(DEADLINE, watch(client, &name, &mut last)).await;
    match watched {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) | Err(_) => Err(ApplyError::NotEstablished {
            location: definition.location.clone(),
            object: format!("CustomResourceDefinition {name}"),
            waited_s: begun.elapsed().as_secs(),
            last,
        }),
        Ok(Err(error)) => Err(ApplyError::Unreachable(error)),
    }
}

/// False where it will not be established however long one waits.
async fn watch(client: &Client, name: &str, last: &mut String) -> Result<bool, Box<kube::Error>> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    let mut states = pin!(watch_object(api, name));
    loop {
        let state = match states.try_next().await {
            Ok(Some(state)) => state,
            Ok(None) => return Ok(false),
            // What cannot be asked at all is no reason to wait.
            Err(Error::InitialListFailed(error) | Error::WatchStartFailed(error)) => {
                return Err(Box::new(error));
            }
            // A watch that breaks is begun again by the watcher itself.
            Err(_) => continue,
        };
        let conditions = state
            .and_then(|definition| definition.status?.conditions)
            .unwrap_or_default();
        let find = |kind: &str| conditions.iter().find(|condition| condition.type_ == kind);
        if find("Established").is_some_and(|condition| condition.status == "True") {
            return Ok(true);
        }
        let refused = find("NamesAccepted").filter(|condition| condition.status == "False");
        if let Some(condition) = refused.or_else(|| find("Established")) {
            *last = told(condition);
        }
        if refused.is_some() {
            return Ok(false);
        }
    }
}

fn told(condition: &CustomResourceDefinitionCondition) -> String {
    let reason = condition.reason.as_deref().unwrap_or_default();
    let message = condition.message.as_deref().unwrap_or_default();
    format!("{} is {}: {reason}: {message}", condition.type_, condition.status)
}
