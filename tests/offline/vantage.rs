//! The pod from which names are resolved and connections made: what it pulls its image with.

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use stateproof::vantage::Vantage;

use crate::api_server::{ApiServer, NAMESPACE, PODS};

const SECRETS: &str = "/api/v1/namespaces/db/secrets";

/// A Secret as a set has it, in a namespace of its own.
fn secret() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "regcred", "namespace": "shop", "labels": {"team": "shop"}},
        "data": {".dockerconfigjson": "e30="},
    })
}

/// The Secrets that the vantage's pod names.
async fn pulls_with(client: &Client) -> Vec<String> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
    let pod = pods.list(&ListParams::default()).await.unwrap().items.remove(0);
    let named = pod.spec.unwrap().image_pull_secrets.unwrap_or_default();
    named.into_iter().map(|secret| secret.name).collect()
}

#[tokio::test]
async fn its_image_is_pulled_with_copies_of_the_sets_secrets() {
    let server = ApiServer::start().await;
    let client = server.client();
    let secret = secret();
    Vantage::start_with(
        &client,
        NAMESPACE,
        "mirror.example/busybox:1.36",
        None,
        &[&secret],
    )
    .await
    .unwrap();
    assert_eq!(pulls_with(&client).await, ["regcred"]);
    let secrets: Api<Secret> = Api::namespaced(client.clone(), NAMESPACE);
    let copies = secrets.list(&ListParams::default()).await.unwrap().items;
    let [copy] = copies.as_slice() else {
        panic!("{copies:?}")
    };
    assert_eq!(copy.namespace().as_deref(), Some(NAMESPACE));
    assert_eq!(copy.type_.as_deref(), Some("kubernetes.io/dockerconfigjson"));
    assert_eq!(copy.data.as_ref().unwrap()[".dockerconfigjson"].0, b"{}");
    assert!(!copy.labels().contains_key("team"), "{:?}", copy.labels());
    // There before the pod that needs it.
    let requests = server.requests();
    let place = |path: &str| {
        let mut requests = requests.iter();
        requests.position(|request| request.starts_with(&format!("PATCH {path}/")))
    };
    assert!(place(SECRETS).unwrap() < place(PODS).unwrap(), "{requests:?}");

    Vantage::remove(&client, NAMESPACE).await.unwrap();
    let mutations = server.mutations();
    let removed = format!("DELETE {SECRETS}/regcred?");
    assert!(
        mutations.iter().any(|request| request.starts_with(&removed)),
        "{mutations:?}"
    );
    let asked = |request: &String| request.starts_with(SECRETS) && request.contains("labelSelector");
    assert!(server.requests().iter().any(asked), "{:?}", server.requests());
}

#[tokio::test]
async fn without_any_no_secret_is_made_or_named() {
    let server = ApiServer::start().await;
    let client = server.client();
    Vantage::start(&client, NAMESPACE, "busybox:1.36", None)
        .await
        .unwrap();
    assert_eq!(pulls_with(&client).await, [""; 0]);
    Vantage::remove(&client, NAMESPACE).await.unwrap();
    let mutations = server.mutations();
    assert!(
        !mutations.iter().any(|request| request.contains("/secrets")),
        "{mutations:?}"
    );
}
