//! A Deployment's manifests, and ways to change them.

use stateproof::manifest::{ManifestSet, Problems};
use stateproof::workload::{Discovered, discover};

const MANIFESTS: &str = "\
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  clusterIP: None
  selector: { app: postgres }
  ports: [{ port: 5432 }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: standard
  resources: { requests: { storage: 5Gi } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: postgres }
spec:
  replicas: 1
  strategy: { type: Recreate }
  selector: { matchLabels: { app: postgres } }
  template:
    metadata: { labels: { app: postgres } }
    spec:
      containers:
        - name: postgres
          image: postgres:16
          env:
            - { name: POSTGRES_PASSWORD, value: mysupersecret }
            - { name: PGDATA, value: /var/lib/postgresql/data/pgdata }
          volumeMounts: [{ name: files, mountPath: /var/lib/postgresql/data }]
      volumes:
        - name: files
          persistentVolumeClaim: { claimName: data }
";

fn set(replacements: &[(&str, &str)]) -> ManifestSet {
    let mut text = MANIFESTS.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    ManifestSet::from_str("db.yaml", &text).unwrap()
}

/// The database in these manifests with something replaced.
pub fn found(replacements: &[(&str, &str)]) -> Discovered {
    let mut found = discover(&set(replacements), "prod").unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// What is wrong with them.
pub fn problems(replacements: &[(&str, &str)]) -> Problems {
    discover(&set(replacements), "prod").unwrap_err()
}

/// The volume replaced by one that goes with the pod.
pub const NO_CLAIM: (&str, &str) = ("persistentVolumeClaim: { claimName: data }", "emptyDir: {}");

/// Three pods, all of them on the one claim.
pub const THREE: (&str, &str) = ("replicas: 1", "replicas: 3");

/// The other strategy.
pub const ROLLING: (&str, &str) = ("type: Recreate", "type: RollingUpdate");
