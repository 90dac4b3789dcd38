//! Whose namespace it is: what others have put into one is not touched, and one that is lent is given back empty.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, PersistentVolumeClaim};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::json;
use stateproof::cluster::provider::Clusters;
use stateproof::cluster::{NamespaceError, connect};
use stateproof::plan::{Drill, Outcome};
use stateproof::report::{Style, render};
use stateproof::run::{RunError, Verification};

use crate::support::{block_on, cluster, fixture, rewritten};

/// A set with the claim made by hand, and a namespace in which somebody else has a claim of the very same name: the run
/// is refused, and their objects stay as they are, to the resourceVersion.
#[test]
fn a_namespace_with_others_objects_is_refused_and_untouched() {
    const NAME: &str = "bystanders";
    let (set, verification) = set_in(NAME, "wealist-postgres-manual-claim");
    let (error, before, after) = block_on(async {
        let client = client().await;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let namespace = object(&json!({"metadata": {"name": NAME}}));
        namespaces
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), NAME);
        let claim = object(&json!({
            "metadata": {"name": "postgres-data-postgres-0"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }));
        claims.create(&PostParams::default(), &claim).await.unwrap();
        // What a controller puts into every new namespace must not be mistaken for a change.
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAME);
        let root =
            kube::runtime::wait::await_condition(maps, "kube-root-ca.crt", |map: Option<&ConfigMap>| {
                map.is_some()
            });
        root.await.unwrap();
        let before = versions(&client, NAME).await;
        let refused = verification.run().await;
        let after = versions(&client, NAME).await;
        namespaces.delete(NAME, &DeleteParams::default()).await.unwrap();
        (refused.err(), before, after)
    });
    drop(set);
    assert!(
        matches!(error, Some(RunError::Namespace(NamespaceError::Occupied { .. }))),
        "{error:?}"
    );
    assert_eq!(before, after);
}

/// A set that names the namespace `default`: it is used, and empty again afterwards.
#[test]
fn the_default_namespace_is_lent_and_given_back_empty() {
    let (set, verification) = set_in("default", "wealist-postgres-class-standard");
    let proven = block_on(verification.drills(&[Drill::LosePod]).run()).unwrap();
    drop(set);
    assert_eq!(
        proven.verdict.outcome,
        Outcome::Held,
        "{}",
        render(&proven.verdict, &Style::default())
    );
    let left = block_on(async {
        let claims: Api<PersistentVolumeClaim> = Api::namespaced(client().await, "default");
        claims.list(&ListParams::default()).await.unwrap().items
    });
    assert!(left.is_empty(), "{left:?}");
}

/// A fixture's database without its Namespace, in another namespace.
fn set_in(namespace: &str, name: &str) -> (tempfile::TempDir, Verification) {
    let own = name.replace("wealist-postgres-", "postgresql-");
    let directory = rewritten(&fixture(name).join("4-database"), &[(&own, namespace)]);
    let verification = Verification::of([directory.path()]).cluster(cluster());
    (directory, verification)
}

async fn client() -> Client {
    let running = Clusters::from_env().unwrap().ensure(&cluster()).await.unwrap();
    connect(&running.kubeconfig).await.unwrap().0
}

fn object<K: DeserializeOwned>(json: &serde_json::Value) -> K {
    serde_json::from_value(json.clone()).unwrap()
}

/// The namespace and its claims: names, UIDs and resourceVersions.
async fn versions(client: &Client, namespace: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), namespace);
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let mut all: Vec<_> = claims
        .list(&ListParams::default())
        .await
        .unwrap()
        .iter()
        .map(version)
        .collect();
    all.push(version(&namespaces.get(namespace).await.unwrap()));
    all
}

fn version<K: Resource>(object: &K) -> (String, Option<String>, Option<String>) {
    (object.name_any(), object.uid(), object.resource_version())
}
