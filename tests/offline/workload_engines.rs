//! Which engine a workload runs, how to log in to it, and what of the set surrounds it.

use stateproof::manifest::{ManifestSet, Problems};
use stateproof::workload::{
    Discovered, DisruptionBudget, EngineKind, LEDGER_DATABASE, ServiceRef, UpdateStrategy, discover,
};

use crate::fixtures::fixture;
use crate::refusals::shown;
use crate::workload::{edited, ids, text_with};

fn found(name: &str) -> Discovered {
    let set = ManifestSet::read(&[fixture(name)]).unwrap();
    let mut found = discover(&set, "default").unwrap();
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}

fn every(text: &str) -> Result<Vec<Discovered>, Problems> {
    discover(&ManifestSet::from_str("set.yaml", text).unwrap(), "default")
}

fn one(text: &str) -> Discovered {
    every(text).unwrap().remove(0)
}

/// A StatefulSet `db` with a claim, its headless Service, this image and this environment.
fn set(image: &str, environment: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{ name: db }}
spec: {{ clusterIP: None, selector: {{ app: db }}, ports: [{{ port: 1 }}] }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: db }}
spec:
  serviceName: db
  replicas: 3
  selector: {{ matchLabels: {{ app: db }} }}
  template:
    metadata: {{ labels: {{ app: db, tier: back }} }}
    spec:
      containers:
      - name: db
        image: {image}
        ports: [{{ name: client, containerPort: 3306 }}]
        env: [{environment}]
        volumeMounts: [{{ name: data, mountPath: /var/lib/mysql }}]
  volumeClaimTemplates:
  - metadata: {{ name: data }}
    spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Gi }} }} }}
"
    )
}

const ROOT: &str = "{ name: MYSQL_ROOT_PASSWORD, value: root }";

fn mysql(environment: &str) -> String {
    set("mysql:8.0", environment)
}

fn service(name: &str, port: u16, headless: bool) -> ServiceRef {
    ServiceRef {
        name: name.to_owned(),
        dns: format!("{name}.default.svc.cluster.local"),
        headless,
        port,
        pod: None,
        publishes_not_ready: false,
    }
}

#[test]
fn the_documents_mysql_is_understood() {
    let Discovered {
        workload,
        credentials,
    } = found("db/mysql");
    assert_eq!(workload.engine.kind, EngineKind::MySql);
    assert_eq!(
        (workload.engine.port, &*workload.engine.data_directory),
        (3306, "/var/lib/mysql")
    );
    assert_eq!((&*credentials.user, &*credentials.database), ("appuser", "mydb"));
    assert_eq!(credentials.password.reveal(), "changeme-app");
    assert_eq!(
        workload.services,
        [
            service("mysql-headless", 3306, true),
            service("mysql", 3306, false)
        ]
    );
    assert!(workload.notes.is_empty(), "{:?}", workload.notes);

    let Discovered {
        workload,
        credentials,
    } = found("minikube-mysql");
    assert_eq!(
        (&*credentials.user, &*credentials.database),
        ("root", LEDGER_DATABASE)
    );
    assert_eq!(credentials.password.reveal(), "password");
    assert_eq!(workload.replicas, 3);
    assert!(
        workload.notes[1].contains("3 separate databases"),
        "{:?}",
        workload.notes
    );
}

#[test]
fn the_documents_postgresql_15_is_understood() {
    let Discovered {
        workload,
        credentials,
    } = found("db/postgres");
    assert_eq!((&*credentials.user, &*credentials.database), ("appuser", "mydb"));
    assert_eq!(workload.engine.version_asked(), Some("15"));
    assert_eq!(
        workload.services,
        [service("pg-headless", 5432, true), service("pg", 5432, false)]
    );
}

#[test]
fn the_documents_nginx_is_understood() {
    let Discovered {
        workload,
        credentials,
    } = found("sfs-nginx/volume");
    assert_eq!(workload.engine.kind, EngineKind::Http);
    assert_eq!(
        (workload.engine.port, &*workload.engine.data_directory),
        (80, "/mount01")
    );
    assert_eq!(workload.engine.version_asked(), None);
    assert_eq!(credentials.user, "");
    assert_eq!(workload.services, [service("sfs-service01", 80, true)]);
    assert!(workload.keeps_rows());

    // The same without a claim keeps nothing.
    let workload = found("sfs-nginx/web").workload;
    assert_eq!(workload.engine.data_directory, "");
    assert!(!workload.keeps_rows());
    assert_eq!(
        workload.notes,
        [
            "no claim is mounted in container nginx: nothing is written and read back",
            "no readiness probe: Ready means started"
        ]
    );
}

#[test]
fn mysql_is_logged_in_to_as_the_image_sets_it_up() {
    let user = "{ name: MYSQL_USER, value: app }, { name: MYSQL_PASSWORD, value: secret }";
    let database = "{ name: MYSQL_DATABASE, value: orders }";
    for (environment, user, password, database) in [
        (format!("{ROOT}, {user}, {database}"), "app", "secret", "orders"),
        (format!("{ROOT}, {database}"), "root", "root", "orders"),
        (ROOT.to_owned(), "root", "root", LEDGER_DATABASE),
        // A user without a database may do nothing; one without a password is not made.
        (format!("{ROOT}, {user}"), "root", "root", LEDGER_DATABASE),
        (
            format!("{ROOT}, {{ name: MYSQL_USER, value: app }}, {database}"),
            "root",
            "root",
            "orders",
        ),
        (
            "{ name: MYSQL_ALLOW_EMPTY_PASSWORD, value: 'yes' }".to_owned(),
            "root",
            "",
            LEDGER_DATABASE,
        ),
        (
            format!("{{ name: MYSQL_RANDOM_ROOT_PASSWORD, value: '1' }}, {user}, {database}"),
            "app",
            "secret",
            "orders",
        ),
    ] {
        let credentials = one(&mysql(&environment)).credentials;
        let found = (
            &*credentials.user,
            credentials.password.reveal(),
            &*credentials.database,
        );
        assert_eq!(found, (user, password, database), "{environment}");
    }
    for (environment, id) in [
        ("", "no_password"),
        ("{ name: MYSQL_ROOT_PASSWORD, value: '' }", "no_password"),
        (
            "{ name: MYSQL_RANDOM_ROOT_PASSWORD, value: '1' }",
            "unknown_setting",
        ),
        (
            "{ name: MYSQL_ROOT_PASSWORD_FILE, value: /run/secret }",
            "unknown_setting",
        ),
        (
            "{ name: MYSQL_ROOT_PASSWORD, valueFrom: { fieldRef: { fieldPath: metadata.uid } } }",
            "unknown_setting",
        ),
        // What is not in the set is told once, and not that a password is missing as well.
        (
            "{ name: MYSQL_ROOT_PASSWORD, valueFrom: { secretKeyRef: { name: gone, key: root } } }",
            "reference_missing",
        ),
    ] {
        assert_eq!(
            ids(&every(&mysql(environment)).unwrap_err()),
            [id],
            "{environment}"
        );
    }
}

#[test]
fn a_mysql_secret_without_the_key_is_named() {
    let reference = "{ name: MYSQL_ROOT_PASSWORD, valueFrom: { secretKeyRef: { name: keys, key: root } } }";
    let secret =
        "---\napiVersion: v1\nkind: Secret\nmetadata: { name: keys }\nstringData: { toor: planted }\n";
    let problems = every(&(mysql(reference) + secret)).unwrap_err();
    insta::assert_snapshot!(shown(&problems), @r"
    stateproof::workload::key_missing

      × StatefulSet db needs the key `root` of the Secret `keys`, which has `toor`
        ╭─[set.yaml:20:90]
     20 │         env: [{ name: MYSQL_ROOT_PASSWORD, valueFrom: { secretKeyRef: { name: keys, key: root } } }]
        ·                                                                                          ──┬─
        ·                                                                                            ╰── the Secret has no such key
        ╰────
      help: add the key, or correct its name: without it the pods do not start
    ");
    assert!(!format!("{problems:?}").contains("planted"));
}

#[test]
fn passwords_of_every_kind_come_through_the_manifests() {
    let long = "0123456789 \"'\\%@`$"
        .chars()
        .cycle()
        .take(200)
        .collect::<String>();
    for password in ["'", "\"", "\\", "%", "@", "a: b # c", "päßwörd-密码-🔑", &long] {
        let json = serde_json::to_string(password).unwrap();
        let reference =
            "{ name: MYSQL_ROOT_PASSWORD, valueFrom: { secretKeyRef: { name: keys, key: root } } }";
        let secret = format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{ name: keys }}\nstringData: {{ root: {json} }}\n"
        );
        let found = one(&(mysql(reference) + &secret));
        assert_eq!(found.credentials.password.reveal(), password);
        if password.len() > 1 {
            assert!(!format!("{found:?}").contains(password), "{found:?}");
        }
    }
}

#[test]
fn the_servers_own_arguments_count() {
    let asked = mysql(ROOT).replace(
        "        env:",
        "        args: [--datadir=/var/lib/mysql/data, --port, '3307']\n        env:",
    );
    let engine = one(&asked).workload.engine;
    assert_eq!(
        (engine.port, &*engine.data_directory),
        (3307, "/var/lib/mysql/data")
    );
}

#[test]
fn an_engine_that_cannot_be_told_is_asked_for() {
    let text = set("registry.invalid/our/database:7", "");
    insta::assert_snapshot!(shown(&every(&text).unwrap_err()), @r"
    stateproof::workload::unknown_engine

      × StatefulSet db: which engine it runs cannot be told: registry.invalid/our/database:7; port
      │ 3306
        ╭─[set.yaml:18:16]
     18 │         image: registry.invalid/our/database:7
        ·                ───────────────┬───────────────
        ·                               ╰── no engine is known by this name
        ╰────
      help: say it with the annotation `stateproof.dev/engine`, or as `engine` in stateproof.toml:
            `postgresql`, `mysql`, `mongodb`, `http`, `other` for one that stateproof does not speak,
            or `none` to leave the StatefulSet alone
    ");

    // The same beside a database that is known: it would pass without having been verified.
    let both = format!("{}---\n{}", text_with(&[]), text);
    assert_eq!(ids(&every(&both).unwrap_err()), ["unknown_engine"]);

    // It keeps nothing: it is passed over, as long as there is something to verify.
    let (stateless, _) = text.split_once("  volumeClaimTemplates").unwrap();
    let stateless = stateless.replace(
        "volumeMounts: [{ name: data, mountPath: /var/lib/mysql }]",
        "tty: false",
    );
    let found = every(&format!("{}---\n{stateless}", text_with(&[]))).unwrap();
    assert_eq!(found.len(), 1);
    let alone = every(&stateless).unwrap_err();
    assert_eq!(
        alone.to_string(),
        "set.yaml:18:16: no database in the set: found StatefulSet db (registry.invalid/our/database:7; port 3306)"
    );
}

#[test]
fn an_annotation_or_a_label_says_what_an_image_holds() {
    let text = set("registry.invalid/our/database:7", ROOT);
    let marked = |place: &str, mark: &str| {
        match place {
        "annotation" => text.replace(
            "kind: StatefulSet\nmetadata: { name: db }",
            &format!("kind: StatefulSet\nmetadata: {{ name: db, annotations: {{ stateproof.dev/engine: {mark} }} }}"),
        ),
        "label" => text.replace(
            "kind: StatefulSet\nmetadata: { name: db }",
            &format!("kind: StatefulSet\nmetadata: {{ name: db, labels: {{ stateproof.dev/engine: {mark} }} }}"),
        ),
        "template annotation" => text.replace(
            "tier: back }",
            &format!("tier: back }}, annotations: {{ stateproof.dev/engine: {mark} }}"),
        ),
        _ => text.replace("tier: back", &format!("tier: back, stateproof.dev/engine: {mark}")),
    }
    };
    for place in ["annotation", "label", "template annotation", "template label"] {
        let workload = one(&marked(place, "mysql")).workload;
        assert_eq!(workload.engine.kind, EngineKind::MySql, "{place}");
        assert_eq!(workload.engine.container, "db");
        // Its tag is a version of its own.
        assert_eq!(workload.engine.version_asked(), None);
        assert_eq!(
            one(&marked(place, "http")).workload.engine.kind,
            EngineKind::Http,
            "{place}"
        );
    }
    insta::assert_snapshot!(shown(&every(&marked("annotation", "mariadb")).unwrap_err()), @r"
    stateproof::workload::unknown_mark

      × StatefulSet db: `stateproof.dev/engine` is `mariadb`
       ╭─[set.yaml:8:61]
     8 │ metadata: { name: db, annotations: { stateproof.dev/engine: mariadb } }
       ·                                                             ───┬───
       ·                                                                ╰── no engine of this name
       ╰────
      help: write `postgresql`, `mysql`, `mongodb`, `http`, `other` for one that stateproof does not
            speak, or `none` to leave the workload alone
    ");

    let beside = format!("{}---\n{}", text_with(&[]), marked("label", "none"));
    let found = every(&beside).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].workload.name, "postgres");
}

#[test]
fn a_database_comes_before_the_web_server_in_front_of_it() {
    let set = edited(
        "      containers:\n",
        "      containers:\n      - { name: proxy, image: \"nginx:1.27\" }\n",
    );
    let workload = discover(&set, "default").unwrap().remove(0).workload;
    assert_eq!(workload.engine.kind, EngineKind::PostgreSql);
    assert_eq!(workload.engine.container, "postgres");
}

#[test]
fn the_services_that_lead_to_the_engine_are_found() {
    let services = "
---
apiVersion: v1
kind: Service
metadata: { name: named-port }
spec: { selector: { tier: back }, ports: [{ port: 9104, targetPort: metrics }, { port: 33, targetPort: client }] }
---
apiVersion: v1
kind: Service
metadata: { name: primary }
spec:
  selector: { app: db, statefulset.kubernetes.io/pod-name: db-0 }
  publishNotReadyAddresses: true
  ports: [{ port: 3306 }]
---
apiVersion: v1
kind: Service
metadata: { name: second }
spec: { selector: { apps.kubernetes.io/pod-index: '1' }, ports: [{ port: 80, targetPort: 3306 }] }
---
apiVersion: v1
kind: Service
metadata: { name: metrics }
spec: { selector: { app: db }, ports: [{ port: 9104 }] }
---
apiVersion: v1
kind: Service
metadata: { name: of-another-set }
spec: { selector: { statefulset.kubernetes.io/pod-name: dba-0 }, ports: [{ port: 3306 }] }
---
apiVersion: v1
kind: Service
metadata: { name: others }
spec: { selector: { app: web }, ports: [{ port: 3306 }] }
---
apiVersion: v1
kind: Service
metadata: { name: elsewhere, namespace: other }
spec: { selector: { app: db }, ports: [{ port: 3306 }] }
---
apiVersion: v1
kind: Service
metadata: { name: outside }
spec: { type: ExternalName, externalName: db.example }
";
    let workload = one(&(mysql(ROOT) + services)).workload;
    assert_eq!(
        workload.services,
        [
            service("db", 3306, true),
            service("named-port", 33, false),
            ServiceRef {
                pod: Some("db-0".to_owned()),
                publishes_not_ready: true,
                ..service("primary", 3306, false)
            },
            ServiceRef {
                pod: Some("db-1".to_owned()),
                ..service("second", 80, false)
            },
        ]
    );
}

#[test]
fn budgets_and_the_update_strategy_are_found() {
    let budget = |name: &str, spec: &str| {
        format!(
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{ name: {name} }}\nspec: {spec}\n"
        )
    };
    let text = [
        mysql(ROOT),
        budget(
            "one",
            "{ minAvailable: 1, selector: { matchLabels: { app: db } } }",
        ),
        budget(
            "share",
            "{ maxUnavailable: 50%, selector: { matchLabels: { tier: back } } }",
        ),
        budget("every-pod", "{ maxUnavailable: 1, selector: {} }"),
        budget("none", "{ maxUnavailable: 1 }"),
        budget(
            "others",
            "{ maxUnavailable: 1, selector: { matchLabels: { app: web } } }",
        ),
    ]
    .concat();
    let budget = |name: &str, allowed| DisruptionBudget {
        name: name.to_owned(),
        allowed,
    };
    let workload = one(&text).workload;
    assert_eq!(
        workload.budgets,
        [budget("one", 2), budget("share", 2), budget("every-pod", 1)]
    );
    assert_eq!(workload.update, UpdateStrategy::RollingUpdate);
    let on_delete = text.replace(
        "  replicas: 3",
        "  replicas: 3\n  updateStrategy: { type: OnDelete }",
    );
    assert_eq!(one(&on_delete).workload.update, UpdateStrategy::OnDelete);
}
