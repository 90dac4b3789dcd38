//! How to log in, as the manifests tell it, and what they lack for it.

use std::fs;

use stateproof::manifest::{ManifestSet, Problems};
use stateproof::workload::{Discovered, discover};

use crate::fixtures::fixture;
use crate::refusals::shown;
use crate::workload::{edited, ids, one, text_with};

pub const PASSWORD: &str = "        - name: POSTGRES_PASSWORD\n          value: \"mysupersecret\"\n";

fn with_objects(objects: &str, environment: &str) -> Result<Discovered, Problems> {
    let text = format!("{}\n---\n{objects}", text_with(&[(PASSWORD, environment)]));
    let set = ManifestSet::from_str("db.yaml", &text)?;
    discover(&set, "default").map(|mut found| found.remove(0))
}

#[test]
fn credentials_come_from_wherever_the_pod_gets_them() {
    let objects = "
apiVersion: v1
kind: Secret
metadata: { name: db, namespace: postgresql-prod }
data: { password: aHVudGVyMg==, user: bGVkZ2Vy }
stringData: { user: accountant }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: postgresql-prod }
data: { POSTGRES_USER: overridden, DB: books, PASS: from-map }
";
    let secret_key = "        - name: POSTGRES_PASSWORD
          valueFrom: { secretKeyRef: { name: db, key: password } }
        - name: POSTGRES_USER
          valueFrom: { secretKeyRef: { name: db, key: user } }
        - name: POSTGRES_DB
          value: $(POSTGRES_USER)-books
";
    let credentials = with_objects(objects, secret_key).unwrap().credentials;
    assert_eq!(credentials.password.reveal(), "hunter2");
    assert_eq!(credentials.user, "accountant", "stringData wins over data");
    assert_eq!(credentials.database, "accountant-books");

    let config_map_key = "        - name: POSTGRES_PASSWORD
          valueFrom: { configMapKeyRef: { name: settings, key: PASS } }
        - name: POSTGRES_USER
          valueFrom: { configMapKeyRef: { name: settings, key: NOBODY, optional: true } }
        - name: UNUSED
          valueFrom: { secretKeyRef: { name: nowhere, key: x, optional: true } }
";
    let credentials = with_objects(objects, config_map_key).unwrap().credentials;
    assert_eq!(credentials.password.reveal(), "from-map");
    assert_eq!(
        credentials.user, "postgres",
        "an optional key that is not there sets nothing"
    );
}

#[test]
fn an_imported_environment_yields_to_the_container_s_own() {
    let settings = "
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: postgresql-prod }
data: { PASSWORD: imported, POSTGRES_USER: imported, POSTGRES_DB: imported }
";
    let import = "        envFrom:
        - configMapRef: { name: settings }
        - prefix: POSTGRES_
          configMapRef: { name: settings }
        - secretRef: { name: nowhere, optional: true }
        ports:\n";
    let text = text_with(&[(PASSWORD, ""), ("        ports:\n", import)]) + settings;
    let credentials = one(&ManifestSet::from_str("db.yaml", &text).unwrap()).credentials;
    assert_eq!(credentials.password.reveal(), "imported", "by its prefix");
    assert_eq!(credentials.user, "postgres", "env wins over envFrom");
}

#[test]
fn without_user_and_database_the_image_s_defaults_hold() {
    let set = edited(
        "        - name: POSTGRES_DB\n          value: \"wealist\"\n        - name: POSTGRES_USER\n          value: \"postgres\"\n",
        "",
    );
    let credentials = one(&set).credentials;
    assert_eq!(
        (&*credentials.user, &*credentials.database),
        ("postgres", "postgres")
    );

    let set = edited(
        "        - name: POSTGRES_DB\n          value: \"wealist\"\n        - name: POSTGRES_USER\n          value: \"postgres\"\n",
        "        - name: POSTGRES_USER\n          value: ledger\n",
    );
    assert_eq!(
        one(&set).credentials.database,
        "ledger",
        "the database is named like the user"
    );
}

#[test]
fn a_secret_that_is_not_in_the_set() {
    let files = ["postgres-service.yaml", "postgres-statefulset.yaml"]
        .map(|file| fixture("wealist-postgres-secret/4-database").join(file));
    let set = ManifestSet::read(&files).unwrap();
    insta::assert_snapshot!(shown(&discover(&set, "default").unwrap_err()), @r"
    stateproof::workload::reference_missing

      × StatefulSet postgresql-secret/postgres needs the Secret `db-secret`, which is not in the set
        ╭─[fixtures/wealist-postgres-secret/4-database/postgres-statefulset.yaml:32:21]
     32 │               name: db-secret
        ·                     ────┬────
        ·                         ╰── no Secret of this name in the set
        ╰────
      help: add its manifest to the set: without it the pods do not start. For one run: `kubectl
            create secret generic db-secret -n postgresql-secret --from-literal=POSTGRES_PASSWORD=…
            --dry-run=client -o yaml | stateproof verify PATH -`
    ");
}

#[test]
fn a_secret_of_another_namespace_is_none() {
    let text = fs::read_to_string(fixture("wealist-postgres-secret/4-database/db-secret.yaml")).unwrap();
    let elsewhere = text.replace("namespace: postgresql-secret", "namespace: elsewhere");
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret.yaml");
    fs::write(&secret, elsewhere).unwrap();
    let database = fixture("wealist-postgres-secret/4-database");
    let set = ManifestSet::read(&[
        secret,
        database.join("postgres-service.yaml"),
        database.join("postgres-statefulset.yaml"),
    ])
    .unwrap();
    assert_eq!(
        ids(&discover(&set, "default").unwrap_err()),
        ["reference_missing"]
    );
}

#[test]
fn a_secret_without_the_key() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: db, namespace: postgresql-prod }\n\
                  stringData: { user: ledger, pass: planted-in-the-secret }\n";
    let environment = "        - name: POSTGRES_PASSWORD
          valueFrom:
            secretKeyRef: { name: db, key: password }\n";
    let problems = with_objects(secret, environment).unwrap_err();
    insta::assert_snapshot!(shown(&problems), @r"
    stateproof::workload::key_missing

      × StatefulSet postgresql-prod/postgres needs the key `password` of the Secret `db`, which has
      │ `pass`, `user`
        ╭─[db.yaml:45:44]
     45 │             secretKeyRef: { name: db, key: password }
        ·                                            ────┬───
        ·                                                ╰── the Secret has no such key
        ╰────
      help: add the key, or correct its name: without it the pods do not start
    ");
}

#[test]
fn a_password_is_needed_unless_nobody_asks_for_one() {
    insta::assert_snapshot!(shown(&discover(&edited(PASSWORD, ""), "default").unwrap_err()), @r"
    stateproof::workload::no_password

      × StatefulSet postgresql-prod/postgres: `POSTGRES_PASSWORD` is not set
        ╭─[db.yaml:38:9]
     38 │         env:
        ·         ─┬─
        ·          ╰── this environment has no POSTGRES_PASSWORD
        ╰────
      help: set it from a Secret: the image does not initialise a database without it. Where another
            image does, say how to log in in stateproof.toml
    ");
    let empty = edited("value: \"mysupersecret\"", "value: \"\"");
    assert_eq!(ids(&discover(&empty, "default").unwrap_err()), ["no_password"]);

    let trust = "        - name: POSTGRES_HOST_AUTH_METHOD\n          value: trust\n";
    assert_eq!(one(&edited(PASSWORD, trust)).credentials.password.reveal(), "");
}

#[test]
fn a_password_that_only_the_pod_knows_is_asked_for() {
    for environment in [
        "        - name: POSTGRES_PASSWORD\n          valueFrom: { fieldRef: { fieldPath: metadata.uid } }\n",
        "        - name: POSTGRES_PASSWORD_FILE\n          value: /run/secrets/password\n",
    ] {
        let problems = discover(&edited(PASSWORD, environment), "default").unwrap_err();
        assert_eq!(ids(&problems), ["unknown_setting"], "{environment}");
    }
}

#[test]
fn a_password_in_the_wrong_place_is_not_printed() {
    // Not base64, and a number where text belongs: both mistakes carry the password in the wrong field.
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: { name: db, namespace: postgresql-prod }\n\
                  data: { password: planted, other: eA== }\n";
    let environment = "        - name: POSTGRES_PASSWORD
          valueFrom: { secretKeyRef: { name: db, key: password } }\n";
    let problems = with_objects(secret, environment).unwrap_err();
    let shown_problems = shown(&problems);
    assert_eq!(ids(&problems), ["wrong_shape"]);
    for output in [&shown_problems, &problems.to_string(), &format!("{problems:?}")] {
        assert!(!output.contains("planted"), "{output}");
    }

    let problems = discover(&edited("\"mysupersecret\"", "987654321"), "default").unwrap_err();
    insta::assert_snapshot!(shown(&problems), @r"
    stateproof::workload::wrong_shape

      × StatefulSet postgresql-prod/postgres: `spec.template.spec.containers[0].env[2].value` is a
      │ number, expected a string
        ╭─[db.yaml:44:18]
     44 │           value: *********
        ·                  ────┬────
        ·                      ╰── this is a number, expected a string
        ╰────
      help: the API server would refuse it: see `kubectl explain`
    ");
    assert!(!format!("{problems} {problems:?}").contains("987654321"));
}

#[test]
fn what_a_pod_mounts_has_to_be_there() {
    let volumes = "    spec:
      volumes:
      - name: certificates
        secret: { secretName: server-tls }
      - name: tuning
        configMap: { name: tuning, optional: true }
      - name: cluster
        configMap: { name: kube-root-ca.crt }
      containers:\n";
    let set = edited("    spec:\n      containers:\n", volumes);
    insta::assert_snapshot!(shown(&discover(&set, "default").unwrap_err()), @r"
    stateproof::workload::reference_missing

      × StatefulSet postgresql-prod/postgres needs the Secret `server-tls`, which is not in the set
        ╭─[db.yaml:34:31]
     34 │         secret: { secretName: server-tls }
        ·                               ─────┬────
        ·                                    ╰── no Secret of this name in the set
        ╰────
      help: add its manifest to the set: without it the pods do not start. For one run: `kubectl
            create secret generic server-tls -n postgresql-prod --from-literal=KEY=… --dry-run=client
            -o yaml | stateproof verify PATH -`
    ");
}
