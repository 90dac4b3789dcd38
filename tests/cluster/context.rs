//! A cluster of others: the tests' own, used through its kubeconfig as if a stranger had lent it. What is there stays as it
//! is, to the resourceVersion.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{
    ConfigMap, Namespace, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount,
};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stateproof::cluster::connect;
use stateproof::cluster::provider::{Cluster, Clusters, images};
use stateproof::history::{Event, History};
use tempfile::TempDir;

use crate::support::{CLUSTER, block_on, cluster, fixture, rewritten};

/// The image of the sets here.
pub const POSTGRES: &str = "postgres:16-alpine";

/// A class that clusters elsewhere have by default, and this one has not. On a cluster of stateproof's own it would be made.
const CLASS: &str = "gp3";

/// Another one, which nobody makes here meanwhile.
const UNASKED: &str = "gp2";

/// Beside a run on somebody's cluster: their objects, running, are as they were; the rows are held, and of the run nothing
/// is left, not the storage class either that it was told to make.
#[test]
fn a_strangers_cluster_is_left_as_it_was() {
    let kubeconfig = block_on(with_images(&[POSTGRES])).kubeconfig;
    let set = set_in("context-made", CLASS);
    let reports = tempfile::tempdir().unwrap();
    let before = block_on(bystanders(&kubeconfig));
    let (code, said, err) = verify(
        &kubeconfig,
        &[
            "--quiet",
            "--allow-disruption",
            "--drill=lose-pod",
            "--storage-class=gp3=standard",
            "--report",
            reports.path().to_str().unwrap(),
        ],
        set.path(),
    );
    let after = block_on(versions(&kubeconfig));
    block_on(remove(&kubeconfig, BYSTANDERS));
    assert_eq!(code, Some(0), "{said}{err}");
    assert!(err.is_empty(), "it was to be quiet: {err}");
    assert_eq!(before, after);
    assert_eq!(block_on(left(&kubeconfig, "context-made")), [""; 0]);
    let history = History::read(reports.path().join("run.jsonl")).unwrap();
    let Event::RunStarted { cluster, .. } = &history.records[0].event else {
        panic!("{:?}", history.records[0].event)
    };
    assert_eq!((&*cluster.provider, &*cluster.name), ("context", &*context()));
    assert!(said.contains("no image was loaded"), "{said}");
}

/// The twin without the word for it: no class is made, the claim stays Pending, and the run says why. In a namespace that
/// was lent, which is given back empty.
#[test]
fn no_class_is_made_on_a_strangers_cluster_unasked() {
    let kubeconfig = block_on(with_images(&[POSTGRES])).kubeconfig;
    let set = set_in("context-lent", UNASKED);
    block_on(async {
        let (client, _) = connect(&kubeconfig).await.unwrap();
        let namespace = json!({"metadata": {"name": "context-lent"}});
        create::<Namespace>(&Api::all(client), &namespace).await;
    });
    let args = [
        "--allow-disruption",
        "--drill=lose-pod",
        "--namespace=context-lent",
    ];
    let (code, said, _) = verify(&kubeconfig, &args, set.path());
    let objects = block_on(in_namespace(&kubeconfig, "context-lent"));
    block_on(remove(&kubeconfig, "context-lent"));
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("storageclass") && said.contains(UNASKED) && said.contains("not found"),
        "{said}"
    );
    let left: Vec<_> = objects.keys().collect();
    assert_eq!(left, ["ConfigMap kube-root-ca.crt", "Namespace context-lent"]);
}

/// A fixture's database in this namespace, with a claim of this class.
pub fn set_in(namespace: &str, class: &str) -> TempDir {
    let class = format!("storageClassName: {class}");
    let words = [
        ("postgresql-class-standard", namespace),
        ("storageClassName: standard", &class),
    ];
    rewritten(&fixture("wealist-postgres-class-standard/4-database"), &words)
}

/// The context of the tests' cluster, as kind calls it.
pub fn context() -> String {
    format!("kind-{CLUSTER}")
}

/// What there is of a run in this namespace: namespaces, volumes and the class.
async fn left(kubeconfig: &Path, namespace: &str) -> Vec<String> {
    let (client, _) = connect(kubeconfig).await.unwrap();
    let mut left = Vec::new();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    left.extend(
        namespaces
            .get_opt(namespace)
            .await
            .unwrap()
            .map(|found| found.name_any()),
    );
    let classes: Api<StorageClass> = Api::all(client.clone());
    left.extend(
        classes
            .get_opt(CLASS)
            .await
            .unwrap()
            .map(|found| found.name_any()),
    );
    let volumes: Api<PersistentVolume> = Api::all(client);
    for volume in volumes.list(&ListParams::default()).await.unwrap() {
        let claim = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
        if claim.and_then(|claim| claim.namespace.as_deref()) == Some(namespace) {
            left.push(volume.name_any());
        }
    }
    left
}

pub async fn remove(kubeconfig: &Path, namespace: &str) {
    let (client, _) = connect(kubeconfig).await.unwrap();
    let namespaces: Api<Namespace> = Api::all(client);
    namespaces
        .delete(namespace, &DeleteParams::default())
        .await
        .unwrap();
}

const BYSTANDERS: &str = "neighbours";

/// The tests' cluster, with these images and the vantage's, which its nodes would otherwise pull.
pub async fn with_images(images: &[&str]) -> Cluster {
    let running = Clusters::from_env().unwrap().ensure(&cluster()).await.unwrap();
    let needed = images.iter().copied().chain(["busybox:1.36"]);
    let needed: Vec<_> = needed.map(str::to_owned).collect();
    images::ensure(&running, &needed).await.unwrap();
    running
}

/// How `stateproof verify` ended, and what it said on standard output and on standard error.
fn verify(kubeconfig: &Path, args: &[&str], set: &Path) -> (Option<i32>, String, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(["verify", "--context", &context(), "--kubeconfig"])
        .arg(kubeconfig)
        .args(args)
        .arg(set)
        // Whatever it does goes through the API server.
        .env("PATH", "")
        .output()
        .unwrap();
    let [out, err] = [run.stdout, run.stderr].map(|said| String::from_utf8(said).unwrap());
    (run.status.code(), out, err)
}

/// Somebody's objects, running, and what they are.
async fn bystanders(kubeconfig: &Path) -> BTreeMap<String, String> {
    let (client, _) = connect(kubeconfig).await.unwrap();
    let namespace = json!({"metadata": {"name": BYSTANDERS}});
    create::<Namespace>(&Api::all(client.clone()), &namespace).await;
    create::<ConfigMap>(
        &Api::namespaced(client.clone(), BYSTANDERS),
        &json!({"metadata": {"name": "settings"}, "data": {"a": "b"}}),
    )
    .await;
    create::<Secret>(
        &Api::namespaced(client.clone(), BYSTANDERS),
        &json!({"metadata": {"name": "key"}, "stringData": {"k": "v"}}),
    )
    .await;
    create::<PersistentVolumeClaim>(
        &Api::namespaced(client.clone(), BYSTANDERS),
        &json!({"metadata": {"name": "theirs"}, "spec": {"accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}}}}),
    )
    .await;
    let pods: Api<Pod> = Api::namespaced(client.clone(), BYSTANDERS);
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), BYSTANDERS);
    let there = |account: Option<&ServiceAccount>| account.is_some();
    await_condition(accounts, "default", there).await.unwrap();
    create::<Pod>(
        &pods,
        &json!({"metadata": {"name": "at-work"}, "spec": {"terminationGracePeriodSeconds": 0,
            "containers": [{"name": "c", "image": "busybox:1.36", "command": ["sleep", "3600"],
                "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "theirs"}}]}}),
    )
    .await;
    await_condition(pods, "at-work", conditions::is_pod_running())
        .await
        .unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), BYSTANDERS);
    await_condition(maps, "kube-root-ca.crt", |map: Option<&ConfigMap>| map.is_some())
        .await
        .unwrap();
    versions(kubeconfig).await
}

async fn create<K>(api: &Api<K>, json: &Value)
where
    K: Resource + Clone + DeserializeOwned + serde::Serialize + std::fmt::Debug,
{
    let object = serde_json::from_value(json.clone()).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

async fn versions(kubeconfig: &Path) -> BTreeMap<String, String> {
    in_namespace(kubeconfig, BYSTANDERS).await
}

/// What is in a namespace, and itself, by kind and name: UIDs and resourceVersions.
pub async fn in_namespace(kubeconfig: &Path, namespace: &str) -> BTreeMap<String, String> {
    let (client, _) = connect(kubeconfig).await.unwrap();
    let mut all = BTreeMap::new();
    of_kind::<ConfigMap>(&client, namespace, &mut all).await;
    of_kind::<Secret>(&client, namespace, &mut all).await;
    of_kind::<Service>(&client, namespace, &mut all).await;
    of_kind::<PersistentVolumeClaim>(&client, namespace, &mut all).await;
    of_kind::<StatefulSet>(&client, namespace, &mut all).await;
    of_kind::<Lease>(&client, namespace, &mut all).await;
    of_kind::<Pod>(&client, namespace, &mut all).await;
    let namespaces: Api<Namespace> = Api::all(client);
    all.extend([version(&namespaces.get(namespace).await.unwrap())]);
    all
}

async fn of_kind<K>(client: &Client, namespace: &str, all: &mut BTreeMap<String, String>)
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), namespace);
    let found = api.list(&ListParams::default()).await.unwrap();
    all.extend(found.items.iter().map(version));
}

fn version<K: Resource<DynamicType = ()>>(object: &K) -> (String, String) {
    (
        format!("{} {}", K::kind(&()), object.name_any()),
        format!("{:?} {:?}", object.uid(), object.resource_version()),
    )
}
