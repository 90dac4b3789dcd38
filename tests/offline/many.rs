//! A set of five thousand objects.

use std::fmt::Write;
use std::time::{Duration, Instant};

use stateproof::manifest::ManifestSet;
use stateproof::plan::{Plan, Selection};
use stateproof::workload::discover;

use crate::context::{ALLOWED, cluster};

/// A thousand databases, each with its Service, its Secret and two ConfigMaps, in ten namespaces.
fn five_thousand() -> String {
    let mut text = String::new();
    for number in 0..1000 {
        let namespace = format!("team-{}", number % 10);
        write!(
            text,
            "---
apiVersion: v1
kind: Secret
metadata: {{ name: db-{number}, namespace: {namespace} }}
stringData: {{ password: secret-{number} }}
---
apiVersion: v1
kind: ConfigMap
metadata: {{ name: db-{number}, namespace: {namespace} }}
data: {{ POSTGRES_DB: books }}
---
apiVersion: v1
kind: ConfigMap
metadata: {{ name: other-{number}, namespace: {namespace} }}
data: {{ a: b, c: d, e: f }}
---
apiVersion: v1
kind: Service
metadata: {{ name: db-{number}, namespace: {namespace} }}
spec: {{ clusterIP: None, selector: {{ app: db-{number} }}, ports: [{{ port: 5432 }}] }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: db-{number}, namespace: {namespace} }}
spec:
  serviceName: db-{number}
  selector: {{ matchLabels: {{ app: db-{number} }} }}
  template:
    metadata: {{ labels: {{ app: db-{number} }} }}
    spec:
      containers:
      - name: db
        image: postgres:16
        resources: {{ requests: {{ cpu: 100m }} }}
        envFrom: [{{ configMapRef: {{ name: db-{number} }} }}]
        env: [{{ name: POSTGRES_PASSWORD, valueFrom: {{ secretKeyRef: {{ name: db-{number}, key: password }} }} }}]
        volumeMounts: [{{ name: data, mountPath: /var/lib/postgresql/data }}]
  volumeClaimTemplates:
  - metadata: {{ name: data }}
    spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Gi }} }} }}
"
        )
        .unwrap();
    }
    text
}

/// In a debug build on a busy machine, too: what grows with the square of the set would take minutes.
#[test]
fn five_thousand_objects_are_read_and_planned_in_seconds() {
    let text = five_thousand();
    let begun = Instant::now();
    let set = ManifestSet::from_str("set.yaml", &text).unwrap();
    assert_eq!(set.iter().count(), 5000);
    let read = begun.elapsed();
    let found = discover(&set, "default").unwrap();
    assert_eq!(found.len(), 1000);
    let plans: Vec<Plan> = found
        .into_iter()
        .map(|found| Plan::new(found.workload, &Selection::default()))
        .collect();
    assert!(plans.iter().all(|plan| plan.workload.services.len() == 1));
    let took = begun.elapsed();
    assert!(
        took < Duration::from_mins(1),
        "read after {read:?}, planned after {took:?}"
    );
}

/// What the command makes of it: a plan, and a refusal where the nodes have no room for a hundred processors.
#[tokio::test]
async fn five_thousand_objects_are_planned_and_refused_at_the_command() {
    let (server, scene) = cluster().await;
    scene.set(&five_thousand());
    let (code, plan, said) = scene.of_set("plan", &["--drill", "lose-pod"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(plan.matches("\nlose-pod db-").count(), 1000);
    assert_eq!(server.requests(), [""; 0]);
    for team in 0..10 {
        server.refuse(&format!("/api/v1/namespaces/team-{team}"), 404, "NotFound");
    }
    let (code, said) = scene.verify(&ALLOWED).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("cpu: the set asks for 100, the one node that takes pods has 8"),
        "{said}"
    );
    assert_eq!(server.mutations(), [""; 0]);
}
