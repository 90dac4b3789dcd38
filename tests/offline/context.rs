//! Clusters of others: what is refused there, and that nothing is touched then. The API server is one of the test's own that
//! records every request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stateproof::cluster::context::rights::{self, Right};
use stateproof::cluster::context::{ContextSpec, Tenancy, Vacancy};
use stateproof::cluster::{ConnectError, NamespaceError};
use stateproof::manifest::ManifestSet;
use stateproof::run::{RunError, Verification};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::api_server::{ApiServer, NAMESPACE, PODS};

/// A database in the namespace `db`, which it does not bring.
const SET: &str = "apiVersion: v1
kind: Service
metadata: { name: postgres, namespace: db }
spec: { clusterIP: None, selector: { app: postgres }, ports: [{ port: 5432 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: postgres, namespace: db }
spec:
  serviceName: postgres
  selector: { matchLabels: { app: postgres } }
  template:
    metadata: { labels: { app: postgres } }
    spec:
      containers:
      - name: postgres
        image: postgres:16
        env: [{ name: POSTGRES_PASSWORD, value: unguessed }]
        volumeMounts: [{ name: data, mountPath: /var/lib/postgresql/data }]
  volumeClaimTemplates:
  - metadata: { name: data }
    spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
";

const NAMESPACE_PATH: &str = "/api/v1/namespaces/db";
const LEASE_PATH: &str = "/apis/coordination.k8s.io/v1/namespaces/db/leases/stateproof";

/// A set, and a kubeconfig with the contexts `staging`, which leads to the server, and `production`.
pub struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    fn of(url: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let context = |name: &str| json!({"name": name, "context": {"cluster": "c", "user": "u"}});
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "production",
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": {"token": "long-expired"}}],
            "contexts": [context("staging"), context("production")],
        });
        std::fs::write(directory.path().join("kubeconfig"), kubeconfig.to_string()).unwrap();
        let scene = Self { directory };
        scene.set(SET);
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Has it be about another set.
    pub fn set(&self, text: &str) {
        std::fs::write(self.path("set.yaml"), text).unwrap();
    }

    /// Runs `stateproof verify` of the set.
    pub async fn verify(&self, args: &[&str]) -> (Option<i32>, String) {
        let (code, _, said) = self.of_set("verify", args).await;
        assert!(!self.path("state").exists(), "it made a journal");
        (code, said)
    }

    /// Runs a command of the set.
    pub async fn of_set(&self, command: &str, args: &[&str]) -> (Option<i32>, String, String) {
        let set = self.path("set.yaml");
        self.run(&[&[command, set.to_str().unwrap()], args].concat())
            .await
    }

    /// Runs stateproof without Docker, for a cluster of others needs none, and gives its exit code and what it wrote.
    pub async fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_stateproof"))
            .args(args)
            .current_dir(self.directory.path())
            .env("KUBECONFIG", self.path("kubeconfig"))
            .env("STATEPROOF_STATE", self.path("state"))
            .env("HOME", self.path("home"))
            .env("PATH", "")
            .output()
            .await
            .unwrap();
        let said = |bytes| String::from_utf8(bytes).unwrap();
        (status.code(), said(stdout), said(stderr))
    }

    /// Every file that is there, with what is in it.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        // A directory cannot be read: there is none.
        paths
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect()
    }
}

/// A cluster in which the set could be applied, and has a namespace of its own as soon as it is made.
pub async fn cluster() -> (ApiServer, Scene) {
    let server = ApiServer::start().await;
    server.answer(
        "/version",
        json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3", "gitCommit": "", "gitTreeState": "",
            "buildDate": "", "goVersion": "", "compiler": "", "platform": ""}),
    );
    let resource = |name: &str, kind: &str| json!({"name": name, "singularName": "", "kind": kind, "namespaced": true, "verbs": ["get", "list", "patch"]});
    let list = |version: &str, resources: &[Value]| json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources});
    let core = [
        ("services", "Service"),
        ("secrets", "Secret"),
        ("configmaps", "ConfigMap"),
    ];
    let core = core.map(|(name, kind)| resource(name, kind));
    server.answer("/api/v1", list("v1", &core));
    let apps = [resource("statefulsets", "StatefulSet")];
    server.answer("/apis/apps/v1", list("apps/v1", &apps));
    has_processors(&server, 8);
    server.refuse(NAMESPACE_PATH, 404, "NotFound");
    server.refuse(LEASE_PATH, 404, "NotFound");
    may(&server, true);
    let scene = Scene::of(&server.url());
    (server, scene)
}

/// How many processors its one node has.
fn has_processors(server: &ApiServer, processors: u32) {
    let room = json!({"cpu": processors.to_string(), "memory": "16Gi", "ephemeral-storage": "100Gi"});
    server.put(
        "/api/v1/nodes",
        json!({"metadata": {"name": "node-1"}, "status": {"allocatable": room}}),
    );
}

/// Somebody's namespace.
fn is_there(server: &ApiServer) {
    server.answer(
        NAMESPACE_PATH,
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "uid": "n",
            "managedFields": [{"manager": "kubectl", "operation": "Update"}]}}),
    );
}

fn lease(renewed: &str) -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "stateproof", "namespace": NAMESPACE, "uid": "l", "resourceVersion": "7"},
        "spec": {"holderIdentity": "stateproof-of-monday", "leaseDurationSeconds": 30, "renewTime": renewed}})
}

/// Whether the cluster grants what it is asked about.
fn may(server: &ApiServer, allowed: bool) {
    server.answer(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {},
            "status": {"allowed": allowed}}),
    );
}

pub const ALLOWED: [&str; 5] = ["--context", "staging", "--allow-disruption", "--namespace", "db"];

#[tokio::test]
async fn what_nobody_has_allowed_is_refused_before_anything_is_asked() {
    let (server, scene) = cluster().await;
    let staging = ["--context", "staging"];
    for (args, words) in [
        (
            &[][..],
            &["lose-pod", "delete-claim", "--allow-disruption", "staging"][..],
        ),
        (&["--drill", "lose-pod"], &["lose-pod", "--allow-disruption"]),
        (
            &["--drill", "drain", "--allow-disruption"],
            &["drain", "--allow-node-faults"],
        ),
        (
            &[
                "--drill",
                "pause-node",
                "--allow-disruption",
                "--allow-node-faults",
            ],
            &["pause-node", "cannot be done", "needs the node itself"],
        ),
        (
            &["--drill", "crash", "--allow-disruption"],
            &["crash", "needs the node itself"],
        ),
    ] {
        let (code, said) = scene.verify(&[&staging[..], args].concat()).await;
        assert_eq!(code, Some(2), "{args:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{args:?}: {word} is not in {said}");
        }
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn a_context_is_used_only_when_it_is_named() {
    let (server, scene) = cluster().await;
    let (code, said) = scene.verify(&["--allow-disruption"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--context <NAME>"), "{said}");
    let (code, said) = scene.verify(&["--context", "staging", "--cluster", "kind"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn a_context_that_does_not_exist_is_told_from_those_that_do() {
    let (server, scene) = cluster().await;
    let (code, said) = scene
        .verify(&["--context", "stagign", "--allow-disruption"])
        .await;
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("no context \"stagign\"") && said.contains("it has production, staging"),
        "{said}"
    );
    assert!(said.contains("kubeconfig"), "{said}");
    let missing = scene.path("elsewhere");
    let there = [
        "--context",
        "staging",
        "--allow-disruption",
        "--kubeconfig",
        missing.to_str().unwrap(),
    ];
    let (code, said) = scene.verify(&there).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("elsewhere"), "{said}");
    let (code, said) = scene
        .verify(&["--context", "in-cluster", "--allow-disruption"])
        .await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("no pod"), "{said}");
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn expired_credentials_are_named_as_such() {
    let (server, scene) = cluster().await;
    server.refuse_all("GET", 401, "Unauthorized");
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("does not accept these credentials") && said.contains("expired"),
        "{said}"
    );
    assert!(!said.contains("long-expired"), "the token is shown: {said}");
    assert_eq!(server.requests(), ["/version"]);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    // It takes connections, and that is all.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    let scene = Scene::of(&url);
    let verification = Verification::of([scene.path("set.yaml")]).context(ContextSpec {
        kubeconfig: Some(scene.path("kubeconfig")),
        allow_disruption: true,
        answers_within: Duration::from_millis(200),
        ..ContextSpec::named("staging")
    });
    let begun = Instant::now();
    let Err(RunError::Connect(error)) = verification.run().await else {
        panic!("it answered")
    };
    assert!(matches!(error, ConnectError::Silent { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("the API server at {url}/ gave no answer within 0.2 s")
    );
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    // And one where nothing listens at all.
    drop(mute);
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains(&url), "{said}");
}

/// The command's own deadline, which is for clusters that are far away.
#[tokio::test]
async fn the_command_gives_a_silent_server_up_after_its_deadline() {
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", mute.local_addr().unwrap());
    let begun = Instant::now();
    let (code, said) = Scene::of(&url).verify(&ALLOWED).await;
    let took = begun.elapsed();
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains(&format!("the API server at {url}/ gave no answer within 15.0 s")),
        "{said}"
    );
    let [deadline, hang] = [15, 60].map(Duration::from_secs);
    assert!(deadline <= took && took < hang, "{took:?}");
}

/// The node is asked before anything is made: a set that it has no room for is not begun with.
#[tokio::test]
async fn a_set_that_the_nodes_have_no_room_for_is_refused_before_anything_is_made() {
    let asks = SET.replace(
        "image: postgres:16",
        "image: postgres:16\n        resources: { requests: { cpu: 100m } }",
    );
    for (processors, refused) in [(0, true), (1, false)] {
        let (server, scene) = cluster().await;
        scene.set(&asks);
        has_processors(&server, processors);
        server.refuse("/api/v1/namespaces", 403, "Forbidden");
        let (code, said) = scene.verify(&ALLOWED).await;
        assert_eq!(code, Some(4), "{said}");
        let short = "the cluster has too little for the set, and nothing was applied: cpu";
        assert_eq!(said.contains(short), refused, "{processors}: {said}");
        assert_eq!(server.mutations().is_empty(), refused, "{:?}", server.mutations());
    }
}

/// Whatever kubeconfig, journal or home there is.
#[tokio::test]
async fn a_plan_asks_nobody_and_leaves_nothing() {
    let (server, scene) = cluster().await;
    let before = scene.files();
    let (code, plan, said) = scene.of_set("plan", &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(plan.contains("db/postgres: PostgreSQL"), "{plan}");
    assert_eq!(scene.files(), before);
    assert_eq!(server.requests(), [""; 0]);
}

#[tokio::test]
async fn a_namespace_with_others_objects_is_refused() {
    let maps = "/api/v1/namespaces/db/configmaps";
    for (path, name) in [(PODS, "theirs"), (maps, "their-settings")] {
        let (server, scene) = cluster().await;
        is_there(&server);
        server.put(
            maps,
            json!({"metadata": {"name": "kube-root-ca.crt", "namespace": NAMESPACE}}),
        );
        server.put(path, json!({"metadata": {"name": name, "namespace": NAMESPACE}}));
        let (code, said) = scene.verify(&ALLOWED).await;
        assert_eq!(code, Some(4), "{said}");
        assert!(
            said.contains("namespace db holds objects") && said.contains(name),
            "{said}"
        );
        assert!(!said.contains("kube-root-ca.crt"), "{said}");
        assert_eq!(server.mutations(), [""; 0]);
    }
}

#[tokio::test]
async fn a_namespace_that_another_run_is_at_work_in_is_refused() {
    let (server, scene) = cluster().await;
    is_there(&server);
    server.answer(LEASE_PATH, lease(&jiff::Timestamp::now().to_string()));
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("another run of stateproof is at work in namespace db"),
        "{said}"
    );
    assert!(said.contains("stateproof-of-monday"), "{said}");
    assert_eq!(server.mutations(), [""; 0]);
}

/// The set brings a Namespace that is somebody's: applying it would change it.
#[tokio::test]
async fn a_namespace_that_is_there_is_not_applied() {
    let (server, scene) = cluster().await;
    let brought = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{ name: db }}\n---\n{SET}");
    scene.set(&brought);
    let resource = |name: &str, kind: &str, namespaced: bool| json!({"name": name, "singularName": "", "kind": kind, "namespaced": namespaced, "verbs": ["get", "patch"]});
    server.answer(
        "/api/v1",
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1", "resources": [
            resource("services", "Service", true), resource("namespaces", "Namespace", false)]}),
    );
    is_there(&server);
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("brings the namespace db") && said.contains("not stateproof's"),
        "{said}"
    );
    assert_eq!(server.mutations(), [""; 0]);
}

/// What lends a namespace may be there: a policy of its owner's is not taken over, nor removed in the end.
#[tokio::test]
async fn an_object_of_others_in_a_namespace_that_is_lent_is_not_applied() {
    let (server, scene) = cluster().await;
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: default-deny, namespace: db }\n\
                  spec: { podSelector: {} }\n";
    scene.set(&format!("{policy}---\n{SET}"));
    server.answer(
        "/apis/networking.k8s.io/v1",
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "networking.k8s.io/v1", "resources": [
            {"name": "networkpolicies", "singularName": "", "kind": "NetworkPolicy", "namespaced": true,
             "verbs": ["get", "list", "patch"]}]}),
    );
    is_there(&server);
    for path in [
        "/api/v1/namespaces/db/services/postgres",
        "/apis/apps/v1/namespaces/db/statefulsets/postgres",
    ] {
        server.refuse(path, 404, "NotFound");
    }
    server.answer(
        "/apis/networking.k8s.io/v1/namespaces/db/networkpolicies/default-deny",
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "default-deny", "namespace": "db", "uid": "p"}}),
    );
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("the cluster has NetworkPolicy default-deny already"),
        "{said}"
    );
    assert_eq!(server.mutations(), [""; 0]);
}

/// Between the look and the taking: the Lease that is there by then is of a run that lives.
#[tokio::test]
async fn a_lease_that_was_not_there_before_is_not_deleted() {
    let (server, _scene) = cluster().await;
    is_there(&server);
    let client = server.client();
    let vacancy = Vacancy::of(&client, &[NAMESPACE.to_owned()], &[]).await.unwrap();
    server.answer(LEASE_PATH, lease(&jiff::Timestamp::now().to_string()));
    server.refuse(
        "/apis/coordination.k8s.io/v1/namespaces/db/leases",
        409,
        "AlreadyExists",
    );
    let mut tenancy = Tenancy::of(&client, "stateproof-of-tuesday");
    let mut taken = Vec::new();
    let refused = vacancy.take(&client, &mut tenancy, &mut taken).await;
    assert!(
        matches!(refused, Err(NamespaceError::InUse { .. })),
        "{refused:?}"
    );
    assert!(taken.is_empty(), "{taken:?}");
    let mutations = server.mutations();
    assert!(
        mutations.iter().all(|request| request.starts_with("POST ")),
        "{mutations:?}"
    );
}

/// A Lease that is there under another UID is another run's: this run has lost its namespace, and knows which. Its twin
/// cannot renew it for a moment.
#[tokio::test]
async fn a_lease_that_another_run_has_taken_is_lost() {
    const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/db/leases";
    for is_taken in [true, false] {
        let (server, _scene) = cluster().await;
        is_there(&server);
        let client = server.client();
        let vacancy = Vacancy::of(&client, &[NAMESPACE.to_owned()], &[]).await.unwrap();
        let ours = lease(&jiff::Timestamp::now().to_string());
        server.answer(LEASES, ours);
        let (code, reason) = if is_taken {
            (409, "Conflict")
        } else {
            (503, "ServiceUnavailable")
        };
        server.refuse_all("PATCH", code, reason);
        let mut tenancy = Tenancy::of(&client, "stateproof-of-monday");
        vacancy
            .take(&client, &mut tenancy, &mut Vec::new())
            .await
            .unwrap();
        let within = Duration::from_millis(if is_taken { 10_000 } else { 300 });
        let lost = tokio::time::timeout(within, tenancy.lost()).await;
        assert_eq!(lost.is_ok(), is_taken, "{lost:?}");
        assert_eq!(tenancy.has_lost(NAMESPACE), is_taken);
        let Ok(lost) = lost else { continue };
        assert!(
            lost.to_string().contains("has taken namespace db from this one"),
            "{lost}"
        );
    }
}

#[tokio::test]
async fn what_the_cluster_does_not_grant_is_named_before_anything_is_made() {
    let (server, scene) = cluster().await;
    may(&server, false);
    // Who may not list nodes is told what else is missing, not only that.
    server.refuse("/api/v1/nodes", 403, "Forbidden");
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(4), "{said}");
    for right in [
        "list nodes",
        "create namespaces",
        "create pods/exec in namespace db",
        "patch statefulsets.apps in namespace db",
    ] {
        assert!(said.contains(right), "{right} is not in {said}");
    }
    assert_eq!(server.mutations(), [""; 0]);
}

/// `deploy/rbac.yaml` grants what is asked for before a run, and nothing else.
#[test]
fn the_published_roles_are_just_what_a_run_needs() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/rbac.yaml");
    let set = ManifestSet::read(&[path]).unwrap();
    let granted = |kind: &str| -> BTreeSet<(String, String, String)> {
        let role = set.of_kind(kind).next().unwrap().json();
        let words = |rule: &Value, key: &str| -> Vec<String> {
            let words = rule[key].as_array().unwrap().iter();
            words.map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let mut granted = BTreeSet::new();
        for rule in role["rules"].as_array().unwrap() {
            for group in words(rule, "apiGroups") {
                for resource in words(rule, "resources") {
                    for verb in words(rule, "verbs") {
                        granted.insert((group.clone(), resource.clone(), verb));
                    }
                }
            }
        }
        granted
    };
    let needed = |rights: &[Right<'_>]| -> BTreeSet<(String, String, String)> {
        let each = rights
            .iter()
            .flat_map(|right| right.verbs.iter().map(move |verb| (right, verb)));
        each.map(|(right, verb)| (right.group.into(), right.resource.into(), (*verb).into()))
            .collect()
    };
    assert_eq!(granted("Role"), needed(rights::IN_NAMESPACE));
    assert_eq!(granted("ClusterRole"), needed(rights::OF_CLUSTER));
}

/// The twin of the refusals: where nothing stands in the way something is made, and the server has noticed.
#[tokio::test]
async fn a_namespace_that_is_free_is_made() {
    let (server, scene) = cluster().await;
    may(&server, true);
    server.refuse("/api/v1/namespaces", 403, "Forbidden");
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("cannot use namespace db"), "{said}");
    assert_eq!(
        server.mutations(),
        ["POST /api/v1/namespaces?&fieldManager=stateproof"]
    );
}
