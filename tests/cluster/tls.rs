//! A PostgreSQL that takes encrypted connections only, and what `verify-full` says of its certificate.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use stateproof::config::Config;
use stateproof::plan::{Drill, Outcome};
use stateproof::run::Verification;
use tempfile::TempDir;

use crate::context::{POSTGRES, with_images};
use crate::probe::probe;
use crate::support::certificates::signed;
use crate::support::{block_on, cluster, while_standing};

/// A certificate of the authority that is named, for the name that is dialled: before the pod is Ready by its address, and
/// over one connection after the other when it comes back. `probe` has it checked by the same file.
#[test]
fn a_server_with_a_certificate_of_the_named_authority_keeps_its_rows() {
    let kubeconfig = block_on(with_images(&[POSTGRES])).kubeconfig;
    let set = Set::new("tls-orders");
    while_standing(&set.verification(), |standing| {
        standing.proven.assert_held();
        let config = set.path("stateproof.toml");
        let look = ["--namespace=tls-orders", "--config", config.to_str().unwrap()];
        let (code, said) = probe(&kubeconfig, &look);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("10 read back; removed again"), "{said}");
        set.name_another_authority();
        set.declare("deadline = 5");
        let (code, said) = probe(&kubeconfig, &look);
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("invalid peer certificate"), "{said}");
    });
}

/// The twin: the authority that is named has not signed it. Everything else is as it was.
#[test]
fn a_certificate_of_another_authority_is_refused_and_named() {
    let set = Set::new("tls-strangers");
    set.name_another_authority();
    let verification = set.verification().deadline(Duration::from_secs(45));
    let proven = block_on(verification.run()).unwrap();
    assert_eq!(proven.verdict.outcome, Outcome::Inconclusive);
    let errors = proven.verdict.failures.iter().flat_map(|failure| &failure.error);
    let why = errors.cloned().collect::<Vec<_>>().join("\n");
    for words in ["invalid peer certificate", NAME] {
        assert!(why.contains(words), "{words} is not in {why}");
    }
}

/// What the server's name begins with, in whatever namespace.
const NAME: &str = "orders-0.orders.";

/// The manifests, with a Secret that was made for them, and what is said beside.
struct Set {
    namespace: &'static str,
    directory: TempDir,
}

impl Set {
    fn new(namespace: &'static str) -> Self {
        let set = Self {
            namespace,
            directory: tempfile::tempdir().unwrap(),
        };
        let signed = signed(&format!("{NAME}{namespace}.svc.cluster.local")).unwrap();
        let manifests = manifests(namespace, &signed.certificate, &signed.key);
        fs::write(set.path("orders.json"), manifests.to_string()).unwrap();
        fs::write(set.path("ca.crt"), signed.authority).unwrap();
        set.declare("");
        set
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn declare(&self, more: &str) {
        let workload = format!("[workload.\"{}/orders\"]", self.namespace);
        let settings = format!("{workload}\ntls = \"verify-full\"\ntls_ca = \"ca.crt\"\n{more}\n");
        fs::write(self.path("stateproof.toml"), settings).unwrap();
    }

    fn name_another_authority(&self) {
        let another = signed("another.name").unwrap();
        fs::write(self.path("ca.crt"), another.authority).unwrap();
    }

    fn verification(&self) -> Verification {
        Verification::of([self.directory.path()])
            .cluster(cluster())
            .config(Config::read(&self.path("stateproof.toml")).unwrap())
            .drills(&[Drill::LosePod])
    }
}

fn manifests(namespace: &str, certificate: &str, key: &str) -> serde_json::Value {
    let of = |name: &str| json!({"name": name, "namespace": namespace});
    let labels = json!({"app": "orders"});
    // The superuser's own connections too, but for those over the Unix socket.
    let script = "sed -i 's/^host /hostssl /' \"$PGDATA/pg_hba.conf\"\n";
    let container = json!({
        "name": "postgres",
        "image": "postgres:16-alpine",
        "args": ["-c", "ssl=on", "-c", "ssl_cert_file=/tls/tls.crt", "-c", "ssl_key_file=/tls/tls.key"],
        "env": [
            {"name": "POSTGRES_PASSWORD", "value": "tls-orders-secret"},
            {"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"},
        ],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "tls", "mountPath": "/tls", "readOnly": true},
            {"name": "init", "mountPath": "/docker-entrypoint-initdb.d"},
        ],
    });
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": of("orders-tls"), "type": "kubernetes.io/tls",
            "stringData": {"tls.crt": certificate, "tls.key": key}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": of("orders-init"), "data": {"hostssl.sh": script}},
        {"apiVersion": "v1", "kind": "Service", "metadata": of("orders"),
            "spec": {"clusterIP": "None", "selector": labels, "ports": [{"port": 5432}]}},
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": of("orders"), "spec": {
            "serviceName": "orders",
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {
                // The server reads a key of root's only where its own group, and nobody else, may read it too.
                "securityContext": {"fsGroup": 70},
                "containers": [container],
                "volumes": [
                    {"name": "tls", "secret": {"secretName": "orders-tls", "defaultMode": 0o440}},
                    {"name": "init", "configMap": {"name": "orders-init"}},
                ],
            }},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}],
        }},
    ]})
}
