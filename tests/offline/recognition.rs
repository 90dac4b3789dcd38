//! What a stranger's manifests run, how that is told, and how to log in to it.

use stateproof::manifest::{ManifestSet, Problems, Secrets};
use stateproof::plan::{Drill, Plan, Promise, Selection, Step};
use stateproof::workload::{
    Declaration, Declarations, Discovered, EngineKind, LeftAlone, Password, Replication, Survey, WorkloadId,
    discover, survey,
};

use crate::refusals::shown;
use crate::workload::ids;

fn looked_at(text: &str) -> Result<Survey, Problems> {
    let set = ManifestSet::from_str("set.yaml", text).unwrap();
    survey(&set, "default", &Declarations::new())
}

fn one(text: &str) -> Discovered {
    let mut found = looked_at(text).unwrap().found;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// A StatefulSet `db` with a claim `data` and its headless Service. `containers` are the lines of the list.
fn stateful(containers: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{ name: db }}
spec: {{ clusterIP: None, selector: {{ app: db }} }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: db }}
spec:
  serviceName: db
  replicas: 3
  selector: {{ matchLabels: {{ app: db }} }}
  template:
    metadata: {{ labels: {{ app: db }} }}
    spec:
      containers:
{containers}
  volumeClaimTemplates:
  - metadata: {{ name: data }}
    spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Gi }} }} }}
"
    )
}

/// One container with this image and these further fields.
fn container(image: &str, fields: &str) -> String {
    stateful(&format!("      - {{ name: db, image: {image}, {fields} }}"))
}

const MOUNT: &str = "volumeMounts: [{ name: data, mountPath: /data }]";

#[test]
fn the_same_engine_by_another_vendor_is_known_and_said() {
    for (image, environment, kind, product, directory) in [
        (
            "docker.io/bitnamilegacy/postgresql:16.4.0@sha256:0123",
            "POSTGRESQL_PASSWORD",
            EngineKind::PostgreSql,
            "Bitnami's PostgreSQL",
            "/bitnami/postgresql/data",
        ),
        (
            "timescale/timescaledb:2.17.2-pg16",
            "POSTGRES_PASSWORD",
            EngineKind::PostgreSql,
            "TimescaleDB",
            "/var/lib/postgresql/data",
        ),
        (
            "percona/percona-server:8.0.36",
            "MYSQL_ROOT_PASSWORD",
            EngineKind::MySql,
            "Percona Server for MySQL",
            "/var/lib/mysql",
        ),
        (
            "mariadb:11.4",
            "MARIADB_ROOT_PASSWORD",
            EngineKind::MySql,
            "MariaDB",
            "/var/lib/mysql",
        ),
        (
            "mariadb:10.6",
            "MYSQL_ROOT_PASSWORD",
            EngineKind::MySql,
            "MariaDB",
            "/var/lib/mysql",
        ),
        (
            "bitnami/mongodb:7.0",
            "MONGODB_ROOT_PASSWORD",
            EngineKind::MongoDb,
            "Bitnami's MongoDB",
            "/bitnami/mongodb/data/db",
        ),
        (
            "percona/percona-server-mongodb:7.0",
            "MONGO_INITDB_ROOT_PASSWORD",
            EngineKind::MongoDb,
            "Percona Server for MongoDB",
            "/data/db",
        ),
    ] {
        let env = format!(
            "env: [{{ name: MONGO_INITDB_ROOT_USERNAME, value: root }}, {{ name: {environment}, value: planted }}]"
        );
        let found = one(&container(image, &env));
        let engine = &found.workload.engine;
        assert_eq!(
            (engine.kind, &*engine.product, &*engine.data_directory),
            (kind, product, directory),
            "{image}"
        );
        assert_eq!(engine.recognised_by, format!("its image {image}"));
        assert_eq!(found.credentials.password.reveal(), "planted", "{image}");
        assert!(
            !found.workload.login.contains("planted"),
            "{}",
            found.workload.login
        );
        // A vendor's tag is a version of its own.
        assert_eq!(engine.version_asked(), None, "{image}");
    }
}

#[test]
fn an_image_that_tells_nothing_is_told_by_its_command_or_by_port_and_environment() {
    let by = |text: &str| {
        let engine = one(text).workload.engine;
        (engine.kind, engine.recognised_by)
    };
    let image = "registry.example/team/db:7";
    assert_eq!(
        by(&container(
            image,
            "command: [sh, -c, 'exec mongod --bind_ip_all']"
        )),
        (EngineKind::MongoDb, "its command mongod".to_owned())
    );
    let root = "env: [{ name: MYSQL_ROOT_PASSWORD, value: root }]";
    assert_eq!(
        by(&container(
            image,
            &format!("ports: [{{ containerPort: 3306 }}], {root}")
        )),
        (
            EngineKind::MySql,
            format!("its port 3306 and its variable MYSQL_ROOT_PASSWORD, as its image {image} tells nothing")
        )
    );
    assert_eq!(
        by(&container(
            image,
            "command: [/opt/redis/bin/redis-server, /conf/redis.conf]"
        ))
        .0,
        EngineKind::Other
    );
    // The variable alone may be a client's, the port alone anybody's.
    for fields in [root, "ports: [{ containerPort: 3306 }]"] {
        let problems = looked_at(&container(image, &format!("{fields}, {MOUNT}"))).unwrap_err();
        assert_eq!(ids(&problems), ["unknown_engine"], "{fields}");
    }
}

#[test]
fn what_stands_beside_the_server_is_not_mistaken_for_it() {
    let exporter = "{ name: metrics, image: 'quay.io/prometheuscommunity/postgres-exporter:v0.15.0', ports: [{ \
                    containerPort: 5432 }], env: [{ name: POSTGRES_PASSWORD, value: x }] }";
    let backup = "{ name: backup, image: 'postgres:16', command: [sh, -c, 'while true; do pg_dump -h localhost app > \
                  /b; sleep 3600; done'] }";
    let proxy = "{ name: pool, image: 'bitnami/pgbouncer:1', ports: [{ containerPort: 5432 }], env: [{ name: \
                 POSTGRESQL_PASSWORD, value: x }] }";
    let cache = "{ name: cache, image: 'redis:7' }";
    let web = "{ name: web, image: 'nginx:1.27' }";
    let server = "{ name: server, image: 'postgres:16', env: [{ name: POSTGRES_PASSWORD, value: x }], volumeMounts: \
                  [{ name: data, mountPath: /var/lib/postgresql/data }] }";
    let list = |containers: &[&str]| {
        let lines: Vec<_> = containers.iter().map(|one| format!("      - {one}")).collect();
        stateful(&lines.join("\n"))
    };
    for beside in [exporter, backup, proxy, cache, web] {
        for order in [[beside, server], [server, beside]] {
            let engine = one(&list(&order)).workload.engine;
            assert_eq!(engine.container, "server", "{order:?}");
        }
    }
    // A native sidecar is an init container; its environment must be there all the same.
    let sidecar = "      initContainers:
      - { name: metrics, image: 'postgres:16', restartPolicy: Always, envFrom: [{ secretRef: { name: gone } }] }\n";
    let text = list(&[server]);
    let with_sidecar = text.replace("      containers:\n", &format!("{sidecar}      containers:\n"));
    assert_eq!(ids(&looked_at(&with_sidecar).unwrap_err()), ["reference_missing"]);
    let optional = with_sidecar.replace("name: gone", "name: gone, optional: true");
    assert_eq!(one(&optional).workload.engine.container, "server");
}

#[test]
fn an_engine_that_is_not_spoken_is_named_and_proven_as_far_as_it_goes() {
    let found = one(&container("redis:7.2-alpine", MOUNT));
    let engine = &found.workload.engine;
    assert_eq!((engine.kind, &*engine.product), (EngineKind::Other, "Redis"));
    let notes = &found.workload.notes;
    assert!(
        notes[0].starts_with("stateproof does not speak Redis: nothing is written"),
        "{notes:?}"
    );
    let plan = Plan::new(found.workload, &Selection::default());
    let drills: Vec<Drill> = plan.drills.iter().map(|planned| planned.drill).collect();
    assert_eq!(
        drills,
        [
            Drill::Crash,
            Drill::LosePod,
            Drill::ForceDelete,
            Drill::LoseAllPods,
            Drill::Order,
            Drill::Scale,
            Drill::DeleteStatefulset,
            Drill::DeleteClaim,
        ]
    );
    let mut promised = Vec::new();
    for planned in &plan.drills {
        for step in &planned.steps {
            assert!(
                !matches!(
                    step,
                    Step::Write { .. }
                        | Step::Read
                        | Step::Get
                        | Step::StartWriter
                        | Step::AwaitRows { .. }
                        | Step::StopWriter { .. }
                ),
                "{}: {step}",
                planned.drill
            );
        }
        promised.extend(planned.expectations.iter().map(|expectation| expectation.promise));
    }
    for promise in [
        Promise::Identity,
        Promise::Order,
        Promise::Address,
        Promise::Retention,
    ] {
        assert!(promised.contains(&promise), "{promise}");
    }
    assert!(!promised.contains(&Promise::Durability));
    // The reason is said where there is one.
    let cockroach = one(&container("cockroachdb/cockroach:v24.1.0", MOUNT)).workload;
    assert!(
        cockroach.notes[0].contains("it speaks PostgreSQL's protocol, but"),
        "{:?}",
        cockroach.notes
    );
}

#[test]
fn credentials_come_from_mounted_files() {
    let secret = "---
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData: { password: \"planted\\n\", user: ledger }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: names }
data: { db: books }
";
    let fields = |mounts: &str| {
        format!(
            "env: [{{ name: POSTGRES_PASSWORD_FILE, value: /run/login/pw }}, {{ name: POSTGRES_USER_FILE, value: \
             /run/login/who }}, {{ name: POSTGRES_DB_FILE, value: /run/login/db }}], volumeMounts: [{mounts}]"
        )
    };
    let volumes = "      volumes:
      - name: login
        projected:
          sources:
          - secret: { name: login, items: [{ key: password, path: pw }, { key: user, path: who }] }
          - configMap: { name: names }
      - { name: whole, secret: { secretName: login } }
      - { name: names, configMap: { name: names } }
";
    let with_volumes = |mounts: &str| {
        let text = container("'postgres:16'", &fields(mounts))
            .replace("      containers:\n", &format!("{volumes}      containers:\n"));
        text + secret
    };
    for mounts in [
        "{ name: login, mountPath: /run/login/ }",
        "{ name: whole, mountPath: /run/login/pw, subPath: password }, { name: whole, mountPath: /run/login/who, \
         subPath: user }, { name: names, mountPath: /run/login/db, subPath: db }",
    ] {
        let found = one(&with_volumes(mounts));
        let credentials = &found.credentials;
        assert_eq!(
            (
                &*credentials.user,
                credentials.password.reveal(),
                &*credentials.database
            ),
            ("ledger", "planted", "books"),
            "{mounts}"
        );
        let login = &found.workload.login;
        assert_eq!(
            *login,
            "user from the Secret login, key user, as the file /run/login/who (POSTGRES_USER_FILE), password from the \
             Secret login, key password, as the file /run/login/pw (POSTGRES_PASSWORD_FILE), database books (the \
             ConfigMap names, key db, as the file /run/login/db (POSTGRES_DB_FILE))"
        );
    }
    let problems = looked_at(&with_volumes("{ name: login, mountPath: /elsewhere }")).unwrap_err();
    assert_eq!(ids(&problems), ["unknown_setting"; 3]);
    assert!(problems.to_string().contains("/run/login/pw"), "{problems}");
    // A Secret that a projected volume needs has to be there.
    let gone = with_volumes("{ name: login, mountPath: /run/login }")
        .replace("- secret: { name: login,", "- secret: { name: gone,");
    assert!(ids(&looked_at(&gone).unwrap_err()).contains(&"reference_missing".to_owned()));
}

#[test]
fn a_configuration_in_a_config_map_is_read() {
    let config = "---
apiVersion: v1
kind: ConfigMap
metadata: { name: conf }
data:
  mongod.conf: |
    net: { port: 27018 }
    storage: { dbPath: /data/files }
    replication: { replSetName: rs7 }
";
    let fields = "args: [--config, /etc/mongo/mongod.conf], volumeMounts: [{ name: conf, mountPath: /etc/mongo }, { \
                  name: data, mountPath: /data/files }]";
    let volumes = "      volumes: [{ name: conf, configMap: { name: conf } }]\n      containers:\n";
    let text = container("'mongo:7.0'", fields).replace("      containers:\n", volumes);
    let workload = one(&(text.clone() + config)).workload;
    assert_eq!(
        (workload.engine.port, &*workload.engine.data_directory),
        (27018, "/data/files")
    );
    assert_eq!(
        workload.replication,
        Some(Replication::ReplicaSet {
            name: "rs7".to_owned()
        })
    );
    // The command line comes first; what is not in the set is said not to be known.
    let both = text.replace("args: [", "args: [--port, '27019', ") + config;
    assert_eq!(one(&both).workload.engine.port, 27019);
    let elsewhere = text.replace("/etc/mongo/mongod.conf", "/etc/mongod.conf") + config;
    let notes = one(&elsewhere).workload.notes;
    assert!(
        notes
            .iter()
            .any(|note| note.contains("/etc/mongod.conf, which is in no ConfigMap")),
        "{notes:?}"
    );
}

#[test]
fn what_holds_a_secret_s_value_is_as_secret() {
    let env = "env: [{ name: HIDDEN, valueFrom: { secretKeyRef: { name: login, key: user } } }, { name: POSTGRES_USER, \
               value: $(HIDDEN)-app }, { name: POSTGRES_PASSWORD, value: x }]";
    let secret =
        "---\napiVersion: v1\nkind: Secret\nmetadata: { name: login }\nstringData: { user: planted }\n";
    let found = one(&(container("'postgres:16'", env) + secret));
    assert_eq!(found.credentials.user, "planted-app");
    assert!(
        !found.workload.login.contains("planted"),
        "{}",
        found.workload.login
    );
}

#[test]
fn a_missing_secret_is_asked_for_with_a_way_to_say_it() {
    let env =
        "env: [{ name: POSTGRES_PASSWORD, valueFrom: { secretKeyRef: { name: db-login, key: password } } }]";
    let text = container("'postgres:16'", env);
    insta::assert_snapshot!(shown(&looked_at(&text).unwrap_err()), @r"
    stateproof::workload::reference_missing

      × StatefulSet db needs the Secret `db-login`, which is not in the set
        ╭─[set.yaml:17:111]
     17 │       - { name: db, image: 'postgres:16', env: [{ name: POSTGRES_PASSWORD, valueFrom: { secretKeyRef: { name: db-login, key: password } } }] }
        ·                                                                                                               ────┬───
        ·                                                                                                                   ╰── no Secret of this name in the set
        ╰────
      help: add its manifest to the set: without it the pods do not start. For one run: `kubectl
            create secret generic db-login --from-literal=password=… --dry-run=client -o yaml |
            stateproof verify PATH -`
    ");
    let external = "---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: db }
spec: { target: { name: db-login } }
";
    let problems = looked_at(&(text + external)).unwrap_err();
    assert!(
        problems
            .to_string()
            .contains("not in the set: ExternalSecret db (external-secrets.io/v1) has its operator make it"),
        "{problems}"
    );
}

const CLUSTER: &str = "apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: pg, namespace: app }
spec: { instances: 3, storage: { size: 1Gi } }
";

#[test]
fn an_operator_s_custom_resource_is_named_and_not_guessed_at() {
    insta::assert_snapshot!(shown(&looked_at(CLUSTER).unwrap_err()), @r"
    stateproof::workload::out_of_reach

      × no database in reach: what postgresql.cnpg.io/v1 Cluster app/pg comes to, an operator decides
       ╭─[set.yaml:2:7]
     2 │ kind: Cluster
       ·       ───┬───
       ·          ╰── a custom resource of an operator
       ╰────
      help: stateproof verifies the StatefulSets and Deployments of the manifests; what an operator
            makes of a custom resource is not in them
    ");
    let root = "env: [{ name: MYSQL_ROOT_PASSWORD, value: x }]";
    let beside = looked_at(&format!("{CLUSTER}---\n{}", container("'mysql:8.0'", root))).unwrap();
    assert_eq!(beside.found.len(), 1);
    let told: Vec<String> = beside.left_alone.iter().map(LeftAlone::to_string).collect();
    assert_eq!(
        told,
        [
            "postgresql.cnpg.io/v1 Cluster app/pg (declared at set.yaml:1): out of reach: CloudNativePG makes the pods \
          of this custom resource, and how is not in the set; run stateproof on the StatefulSets that it makes, if it \
          makes any"
        ]
    );
    // Of an operator that nobody has heard of, the kind tells; Kubernetes' own kinds and a certificate are none.
    for (resource, out_of_reach) in [
        ("apiVersion: db.example.com/v1\nkind: MySQLCluster", 1),
        ("apiVersion: cert-manager.io/v1\nkind: Certificate", 0),
        ("apiVersion: networking.k8s.io/v1\nkind: Ingress", 0),
        // What looks like Kubernetes' own is told once; what has no pods is not told.
        (
            "apiVersion: apps.kruise.io/v1beta1\nkind: StatefulSet\nspec: { template: { spec: { containers: [] } } }",
            1,
        ),
        ("apiVersion: kafka.strimzi.io/v1beta2\nkind: Kafka", 1),
        ("apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaTopic", 0),
        ("apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaUser", 0),
        ("apiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup", 0),
        ("apiVersion: rabbitmq.com/v1beta1\nkind: Queue", 0),
    ] {
        let text = format!(
            "{resource}\nmetadata: {{ name: x }}\n---\n{}",
            container("'mysql:8.0'", root)
        );
        assert_eq!(
            looked_at(&text).unwrap().left_alone.len(),
            out_of_reach,
            "{resource}"
        );
    }
}

#[test]
fn whatever_runs_pods_and_is_not_verified_is_said_with_the_reason() {
    let others = "---
apiVersion: apps/v1
kind: Deployment
metadata: { name: psql }
spec: { template: { spec: { containers: [{ name: psql, image: 'postgres:16', command: [sleep, infinity] }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cache }
spec: { template: { spec: { containers: [{ name: cache, image: 'redis:7' }] } } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: backup }
spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: b, image: 'postgres:16' }] } } } } }
";
    let deployments = others.replace(
        "spec: { template: { spec",
        "spec: { selector: {}, template: { spec",
    );
    let root = "env: [{ name: MYSQL_ROOT_PASSWORD, value: x }]";
    let survey = looked_at(&(container("'mysql:8.0'", root) + &deployments)).unwrap();
    assert_eq!(survey.found.len(), 1);
    let told: Vec<String> = survey
        .left_alone
        .iter()
        .map(|left| format!("{}: {}", left.object, left.reason))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    Deployment psql: no database is recognised in it
    Deployment cache: Redis in a Deployment, which stateproof does not speak: a Deployment promises no names, no order and no claims of each pod's own that could be proven instead
    CronJob backup: a CronJob: nothing that keeps a database
    ");
}

#[test]
fn what_is_declared_beside_the_manifests_completes_them() {
    let id = |namespace: &str| WorkloadId {
        namespace: namespace.to_owned(),
        name: "db".to_owned(),
    };
    let declaration = Declaration {
        by: "stateproof.toml".to_owned(),
        engine: Some("postgresql".to_owned()),
        port: Some(6000),
        user: Some("ledger".to_owned()),
        password: Some(Password::new("planted")),
        database: Some("books".to_owned()),
        data_directory: Some("/data/pg".to_owned()),
        ..Declaration::default()
    };
    let text = container("registry.example/our/db:1", MOUNT);
    let set = ManifestSet::from_str("set.yaml", &text).unwrap();
    let look = |namespace: &str, id: WorkloadId| {
        survey(&set, namespace, &Declarations::from([(id, declaration.clone())])).map(|survey| survey.found)
    };
    // Where the manifests name no namespace, the run's own stands for `default`.
    for (namespace, named) in [
        ("default", "default"),
        ("stateproof-1", "default"),
        ("staging", "staging"),
    ] {
        let found = look(namespace, id(named)).unwrap().remove(0);
        let engine = &found.workload.engine;
        assert_eq!(
            (
                engine.kind,
                engine.port,
                &*engine.data_directory,
                &*engine.recognised_by
            ),
            (EngineKind::PostgreSql, 6000, "/data/pg", "stateproof.toml")
        );
        assert_eq!(
            (&*found.credentials.user, found.credentials.password.reveal()),
            ("ledger", "planted")
        );
        assert_eq!(
            found.workload.login,
            "user from stateproof.toml, password from stateproof.toml, database from stateproof.toml"
        );
    }
    assert_eq!(
        ids(&look("default", id("elsewhere")).unwrap_err()),
        ["unknown_engine"]
    );
    assert_eq!(ids(&discover(&set, "default").unwrap_err()), ["unknown_engine"]);
    assert!(!format!("{declaration:?}").contains("planted"));
    // Nothing of it is among the set's own secrets: whoever masks has to be told.
    assert_eq!(Secrets::of(&set).mask("planted"), "planted");
}

#[test]
fn what_each_vendor_s_image_asks_for_is_enough() {
    for (image, environment, login) in [
        (
            "quay.io/sclorg/mysql-80-c9s",
            "{ name: MYSQL_USER, value: u }, { name: MYSQL_PASSWORD, value: p }, { name: MYSQL_DATABASE, value: d }",
            ("u", "p", "d"),
        ),
        (
            "quay.io/sclorg/mongodb-36-centos7",
            "{ name: MONGODB_ADMIN_PASSWORD, value: p }",
            ("admin", "p", "stateproof"),
        ),
        (
            "bitnami/mongodb:7.0",
            "{ name: MONGODB_ROOT_PASSWORD, value: p }",
            ("root", "p", "stateproof"),
        ),
        (
            "ghcr.io/zalando/spilo-17:4.0-p2",
            "{ name: PGPASSWORD_SUPERUSER, value: p }",
            ("postgres", "p", "postgres"),
        ),
    ] {
        let credentials = one(&container(image, &format!("env: [{environment}]"))).credentials;
        assert_eq!(
            (
                &*credentials.user,
                credentials.password.reveal(),
                &*credentials.database
            ),
            login,
            "{image}"
        );
    }
    // Without a user of its own the image for OpenShift asks for root's password, as the others do.
    let alone = looked_at(&container("quay.io/sclorg/mysql-80-c9s", "env: []")).unwrap_err();
    assert_eq!(ids(&alone), ["no_password"]);
    let spilo = one(&container(
        "ghcr.io/zalando/spilo-17:4.0-p2",
        "env: [{ name: PGPASSWORD_SUPERUSER, value: p }]",
    ));
    assert_eq!(
        spilo.workload.engine.data_directory,
        "/home/postgres/pgdata/pgroot/data"
    );
}
