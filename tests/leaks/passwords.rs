use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use crate::snapshot::{Stage, name};
use crate::support::marker::Marker;

const IN_SECRET: &str = "pl4nted/secret+1=ab?c";
const IN_CONFIG_MAP: &str = "pl4nted/config+2=ab?c";
const IN_ENV: &str = "pl4nted/env+3=ab?c";
const IN_FILE: &str = "pl4nted/file+4=ab?c";

/// A database with its password in a file, another one with passwords in a Secret, a ConfigMap and a mere variable.
fn manifests() -> String {
    format!(
        r#"
apiVersion: v1
kind: Secret
metadata: {{ name: postgres }}
stringData: {{ password: "{IN_FILE}" }}
---
apiVersion: v1
kind: Service
metadata: {{ name: postgres }}
spec: {{ clusterIP: None, selector: {{ app: postgres }}, ports: [{{ port: 5432 }}] }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: postgres }}
spec:
  serviceName: postgres
  selector: {{ matchLabels: {{ app: postgres }} }}
  template:
    metadata: {{ labels: {{ app: postgres }} }}
    spec:
      containers:
        - name: postgres
          image: postgres:16-alpine
          env:
            - {{ name: POSTGRES_PASSWORD_FILE, value: /run/secrets/db/password }}
            - {{ name: PGDATA, value: /var/lib/postgresql/data/pgdata }}
          volumeMounts:
            - {{ name: secret, mountPath: /run/secrets/db, readOnly: true }}
            - {{ name: data, mountPath: /var/lib/postgresql/data }}
      volumes: [{{ name: secret, secret: {{ secretName: postgres }} }}]
  volumeClaimTemplates:
    - metadata: {{ name: data }}
      spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Gi }} }} }}
---
apiVersion: v1
kind: Secret
metadata: {{ name: mysql }}
stringData: {{ password: "{IN_SECRET}" }}
---
apiVersion: v1
kind: ConfigMap
metadata: {{ name: mysql }}
data: {{ root-password: "{IN_CONFIG_MAP}" }}
---
apiVersion: v1
kind: Service
metadata: {{ name: mysql }}
spec: {{ clusterIP: None, selector: {{ app: mysql }}, ports: [{{ port: 3306 }}] }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: mysql }}
spec:
  serviceName: mysql
  selector: {{ matchLabels: {{ app: mysql }} }}
  template:
    metadata: {{ labels: {{ app: mysql }} }}
    spec:
      containers:
        - name: mysql
          image: mysql:8.0
          env:
            - name: MYSQL_ROOT_PASSWORD
              valueFrom: {{ configMapKeyRef: {{ name: mysql, key: root-password }} }}
            - {{ name: MYSQL_DATABASE, value: shop }}
            - {{ name: MYSQL_USER, value: app }}
            - name: MYSQL_PASSWORD
              valueFrom: {{ secretKeyRef: {{ name: mysql, key: password }} }}
            - {{ name: REPLICATION_PASSWORD, value: "{IN_ENV}" }}
          volumeMounts: [{{ name: data, mountPath: /var/lib/mysql }}]
  volumeClaimTemplates:
    - metadata: {{ name: data }}
      spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Gi }} }} }}
"#
    )
}

/// Passwords that are planted in every place where passwords stand are in nothing that stateproof says, however much it
/// is asked to say.
#[test]
fn planted_passwords_are_in_no_output() {
    let _stage = Stage::enter();
    let directory = tempfile::tempdir().unwrap();
    let (set, reports) = (directory.path().join("set"), directory.path().join("reports"));
    std::fs::create_dir(&set).unwrap();
    std::fs::write(set.join("databases.yaml"), manifests()).unwrap();
    let (set, out) = (set.to_str().unwrap(), reports.to_str().unwrap());
    let mut said = BTreeMap::new();
    let name = name();
    let verified = stateproof(&[
        "verify", "-vv", "--name", &name, "--keep", "--drill", "lose-pod", "--shard", "1/1", "--report", out,
        set,
    ]);
    assert_eq!(
        verified.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let trace = String::from_utf8_lossy(&verified.stderr).into_owned();
    for target in ["TRACE", "stateproof", "kube", "hyper"] {
        assert!(trace.contains(target), "the log has nothing of {target}");
    }
    add(&mut said, "verify", &verified);
    add(&mut said, "plan", &stateproof(&["plan", "-vv", set]));
    // What is wrong with a set is shown with the lines around it.
    let broken = directory.path().join("broken.yaml");
    std::fs::write(
        &broken,
        manifests().replace("MYSQL_USER, value: app", "MYSQL_USER, value: [app]"),
    )
    .unwrap();
    let refused = stateproof(&["plan", "-vv", broken.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    add(&mut said, "a refusal", &refused);
    let refused = stateproof(&["upgrade", "-vv", set, broken.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    add(&mut said, "upgrade", &refused);
    add(&mut said, "lint", &stateproof(&["lint", "-vv", set]));
    add(
        &mut said,
        "lint as JSON",
        &stateproof(&["lint", "--format", "json", set]),
    );
    let history = reports.join("run.jsonl");
    add(
        &mut said,
        "judge",
        &stateproof(&["judge", "-vv", history.to_str().unwrap()]),
    );
    add_files(&mut said, &reports);
    let merged = directory.path().join("merged");
    let together = stateproof(&["merge", "-vv", out, "--report", merged.to_str().unwrap()]);
    assert_eq!(together.status.code(), Some(0));
    add(&mut said, "merge", &together);
    add_files(&mut said, &merged);
    assert!(said.len() >= 23, "{:?}", said.keys());
    for (place, secret) in [
        ("Secret", IN_SECRET),
        ("ConfigMap", IN_CONFIG_MAP),
        ("variable", IN_ENV),
        ("file", IN_FILE),
    ] {
        let marker = Marker::new(secret);
        for (output, text) in &said {
            let found = marker.found_in(text);
            assert_eq!(found, None, "the password of the {place} is in {output}");
        }
    }
}

/// The twin: what is no password is said, and the same look finds it.
#[test]
fn a_marker_that_is_no_password_is_found_in_the_plan() {
    let directory = tempfile::tempdir().unwrap();
    let shown = "pl4nted-name";
    let set = manifests().replace("value: shop }", &format!("value: {shown} }}"));
    std::fs::write(directory.path().join("set.yaml"), set).unwrap();
    let plan = stateproof(&["plan", directory.path().to_str().unwrap()]);
    let text = String::from_utf8(plan.stdout).unwrap();
    assert_eq!(Marker::new(shown).found_in(&text), Some("as it is"), "{text}");
}

/// Runs the command with the most that it can be made to say.
fn stateproof(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(args)
        .env("STATEPROOF_LOG", "trace")
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .output()
        .unwrap()
}

fn add(said: &mut BTreeMap<String, String>, command: &str, output: &Output) {
    for (stream, bytes) in [("output", &output.stdout), ("errors", &output.stderr)] {
        let text = String::from_utf8_lossy(bytes).into_owned();
        said.insert(format!("the {stream} of {command}"), text);
    }
}

fn add_files(said: &mut BTreeMap<String, String>, directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        said.insert(path.display().to_string(), text);
    }
}
