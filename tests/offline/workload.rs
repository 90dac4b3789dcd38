//! The database behind a set of manifests.

use std::fs;

use stateproof::manifest::{ManifestSet, Problems};
use stateproof::workload::{Discovered, RetentionPolicy, discover};

use crate::credentials::PASSWORD;
use crate::fixtures::fixture;
use crate::refusals::shown;

fn found(name: &str) -> Discovered {
    let set = ManifestSet::read(&[fixture(name)]).unwrap();
    let mut found = discover(&set, "default").unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn problems(name: &str) -> Problems {
    let set = ManifestSet::read(&[fixture(name)]).unwrap();
    discover(&set, "default").unwrap_err()
}

/// The document's manifests as one text, with something replaced in it.
pub fn text_with(replacements: &[(&str, &str)]) -> String {
    let [service, stateful_set] = [
        "4-database/postgres-service.yaml",
        "4-database/postgres-statefulset.yaml",
    ]
    .map(|file| fs::read_to_string(fixture("wealist-postgres").join(file)).unwrap());
    let mut text = format!("{service}---\n{stateful_set}");
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

pub fn edited(from: &str, to: &str) -> ManifestSet {
    ManifestSet::from_str("db.yaml", &text_with(&[(from, to)])).unwrap()
}

pub fn one(set: &ManifestSet) -> Discovered {
    discover(set, "default").unwrap().remove(0)
}

pub fn ids(problems: &Problems) -> Vec<String> {
    problems
        .iter()
        .map(|problem| problem.id().rsplit("::").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_document_s_database_is_understood() {
    let Discovered {
        workload,
        credentials,
    } = found("wealist-postgres");
    assert_eq!(credentials.user, "postgres");
    assert_eq!(credentials.database, "wealist");
    assert_eq!(credentials.password.reveal(), "mysupersecret");
    insta::assert_snapshot!(serde_json::to_string_pretty(&workload).unwrap(), @r#"
    {
      "kind": "StatefulSet",
      "namespace": "postgresql-prod",
      "name": "postgres",
      "replicas": 1,
      "governing_service": "postgres-service",
      "services": [
        {
          "name": "postgres-service",
          "dns": "postgres-service.postgresql-prod.svc.cluster.local",
          "headless": true,
          "port": 5432,
          "publishes_not_ready": false
        }
      ],
      "selector": {
        "app": "postgres"
      },
      "pod_management": "OrderedReady",
      "update": "RollingUpdate",
      "retention": {
        "when_deleted": "Retain",
        "when_scaled": "Retain"
      },
      "claims": [
        {
          "name": "postgres-data",
          "storage": "5Gi",
          "access_modes": [
            "ReadWriteOnce"
          ],
          "storage_class": null,
          "mounts": [
            "/var/lib/postgresql/data"
          ]
        }
      ],
      "engine": {
        "kind": "PostgreSQL",
        "product": "PostgreSQL",
        "recognised_by": "its image postgres:16-alpine",
        "container": "postgres",
        "image": "postgres:16-alpine",
        "port": 5432,
        "data_directory": "/var/lib/postgresql/data/pgdata"
      },
      "has_readiness_probe": false,
      "termination_grace_seconds": 30,
      "declared_at": "fixtures/wealist-postgres/4-database/postgres-statefulset.yaml:2",
      "login": "user postgres (the manifest, POSTGRES_USER), password from the manifest, POSTGRES_PASSWORD, database wealist (the manifest, POSTGRES_DB)",
      "notes": [
        "no readiness probe: Ready means started"
      ]
    }
    "#);

    let member = workload.member(0);
    assert_eq!(member.pod, "postgres-0");
    assert_eq!(member.claims, ["postgres-data-postgres-0"]);
    assert_eq!(
        member.dns,
        "postgres-0.postgres-service.postgresql-prod.svc.cluster.local"
    );
}

#[test]
fn every_variant_is_understood() {
    let secret = found("wealist-postgres-secret");
    assert_eq!(secret.credentials.password.reveal(), "mysupersecret");
    assert!(!format!("{secret:?}").contains("mysupersecret"));

    for class in ["local-path", "standard"] {
        let workload = found(&format!("wealist-postgres-class-{class}")).workload;
        assert_eq!(workload.claims[0].storage_class.as_deref(), Some(class));
        assert_eq!(workload.namespace, format!("postgresql-class-{class}"));
    }
    assert_eq!(found("wealist-postgres-manual-claim").workload.claims.len(), 1);

    let retention = found("wealist-postgres-retention-delete").workload;
    assert_eq!(retention.retention.when_deleted, RetentionPolicy::Delete);
    assert_eq!(retention.retention.when_scaled, RetentionPolicy::Delete);
    insta::assert_snapshot!(retention.notes.join("\n"), @r"
    no readiness probe: Ready means started
    the manifest asks for the claims to go with the StatefulSet (persistentVolumeClaimRetentionPolicy.whenDeleted: Delete)
    the manifest asks for the claims to go when it is scaled down (persistentVolumeClaimRetentionPolicy.whenScaled: Delete)
    ");

    let twin = found("wealist-postgres-no-volume").workload;
    assert!(twin.claims.is_empty());
    insta::assert_snapshot!(twin.notes.join("\n"), @r"
    the data directory /var/lib/postgresql/data/pgdata is on the emptyDir volume postgres-data, not on a claim: rows do not survive the pod
    no readiness probe: Ready means started
    ");
}

#[test]
fn what_only_a_cluster_can_refuse_is_left_to_it() {
    for name in ["bad/unknown-kind", "bad/image-missing", "bad/class-missing"] {
        assert_eq!(found(name).workload.name, "postgres", "{name}");
    }
}

#[test]
fn a_service_name_that_matches_no_service() {
    insta::assert_snapshot!(shown(&problems("bad/no-service")), @r"
    stateproof::workload::no_service

      × StatefulSet bad-no-service/postgres: its governing Service `postgres-headless` is not in the
      │ set; in namespace bad-no-service it has postgres-service
       ╭─[fixtures/bad/no-service/4-database/postgres-statefulset.yaml:8:16]
     8 │   serviceName: postgres-headless
       ·                ────────┬────────
       ·                        ╰── no Service of this name in the set
       ╰────
      help: add the Service's manifest, in the StatefulSet's namespace, or correct `spec.serviceName`:
            without it the members have no DNS names
    ");
}

#[test]
fn selectors_that_match_no_labels() {
    insta::assert_snapshot!(shown(&problems("bad/selector-mismatch")), @r"
    stateproof::workload::selector_mismatch

      × StatefulSet bad-selector-mismatch/postgres does not select its own pods: it asks for
      │ `app=postgresql`, they have `app=postgres`
        ╭─[fixtures/bad/selector-mismatch/4-database/postgres-statefulset.yaml:10:3]
     10 │   selector:
        ·   ────┬───
        ·       ╰── its pods do not have this
        ╰────
        ╭─[fixtures/bad/selector-mismatch/4-database/postgres-statefulset.yaml:15:7]
     15 │       labels:
        ·       ───┬──
        ·          ╰── its pods' labels
        ╰────
      help: make `spec.selector` match the labels in `spec.template`: the API server refuses the
            StatefulSet as it is

    stateproof::workload::service_selects_nothing

      × Service bad-selector-mismatch/postgres-service does not select the pods of StatefulSet bad-
      │ selector-mismatch/postgres: it asks for `app=postgresql`, they have `app=postgres`
       ╭─[fixtures/bad/selector-mismatch/4-database/postgres-service.yaml:9:3]
     9 │   selector:
       ·   ────┬───
       ·       ╰── no pod of the StatefulSet has this
       ╰────
      help: make the Service's `spec.selector` match the labels in the StatefulSet's `spec.template`:
            its DNS names point to nothing
    ");
}

#[test]
fn a_set_without_a_database() {
    insta::assert_snapshot!(shown(&problems("bad/no-database")), @r"
    stateproof::workload::no_database

      × no database in the set: found Deployment bad-no-database/web (nginx:1.27; no port declared)
        ╭─[fixtures/bad/no-database/web.yaml:23:16]
     23 │         image: nginx:1.27
        ·                ─────┬────
        ·                     ╰── not a database that stateproof speaks
        ╰────
      help: stateproof looks for StatefulSets, and for Deployments and Pods that run a database; add
            its manifest, or say what an image holds with the annotation `stateproof.dev/engine` or in
            stateproof.toml
    ");

    let namespaces = fixture("wealist-postgres/1-namespaces");
    let set = ManifestSet::read(&[namespaces]).unwrap();
    let problems = discover(&set, "default").unwrap_err();
    assert_eq!(
        problems.to_string(),
        "no database in the set: found nothing that runs pods"
    );
}

#[test]
fn a_daemon_set_is_no_known_database_and_is_named() {
    let set = edited("kind: StatefulSet", "kind: DaemonSet");
    let message = discover(&set, "default").unwrap_err().to_string();
    assert!(
        message.ends_with("found DaemonSet postgresql-prod/postgres (postgres:16-alpine; port 5432)"),
        "{message}"
    );
}

#[test]
fn several_problems_are_told_at_once() {
    let text = text_with(&[
        ("serviceName: postgres-service", "replicaCount: 1"),
        (PASSWORD, ""),
        ("    matchLabels:\n      app: postgres\n", "    matchLabels: {}\n"),
        (
            "      name: postgres-data\n    spec",
            "      name: postgres-data\n    spec",
        ),
    ]);
    let set = ManifestSet::from_str("db.yaml", &text).unwrap();
    let problems = discover(&set, "default").unwrap_err();
    assert_eq!(
        ids(&problems),
        ["selector_mismatch", "no_service_name", "no_password"]
    );
    assert_eq!(problems.to_string().lines().count(), 3);
}

#[test]
fn a_field_of_the_wrong_type_is_named_and_marked() {
    let set = edited("replicas: 1", "replicas: three");
    insta::assert_snapshot!(shown(&discover(&set, "default").unwrap_err()), @r"
    stateproof::workload::wrong_shape

      × StatefulSet postgresql-prod/postgres: `spec.replicas` is text, expected i32
        ╭─[db.yaml:23:13]
     23 │   replicas: three
        ·             ──┬──
        ·               ╰── this is text, expected i32
        ╰────
      help: the API server would refuse it: see `kubectl explain`
    ");
    let set = edited(
        "  ports:\n  - port: 5432\n    targetPort: 5432\n",
        "  ports: http\n",
    );
    assert_eq!(ids(&discover(&set, "default").unwrap_err()), ["wrong_shape"]);
}

#[test]
fn members_are_counted_from_zero() {
    let set = edited("  replicas: 1\n", "  replicas: 1\n  ordinals: { start: 5 }\n");
    assert_eq!(ids(&discover(&set, "default").unwrap_err()), ["ordinals_start"]);
}

#[test]
fn a_selector_s_expressions_count() {
    for (expression, fits) in [
        ("{ key: app, operator: In, values: [postgres, mysql] }", true),
        ("{ key: app, operator: NotIn, values: [postgres] }", false),
        ("{ key: app, operator: Exists }", true),
        ("{ key: app, operator: DoesNotExist }", false),
        ("{ key: tier, operator: DoesNotExist }", true),
    ] {
        let selector = format!("    matchExpressions: [ {expression} ]\n");
        let set = edited("    matchLabels:\n      app: postgres\n", &selector);
        assert_eq!(discover(&set, "default").is_ok(), fits, "{expression}");
    }
}

#[test]
fn the_engine_is_known_by_its_image() {
    for (image, directory) in [
        ("postgres:16-alpine", "/var/lib/postgresql/data"),
        (
            "registry.invalid:5000/mirror/postgres:17.2",
            "/var/lib/postgresql/data",
        ),
        ("postgres:18", "/var/lib/postgresql/18/docker"),
        ("postgres@sha256:0123", "/var/lib/postgresql/18/docker"),
    ] {
        let text = text_with(&[
            ("postgres:16-alpine", image),
            (
                "        - name: PGDATA\n          value: \"/var/lib/postgresql/data/pgdata\"\n",
                "",
            ),
        ]);
        let engine = one(&ManifestSet::from_str("db.yaml", &text).unwrap())
            .workload
            .engine;
        assert_eq!(
            (engine.image.as_str(), engine.data_directory.as_str()),
            (image, directory)
        );
        assert_eq!(engine.port, 5432);
    }
    // What is no server at all, and what is one at a port that tells nothing.
    for (image, port) in [
        ("quay.io/prometheuscommunity/postgres-exporter:v0.16.0", 5432),
        ("bitnami/pgbouncer:1.23", 5432),
        ("mypostgres", 7432),
        ("postgres/exporter:16", 9187),
    ] {
        let port = format!("containerPort: {port}");
        let text = text_with(&[("postgres:16-alpine", image), ("containerPort: 5432", &port)]);
        let problems = discover(&ManifestSet::from_str("db.yaml", &text).unwrap(), "default").unwrap_err();
        assert_eq!(ids(&problems), ["unknown_engine"], "{image}");
    }
}

#[test]
fn the_port_is_the_one_that_is_named() {
    let set = edited(
        "        - containerPort: 5432\n",
        "        - containerPort: 9187\n          name: metrics\n        - containerPort: 6543\n",
    );
    assert_eq!(one(&set).workload.engine.port, 6543);
    let set = edited(
        "        ports:\n        - containerPort: 5432\n          name: postgres\n",
        "",
    );
    assert_eq!(one(&set).workload.engine.port, 5432);
}

/// The notes with what is said of the missing probe left out: the document has none either.
fn notes(text: &str) -> Vec<String> {
    let mut notes = one(&ManifestSet::from_str("db.yaml", text).unwrap())
        .workload
        .notes;
    notes.retain(|note| !note.contains("readiness"));
    notes
}

#[test]
fn a_data_directory_that_is_on_no_claim_is_noted() {
    let pgdata = "value: \"/var/lib/postgresql/data/pgdata\"";
    let mount = "mountPath: /var/lib/postgresql/data\n";
    assert_eq!(notes(&text_with(&[])), [""; 0]);
    for (replacements, told) in [
        // The claim is one directory higher than the image's own volume, which therefore covers it.
        (
            vec![(mount, "mountPath: /var/lib/postgresql\n")],
            "the volume that the image declares",
        ),
        (vec![(pgdata, "value: /pgdata")], "is not on a claim"),
        (
            vec![(mount, "mountPath: /var/lib/postgresql/database\n")],
            "the volume that the image declares",
        ),
        // Since version 18 the data is elsewhere: the mount of the document no longer holds it.
        (
            vec![("postgres:16-alpine", "postgres:18"), (pgdata, "value: \"\"")],
            "the volume that the image declares at /var/lib/postgresql,",
        ),
    ] {
        let notes = notes(&text_with(&replacements));
        assert_eq!(notes.len(), 1, "{replacements:?}: {notes:?}");
        assert!(
            notes[0].contains(told) && notes[0].ends_with("rows do not survive the pod"),
            "{notes:?}"
        );
    }
    // These are covered.
    for replacements in [
        vec![
            (pgdata, "value: /var/lib/postgresql/pgdata"),
            (mount, "mountPath: /var/lib/postgresql/\n"),
        ],
        vec![
            ("postgres:16-alpine", "postgres:18"),
            (pgdata, "value: \"\""),
            (mount, "mountPath: /var/lib/postgresql\n"),
        ],
        vec![(pgdata, "value: \"\"")],
    ] {
        assert_eq!(notes(&text_with(&replacements)), [""; 0], "{replacements:?}");
    }
}

#[test]
fn odd_but_runnable_manifests_are_noted() {
    for (from, to, told) in [
        (
            "replicas: 1",
            "replicas: 3",
            "3 separate databases, not a cluster",
        ),
        ("  clusterIP: None", "  type: ClusterIP", "not headless"),
        ("postgres:16-alpine", "postgres:latest", "names no version"),
    ] {
        let notes = notes(&text_with(&[(from, to)]));
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains(told), "{notes:?}");
    }
    let probed = edited(
        "        volumeMounts:",
        "        readinessProbe: { exec: { command: [pg_isready] } }\n        volumeMounts:",
    );
    let workload = one(&probed).workload;
    assert!(workload.has_readiness_probe && workload.notes.is_empty());
}

#[test]
fn objects_without_a_namespace_are_in_the_default_one() {
    let text = text_with(&[]).replace("  namespace: postgresql-prod\n", "");
    let set = ManifestSet::from_str("db.yaml", &text).unwrap();
    let workload = discover(&set, "staging").unwrap().remove(0).workload;
    assert_eq!(workload.id().to_string(), "staging/postgres");

    // The Service of the default namespace does not govern a StatefulSet of another.
    let elsewhere = text.replace(
        "kind: Service\nmetadata:\n",
        "kind: Service\nmetadata:\n  namespace: other\n",
    );
    let set = ManifestSet::from_str("db.yaml", &elsewhere).unwrap();
    assert_eq!(ids(&discover(&set, "staging").unwrap_err()), ["no_service"]);
}
