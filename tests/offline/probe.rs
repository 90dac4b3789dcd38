//! `probe`, up to where it asks a cluster: what is said beside the manifests counts, and what is wrong with it is refused
//! before anything is touched.

use std::fs;

use serde_json::json;

use crate::context::{Scene, cluster};

/// A set whose password is nowhere in it: something else puts the file there.
const WITHOUT_PASSWORD: &str = "apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec: { clusterIP: None, selector: { app: orders } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop }
spec:
  serviceName: orders
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
      - name: db
        image: postgres:16
        env: [{ name: POSTGRES_PASSWORD_FILE, value: /vault/password }]
        volumeMounts: [{ name: data, mountPath: /var/lib/postgresql/data }]
  volumeClaimTemplates:
  - metadata: { name: data }
    spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
";

/// `PATH` stands for a variable that there is; its value is never shown.
const DECLARED: &str = "[workload.\"shop/orders\"]\npassword_env = \"PATH\"\n";

/// Runs `probe` of the set with these settings, in the file that is looked for and then in one that is named.
async fn probe(scene: &Scene, settings: &str) -> [(Option<i32>, String, String); 2] {
    let (set, beside) = (scene.path("set.yaml"), scene.path("stateproof.toml"));
    let named = scene.path("named.toml");
    fs::write(&set, WITHOUT_PASSWORD).unwrap();
    let probe = ["probe", "--context", "staging", set.to_str().unwrap()];
    fs::write(&beside, settings).unwrap();
    let found = scene.run(&probe).await;
    fs::remove_file(&beside).unwrap();
    fs::write(&named, settings).unwrap();
    let config = ["--config", named.to_str().unwrap()];
    [found, scene.run(&[&probe[..], &config].concat()).await]
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_is_refused_before_the_cluster_is_asked() {
    let (server, scene) = cluster().await;
    for (settings, words) in [
        ("deadlin = 5\n", "did you mean `deadline`?"),
        (
            "[workload.\"shop/orders\"]\npassword_env = \"PATH\"\n[workload.\"shop/order\"]\nuser = \"clerk\"\n",
            "did you mean `shop/orders`?",
        ),
        (
            "[workload.\"shop/orders\"]\npassword_env = \"STATEPROOF_NO_SUCH\"\n",
            "the password of shop/orders is not there",
        ),
        (
            "[workload.\"shop/orders\"]\npassword_env = \"PATH\"\ntls = \"verify-full\"\n",
            "`verify-full` without an authority",
        ),
        (
            "[workload.\"shop/orders\"]\npassword_env = \"PATH\"\ntls = \"verify-full\"\ntls_ca = \"no.crt\"\n",
            "no.crt",
        ),
    ] {
        for (code, _, said) in probe(&scene, settings).await {
            assert_eq!(code, Some(2), "{settings}: {said}");
            // Lines are broken where the terminal ends.
            let said = said.split(['\n', ' ', '│']).filter(|word| !word.is_empty());
            let said = said.collect::<Vec<_>>().join(" ");
            assert!(said.contains(words), "{settings}: {words} is not in {said}");
        }
    }
    // Nor is a set whose password nobody says.
    for (code, _, said) in probe(&scene, "").await {
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("POSTGRES_PASSWORD_FILE"), "{said}");
    }
    assert_eq!(server.requests(), [""; 0]);
}

/// The twin: what is missing is declared, and the cluster is asked.
#[tokio::test]
async fn what_the_manifests_lack_may_be_declared() {
    let (server, scene) = cluster().await;
    server.refuse_all("GET", 401, "Unauthorized");
    for (code, _, said) in probe(&scene, DECLARED).await {
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("does not accept these credentials"), "{said}");
    }
    assert_eq!(server.requests(), ["/version", "/version"]);
}

/// Of what runs in a namespace, too, each table must be of a workload that is there; and nothing is made before that is
/// known.
#[tokio::test]
async fn a_table_of_nothing_that_runs_is_refused_before_anything_is_made() {
    let (server, scene) = cluster().await;
    let labels = json!({"app": "orders"});
    server.put(
        "/api/v1/namespaces/db/services",
        json!({"metadata": {"name": "orders", "namespace": "db"}, "spec": {"clusterIP": "None", "selector": labels}}),
    );
    server.put(
        "/apis/apps/v1/namespaces/db/statefulsets",
        json!({"metadata": {"name": "orders", "namespace": "db"}, "spec": {
            "serviceName": "orders", "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels}, "spec": {"containers": [{"name": "db", "image": "postgres:16",
                    "env": [{"name": "POSTGRES_PASSWORD", "value": "unguessed"}]}]}}}}),
    );
    let settings = scene.path("settings.toml");
    fs::write(&settings, "[workload.\"db/order\"]\nuser = \"clerk\"\n").unwrap();
    let args = ["probe", "--context", "staging", "--namespace", "db", "--config"];
    let (code, _, said) = scene
        .run(&[&args[..], &[settings.to_str().unwrap()]].concat())
        .await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("did you mean `db/orders`?"), "{said}");
    assert!(
        server
            .requests()
            .iter()
            .any(|path| path.contains("/statefulsets")),
        "{:?}",
        server.requests()
    );
    assert_eq!(server.mutations(), [""; 0]);
}
