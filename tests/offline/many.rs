//! A set of five thousand objects.

use std::fmt::Write;
use std::time::{Duration, Instant};

use stateproof::manifest::ManifestSet;
use stateproof::plan::{Plan, Selection};
use stateproof::workload::discover;

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
