//! What a `stateproof.toml` says of workloads, beside what their manifests do.

use std::path::PathBuf;

use stateproof::cluster::context::ContextSpec;
use stateproof::config::Config;
use stateproof::manifest::{ImageOverrides, ManifestSet};
use stateproof::run::{Outlook, RunError, Verification};
use stateproof::workload::{Discovered, survey};

/// A StatefulSet `orders` with its headless Service, in this namespace: `namespace: shop`, or nothing.
fn orders(image: &str, environment: &str, namespace: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata: {{ name: orders, {namespace} }}
spec: {{ clusterIP: None, selector: {{ app: orders }} }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: orders, {namespace} }}
spec:
  serviceName: orders
  selector: {{ matchLabels: {{ app: orders }} }}
  template:
    metadata: {{ labels: {{ app: orders }} }}
    spec:
      containers:
      - name: db
        image: '{image}'
        env: [{environment}]
        volumeMounts: [{{ name: data, mountPath: /data }}]
  volumeClaimTemplates:
  - metadata: {{ name: data }}
    spec: {{ accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Gi }} }} }}
"
    )
}

fn config(text: &str) -> Config {
    Config::from_str("stateproof.toml", text).unwrap()
}

/// The one workload of a set, as the settings complete it.
fn with(settings: &str, manifests: &str) -> Discovered {
    let set = ManifestSet::from_str("set.yaml", manifests).unwrap();
    let mut found = survey(&set, "default", config(settings).declarations())
        .unwrap()
        .found;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// What a verification of these manifests would be, once somebody has added to it.
fn outlook(
    manifests: &str,
    settings: &str,
    more: impl FnOnce(Verification) -> Verification,
) -> Result<Outlook, Box<RunError>> {
    let directory = tempfile::tempdir().unwrap();
    let file: PathBuf = directory.path().join("set.yaml");
    std::fs::write(&file, manifests).unwrap();
    more(Verification::of([file]).config(config(settings)))
        .outlook()
        .map_err(Box::new)
}

fn in_shop(verification: Verification) -> Verification {
    verification.context(ContextSpec {
        namespace: Some("shop".to_owned()),
        ..ContextSpec::named("staging")
    })
}

const POSTGRES: &str = "{ name: POSTGRES_PASSWORD, value: x }";
const DECLARED: &str = "[workload.\"default/orders\"]\npassword = \"planted\"\n";

#[test]
fn a_password_alone_completes_the_login_that_the_manifests_tell() {
    for (image, environment, login) in [
        (
            "postgres:16",
            "{ name: POSTGRES_USER, value: ledger }, { name: POSTGRES_DB, value: books }, \
             { name: POSTGRES_PASSWORD_FILE, value: /vault/secrets/pw }",
            ("ledger", "books"),
        ),
        (
            "mysql:8.0",
            "{ name: MYSQL_USER, value: ledger }, { name: MYSQL_PASSWORD_FILE, value: /vault/pw }, \
             { name: MYSQL_DATABASE, value: books }, { name: MYSQL_RANDOM_ROOT_PASSWORD, value: 'yes' }",
            ("ledger", "books"),
        ),
        (
            "mysql:8.0",
            "{ name: MYSQL_ROOT_PASSWORD_FILE, value: /vault/pw }, { name: MYSQL_DATABASE, value: books }",
            ("root", "books"),
        ),
        (
            "mongo:7",
            "{ name: MONGO_INITDB_ROOT_USERNAME, value: ledger }, \
             { name: MONGO_INITDB_ROOT_PASSWORD_FILE, value: /vault/pw }",
            ("ledger", "stateproof"),
        ),
    ] {
        let found = with(DECLARED, &orders(image, environment, ""));
        let credentials = &found.credentials;
        assert_eq!(
            (&*credentials.user, &*credentials.database),
            login,
            "{image} {environment}"
        );
        assert_eq!(credentials.password.reveal(), "planted", "{image} {environment}");
    }
    // Whoever is logged in as, the database has the name of the user that the image makes.
    let user = "{ name: POSTGRES_USER, value: owner }, { name: POSTGRES_PASSWORD, value: x }";
    let settings = format!("{DECLARED}user = \"ledger\"\n");
    let credentials = with(&settings, &orders("postgres:16", user, "")).credentials;
    assert_eq!((&*credentials.user, &*credentials.database), ("ledger", "owner"));
}

#[test]
fn a_user_that_nobody_knows_is_asked_for_although_the_password_is_declared() {
    let environment = "{ name: POSTGRES_USER_FILE, value: /vault/user }, { name: POSTGRES_DB, value: books }";
    let text = orders("postgres:16", environment, "");
    let set = ManifestSet::from_str("set.yaml", &text).unwrap();
    let look = |settings: &str| survey(&set, "default", config(settings).declarations());
    let refused = look(DECLARED).unwrap_err().to_string();
    assert!(refused.contains("POSTGRES_USER"), "{refused}");
    let found = look(&format!("{DECLARED}user = \"ledger\"\n")).unwrap().found;
    assert_eq!(found[0].credentials.user, "ledger");
}

#[test]
fn the_data_directory_of_a_web_server_is_the_declared_one() {
    let settings = "[workload.\"default/orders\"]\nengine = \"http\"\ndata_directory = \"/data/www\"\n";
    let found = with(settings, &orders("nginx:1.27", "", ""));
    assert_eq!(found.workload.engine.data_directory, "/data/www");
    let found = with("", &orders("nginx:1.27", "", ""));
    assert_eq!(found.workload.engine.data_directory, "/data");
}

#[test]
fn a_table_is_that_of_its_workload_by_either_name_of_its_namespace() {
    let skip = "skip = [\"lose-pod\"]\n";
    for (namespace, named) in [
        ("namespace: shop", "shop"),
        ("namespace: shop", "default"),
        ("", "shop"),
        ("", "default"),
    ] {
        let settings = format!("[workload.\"{named}/orders\"]\nport = 6000\n{skip}");
        let manifests = orders("postgres:16", POSTGRES, namespace);
        let outlook = outlook(&manifests, &settings, in_shop).unwrap();
        assert_eq!(outlook.plans[0].workload.engine.port, 6000, "{namespace} {named}");
        let names: Vec<_> = outlook.plans[0]
            .drills
            .iter()
            .map(|plan| plan.drill.name())
            .collect();
        assert!(!names.contains(&"lose-pod"), "{namespace} {named}: {names:?}");
    }
}

#[test]
fn a_table_that_is_not_read_is_refused_with_the_reason() {
    let manifests = orders("postgres:16", POSTGRES, "")
        + "---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: 'nginx:1.27' }] }
";
    let told = |settings: &str| match outlook(&manifests, settings, |verification| verification) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let refused = told("[workload.\"default/web\"]\ndeadline = 5\n");
    assert!(
        refused.contains("`default/web` is not verified: a web server in a Deployment"),
        "{refused}"
    );
    assert_eq!(told("[workload.\"default/web\"]\nengine = \"none\"\n"), "");
    let refused = told("[workload.\"default/wep\"]\nengine = \"none\"\n");
    assert!(
        refused.contains("no workload `default/wep`; did you mean `default/web`?"),
        "{refused}"
    );
}

#[test]
fn on_a_cluster_of_others_the_file_makes_no_storage_class() {
    let settings = "[storage_classes]\nfast = \"standard\"\nslow = \"hdd\"\n";
    let manifests = orders("postgres:16", POSTGRES, "");
    let notes = outlook(&manifests, settings, |verification| {
        in_shop(verification).storage_classes([("slow".to_owned(), "hdd".to_owned())].into())
    })
    .unwrap()
    .notes;
    let told = "not made on a cluster of others, although the configuration names them: the storage classes fast; \
                `--storage-class fast=standard` asks for one";
    assert!(notes.iter().any(|note| note == told), "{notes:?}");
    let own = outlook(&manifests, settings, |verification| verification).unwrap();
    assert!(!own.notes.iter().any(|note| note.contains("not made")));
}

#[test]
fn an_override_that_fits_no_image_is_noted() {
    let manifests = orders("postgres:16", POSTGRES, "");
    let settings = "[image_overrides]\npostgers = \"mirror.example/postgres\"\n";
    let notes = outlook(&manifests, settings, |verification| verification)
        .unwrap()
        .notes;
    assert_eq!(
        notes,
        ["the image override of postgers fits no image of the manifests: nothing runs in its place"]
    );
}

#[test]
fn a_path_fits_an_image_by_its_full_name_too() {
    let overrides = ImageOverrides::from([("docker.io/*".to_owned(), "mirror.example/hub/*".to_owned())]);
    for (image, other) in [
        ("postgres:16", Some("mirror.example/hub/library/postgres:16")),
        ("bitnami/mysql:8", Some("mirror.example/hub/bitnami/mysql:8")),
        ("library/nginx", Some("mirror.example/hub/library/nginx")),
        (
            "mysql@sha256:00",
            Some("mirror.example/hub/library/mysql@sha256:00"),
        ),
        (
            "docker.io/bitnami/mysql:8",
            Some("mirror.example/hub/bitnami/mysql:8"),
        ),
        ("quay.io/a/b:1", None),
        ("localhost:5000/a:1", None),
    ] {
        let overridden = stateproof::manifest::overridden(&overrides, image);
        assert_eq!(overridden.as_deref(), other, "{image}");
    }
}
