//! Storage classes that are made as aliases because somebody asks for it.

use std::collections::BTreeMap;

use serde_json::json;
use stateproof::cluster::{StorageError, alias_classes, remove_aliases};
use stateproof::manifest::ManifestSet;

use crate::api_server::ApiServer;

const CLASSES: &str = "/apis/storage.k8s.io/v1/storageclasses";

async fn server() -> ApiServer {
    let server = ApiServer::start().await;
    for name in ["standard", "fast"] {
        server.put(
            CLASSES,
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
                "provisioner": format!("example.com/{name}"), "reclaimPolicy": "Delete"}),
        );
    }
    server
}

fn set(text: &str) -> ManifestSet {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: db }\n";
    ManifestSet::from_str("set.yaml", &format!("{namespace}---\n{text}")).unwrap()
}

fn aliases(alias: &str, of: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(alias.to_owned(), of.to_owned())])
}

#[tokio::test]
async fn an_alias_is_the_class_that_it_stands_for_under_another_name() {
    let server = server().await;
    let mut made = Vec::new();
    let notes = alias_classes(
        &server.client(),
        &set(""),
        &aliases("premium", "fast"),
        "monday",
        &mut made,
    )
    .await;
    assert_eq!(
        notes.unwrap(),
        ["storage class premium is an alias of fast here, as was asked for"]
    );
    let patched = format!("PATCH {CLASSES}/premium?");
    assert_eq!(
        server
            .requests()
            .iter()
            .filter(|request| request.starts_with(&patched))
            .count(),
        1,
        "{:?}",
        server.requests()
    );
    // Once more: it is an alias already, and stays the first run's.
    let mut others = Vec::new();
    let again = alias_classes(
        &server.client(),
        &set(""),
        &aliases("premium", "fast"),
        "tuesday",
        &mut others,
    )
    .await;
    assert_eq!(again.unwrap().len(), 1);
    assert_eq!(made, ["premium"]);
    assert_eq!(others, [""; 0], "only what was not there is to be taken away");
    let another = alias_classes(
        &server.client(),
        &set(""),
        &aliases("premium", "standard"),
        "tuesday",
        &mut others,
    )
    .await;
    assert!(matches!(another, Err(StorageError::Taken { .. })), "{another:?}");
    let class = format!("{CLASSES}/premium");
    for (run, deleted) in [("tuesday", 0), ("monday", 1)] {
        server.answer(
            &class,
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "provisioner": "example.com/fast",
                "metadata": {"name": "premium", "uid": "c", "annotations":
                    {"stateproof.io/alias-of": "fast", "stateproof.dev/run": "monday"}}}),
        );
        remove_aliases(&server.client(), &["premium".to_owned()], run)
            .await
            .unwrap();
        let deletions = server
            .requests()
            .into_iter()
            .filter(|request| request.starts_with("DELETE"));
        assert_eq!(deletions.count(), deleted, "{run}");
    }
}

#[tokio::test]
async fn no_class_of_the_cluster_or_of_the_set_is_taken_and_none_is_made_up() {
    let volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: { name: pv }\nspec: { storageClassName: manual }\n";
    let server = server().await;
    let mut made = Vec::new();
    for (alias, of, said) in [
        (
            "standard",
            "fast",
            "the cluster has a class of its own by this name",
        ),
        (
            "manual",
            "fast",
            "the set itself has this class, or a PersistentVolume of it",
        ),
        ("premium", "faster", "the cluster has fast, standard"),
    ] {
        let error = alias_classes(
            &server.client(),
            &set(volume),
            &aliases(alias, of),
            "monday",
            &mut made,
        )
        .await
        .unwrap_err();
        assert!(
            matches!(
                error,
                StorageError::Taken { .. } | StorageError::NoSuchClass { .. }
            ),
            "{error:?}"
        );
        assert!(error.to_string().ends_with(said), "{error}");
    }
    let nothing = alias_classes(
        &server.client(),
        &set(volume),
        &BTreeMap::new(),
        "monday",
        &mut made,
    )
    .await;
    assert_eq!(nothing.unwrap(), [""; 0]);
    let requests = server.requests();
    assert!(
        !requests.iter().any(|request| request.starts_with("PATCH")),
        "{requests:?}"
    );
}
