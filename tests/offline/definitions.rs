//! Kinds that a set brings itself: applied first, and waited for.

use serde_json::{Value, json};
use stateproof::cluster::{Application, ApplyError};
use stateproof::manifest::ManifestSet;

use crate::api_server::ApiServer;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const NAME: &str = "ledgers.books.example.com";

/// The resource stands in front of its definition, and both are applied the other way round.
const SET: &str = "apiVersion: books.example.com/v1
kind: Ledger
metadata: { name: mine, namespace: db }
spec: { pages: 3 }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ledgers.books.example.com }
spec:
  group: books.example.com
  scope: Namespaced
  names: { kind: Ledger, plural: ledgers }
  versions:
  - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
  - { name: v1alpha1, served: false, storage: false, schema: { openAPIV3Schema: { type: object } } }
";

fn set(text: &str) -> ManifestSet {
    ManifestSet::from_str("set.yaml", text).unwrap()
}

/// A server that knows Kubernetes' own kind for definitions, and no other.
async fn server() -> ApiServer {
    let server = ApiServer::start().await;
    let resource = |name: &str, kind: &str, namespaced: bool| {
        json!({"name": name, "singularName": "", "kind": kind, "namespaced": namespaced, "verbs": ["get", "list",
            "watch", "patch"]})
    };
    let list = |version: &str, resources: Value| json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources});
    let definitions = resource("customresourcedefinitions", "CustomResourceDefinition", false);
    server.answer(
        "/apis/apiextensions.k8s.io/v1",
        list("apiextensions.k8s.io/v1", json!([definitions])),
    );
    server
}

/// The definition as the API server has it some time later, with this condition.
fn with_condition(kind: &str, status: &str) -> Value {
    let mut definition = set(SET)
        .iter()
        .find(|manifest| manifest.kind() == "CustomResourceDefinition")
        .unwrap()
        .json()
        .clone();
    definition["status"] = json!({"storedVersions": ["v1"], "acceptedNames": {"kind": "Ledger", "plural": "ledgers"},
        "conditions": [{"type": kind, "status": status, "reason": "ListKindConflict", "message": "\"LedgerList\" is \
        already in use", "lastTransitionTime": "2026-01-01T00:00:00Z"}]});
    definition
}

fn patches(server: &ApiServer) -> Vec<String> {
    let asked = server.requests().into_iter();
    asked
        .filter_map(|request| Some(request.strip_prefix("PATCH ")?.split('?').next()?.to_owned()))
        .collect()
}

/// Returns once somebody watches the definition: it has been applied, and is waited for.
async fn watched(server: &ApiServer) {
    let watches = |request: &String| request.starts_with(DEFINITIONS) && request.contains("watch=true");
    while !server.requests().iter().any(watches) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_of_a_new_kind_waits_until_the_kind_is_served() {
    let server = server().await;
    let application = Application::prepare(&server.client(), &set(SET), "default")
        .await
        .unwrap();
    let apply = application.apply(|_| {});
    let serve = async {
        watched(&server).await;
        assert_eq!(
            patches(&server),
            [format!("{DEFINITIONS}/{NAME}")],
            "the resource came too early"
        );
        server.put(DEFINITIONS, with_condition("Established", "False"));
        server.put(DEFINITIONS, with_condition("Established", "True"));
    };
    let (applied, ()) = tokio::join!(apply, serve);
    applied.unwrap();
    assert_eq!(
        patches(&server),
        [
            format!("{DEFINITIONS}/{NAME}"),
            "/apis/books.example.com/v1/namespaces/db/ledgers/mine".to_owned()
        ]
    );
}

#[tokio::test]
async fn a_kind_whose_name_is_taken_is_not_waited_for() {
    let server = server().await;
    let application = Application::prepare(&server.client(), &set(SET), "default")
        .await
        .unwrap();
    let refuse = async {
        watched(&server).await;
        server.put(DEFINITIONS, with_condition("NamesAccepted", "False"));
    };
    let (applied, ()) = tokio::join!(application.apply(|_| {}), refuse);
    let error = applied.unwrap_err();
    assert!(matches!(error, ApplyError::NotEstablished { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "set.yaml:6:1: CustomResourceDefinition ledgers.books.example.com is not Established after 0 s: NamesAccepted is \
         False: ListKindConflict: \"LedgerList\" is already in use"
    );
    assert_eq!(patches(&server).len(), 1, "the resource was applied all the same");
}

#[tokio::test]
async fn a_version_that_is_not_served_is_unknown() {
    let server = server().await;
    server.answer(
        "/apis/books.example.com/v1alpha1",
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "books.example.com/v1alpha1",
            "resources": []}),
    );
    let text = SET.replacen("books.example.com/v1", "books.example.com/v1alpha1", 1);
    let prepared = Application::prepare(&server.client(), &set(&text), "default").await;
    assert!(matches!(prepared, Err(ApplyError::UnknownKind { .. })));
    assert_eq!(patches(&server), [""; 0]);
}
