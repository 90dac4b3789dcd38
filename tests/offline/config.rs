//! `stateproof.toml`: what it may say, what is wrong with it, and who is heard first.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use stateproof::config::{Config, schema};
use stateproof::manifest::{ManifestSet, Problems};
use stateproof::plan::{Drill, Promise};
use stateproof::run::Verification;

use crate::fixtures::fixture;
use crate::refusals::shown;

const SCHEMA: &str = "docs/schema/stateproof.toml.schema.json";

fn read(text: &str) -> Result<Config, Problems> {
    Config::from_str("stateproof.toml", text)
}

fn refused(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn everything_in_it_is_read() {
    let config = read(
        r#"
drills = ["lose-pod", "order"]
skip = ["drain"]
only = ["primary-address"]
deadline = 90
initiate_replica_set = true
vantage_image = "mirror.example/busybox:1.36"
image_pull_secrets = ["regcred"]

[image_overrides]
"docker.io/*" = "mirror.example/hub/*"

[storage_classes]
fast = "standard"

[cluster]
provider = "k3d"
nodes = 3

[workload."shop/orders"]
engine = "postgresql"
port = 6432
user = "ledger"
database = "books"
data_directory = "/data"
password = "planted"
deadline = "5m"
drills = ["lose-pod"]
skip = []
only = ["durability"]
expect_failure = []
"#,
    )
    .unwrap();
    assert_eq!(config.drills, [Drill::LosePod, Drill::Order]);
    assert_eq!(config.only, [Promise::PrimaryAddress]);
    assert_eq!(config.deadline, Some(Duration::from_secs(90)));
    let table = config.table("shop", "orders").unwrap();
    assert_eq!(table.deadline, Some(Duration::from_mins(5)));
    assert!(config.table("shop", "order").is_none());
    assert_eq!(config.passwords()[0].reveal(), "planted");
    assert!(!format!("{config:?}").contains("planted"), "{config:?}");
}

#[test]
fn a_typo_is_marked_with_what_was_probably_meant() {
    insta::assert_snapshot!(shown(&read("deadline = 60\n\n[workload.\"shop/orders\"]\nenginee = \"mysql\"\n").unwrap_err()), @r#"
    stateproof::config::unknown_key

      × there is no key `enginee`; did you mean `engine`?
       ╭─[stateproof.toml:4:1]
     4 │ enginee =********
       · ───┬───
       ·    ╰── no such key
       ╰────
      help: there are engine, port, user, database, data_directory, password_env, password_file,
            password, tls, tls_ca, drills, skip, only, deadline, expect_failure
    "#);
    insta::assert_snapshot!(shown(&read("drills = [\"lose-pods\"]\n").unwrap_err()), @r#"
    stateproof::config::wrong_value

      × there is no `lose-pods` here; did you mean `lose-pod`?
       ╭─[stateproof.toml:1:11]
     1 │ drills = ["lose-pods"]
       ·           ─────┬─────
       ·                ╰── not one of those that there are
       ╰────
      help: there are expect-failure, roles, divergence, crash, lose-pod, force-delete, lose-all-pods,
            order, scale, scale-to-zero, rollout, bad-rollout, evict, drain, pause-node, step-down,
            upgrade, delete-statefulset, delete-claim
    "#);
    for (text, said) in [
        (
            "skp = []\n",
            "stateproof.toml:1:1: there is no key `skp`; did you mean `skip`?",
        ),
        (
            "[cluster]\nprovidr = \"kind\"\n",
            "stateproof.toml:2:1: there is no key `providr`; did you mean `provider`?",
        ),
        (
            "storage-classes = {}\n",
            "stateproof.toml:1:1: there is no key `storage-classes`; did you mean `storage_classes`?",
        ),
        ("colour = 1\n", "stateproof.toml:1:1: there is no key `colour`"),
        (
            "[cluster]\nprovider = \"kinds\"\n",
            "stateproof.toml:2:12: there is no `kinds` here; did you mean `kind`?",
        ),
        (
            "only = [\"durabilty\"]\n",
            "stateproof.toml:1:9: there is no `durabilty` here; did you mean `durability`?",
        ),
        (
            "[workload.\"a/b\"]\nengine = \"mysq\"\n",
            "stateproof.toml:2:10: there is no `mysq` here; did you mean `mysql`?",
        ),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_marked_and_no_password_is_shown() {
    for (text, said) in [
        (
            "deadline = 0\n",
            "stateproof.toml:1:12: a value of the wrong type: expected a number of seconds",
        ),
        (
            "deadline = \"soon\"\n",
            "stateproof.toml:1:12: a value of the wrong type: expected a number of seconds",
        ),
        (
            "skip = \"drain\"\n",
            "stateproof.toml:1:8: a value of the wrong type: expected a sequence",
        ),
        (
            "[workload.orders]\nport = 1\n",
            "stateproof.toml:1:11: `orders` names no workload",
        ),
        (
            "[workload.\"a/b\"]\nport = 70000\n",
            "stateproof.toml:2:8: a value of the wrong type: expected u16",
        ),
        ("deadline = \n", "stateproof.toml:1:12: not TOML: "),
        (
            "skip = []\nskip = []\n",
            "stateproof.toml:2:1: not TOML: duplicate key",
        ),
        ("expect_failure = [\"Pod\"]\n", "stateproof.toml:1:18: "),
        (
            "expect_failure = [\"Pod/a-0:event=Error/FailedMount\"]\n",
            "stateproof.toml:1:18: `Pod/a-0:event=Error/FailedMount` names no end: `Error` is no type of an event",
        ),
        (
            "drills = [\"order\"]\nexpect_failure = [\"Pod/a-0:event=x\"]\n",
            "stateproof.toml:2:1: `expect_failure` and `drills` cannot be used together",
        ),
        (
            "[cluster]\nnodes = 1\nconfig = \"k\"\n",
            "stateproof.toml:2:1: `nodes` and `config` cannot be used together",
        ),
        (
            "[workload.\"a/b\"]\npassword_env = \"STATEPROOF_TEST_UNSET\"\n",
            "stateproof.toml:2:16: the password of a/b is not there: the environment has no variable of \
             this name, or it is no text",
        ),
        (
            "[workload.\"a/b\"]\npassword_file = \"no/such\"\n",
            "stateproof.toml:2:17: the password of a/b is not there: the file: No such file",
        ),
        (
            "[workload.\"a/b\"]\ntls = \"verify-full\"\n",
            "stateproof.toml:2:7: `verify-full` without an authority",
        ),
        (
            "[workload.\"a/b\"]\ntls = \"verify-full\"\ntls_ca = \"no/such\"\n",
            "stateproof.toml:3:10: no/such: No such file",
        ),
        (
            "# verify-full\n[workload.\"a/a\"]\ntls = \"require\"\n[workload.\"a/b\"]\ntls = \"verify-full\"\n",
            "stateproof.toml:5:7: `verify-full` without an authority",
        ),
        (
            "[workload.\"a/b\"]\ntls = \"require\"\ntls_ca = \"ca.crt\"\n",
            "stateproof.toml:3:10: `tls_ca` is for `verify-full`",
        ),
        (
            "[workload.\"a/b\"]\ntls_ca = \"ca.crt\"\n",
            "stateproof.toml:2:10: `tls_ca` is for `verify-full`",
        ),
        (
            "skip = [\"drain\"]\nexpect_failure = [\"Pod/a-0:event=x\"]\n",
            "stateproof.toml:2:1: `expect_failure` and `skip` cannot be used together",
        ),
        (
            "[workload.\"a/b\"]\nonly = [\"storage\"]\nexpect_failure = [\"Pod/a-0:event=x\"]\n",
            "stateproof.toml:3:1: `expect_failure` and `only` cannot be used together",
        ),
        (
            "expect_failure = [\"Pod/a-0:event=x\"]\n[workload.\"a/b\"]\ndrills = [\"order\"]\n",
            "stateproof.toml:1:1: `expect_failure` and `drills` cannot be used together",
        ),
        (
            "[image_overrides]\n\"docker.io/*\" = \"mirror.example/hub\"\n",
            "stateproof.toml:2:1: `docker.io/*` and `mirror.example/hub`: `*` stands at the end of both",
        ),
        (
            "[workload.\"a/b\"]\npassword = \"x\"\npassword_env = \"PATH\"\n",
            "stateproof.toml:3:16: `password` and `password_env` cannot be used together",
        ),
    ] {
        let refused = refused(text);
        assert!(refused.starts_with(said), "{text}: {refused}");
    }
    // In whatever is wrong, the password is not shown: nor as a number, nor where the text does not end.
    for text in [
        "[workload.\"a/b\"]\npassword = 987654\n",
        "[workload.\"a/b\"]\npassword = \"987654\n",
        "[workload.\"a/b\"]\npassword = \"987654\" x\n",
        "[workload.\"a/b\"]\npassword = \"\"\"\n987654\\q\"\"\"\n",
        "[workload]\n\"a/b\" = { password = \"987654\", prt = 1 }\n",
        "[workload.\"a/b\"]\npassword = [\"987654\"]\n",
        // Nor under a key that is misspelt, nor where something else belongs.
        "[workload.\"a/b\"]\npasword = \"987654\"\n",
        "[workload.\"a/b\"]\npasswd = \"987654\"\n",
        "[workload.\"a/b\"]\npw = \"987654\"\n",
        "[workload.\"a/b\"]\npassword: \"987654\"\n",
        "[workload.\"a/b\"]\nuser = \"x\", password: \"987654\"\n",
        "[workload.\"a/b\"]\npassword \"987654\"\n",
        "[workload.\"a/b\"]\npassword_env = \"987654\"\n",
        "[workload.\"a/b\"]\npassword_file = \"987654\"\n",
        "[workload]\n\"a/b\" = { pasword = \"987654\" }\n",
        "[workload.\"a/b\"]\npasword = [\n  \"987654\",\n]\n",
        "passwords.a = \"987654\"\n",
    ] {
        let problems = read(text).unwrap_err();
        for output in [shown(&problems), problems.to_string(), format!("{problems:?}")] {
            assert!(!output.contains("987654"), "{text}: {output}");
        }
    }
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let written = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("STATEPROOF_WRITE_SCHEMA").is_some() {
        fs::create_dir_all("docs/schema").unwrap();
        fs::write(SCHEMA, &written).unwrap();
    }
    assert_eq!(
        fs::read_to_string(SCHEMA).unwrap(),
        written,
        "run this test with STATEPROOF_WRITE_SCHEMA=1"
    );
    // An unknown key is refused by the schema as it is by the code, in every table.
    let schema = schema();
    assert_eq!(schema["additionalProperties"], false);
    for table in ["ClusterTable", "WorkloadTable"] {
        assert_eq!(
            schema["definitions"][table]["additionalProperties"], false,
            "{table}"
        );
    }
}

/// Copies the document's manifests into a directory, with this beside them.
fn beside(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in ["postgres-service.yaml", "postgres-statefulset.yaml"] {
        fs::copy(
            fixture("wealist-postgres/4-database").join(file),
            directory.path().join(file),
        )
        .unwrap();
    }
    fs::write(directory.path().join("stateproof.toml"), text).unwrap();
    directory
}

fn plan(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .arg("plan")
        .arg(directory)
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
    (run.status.code(), text)
}

#[test]
fn the_command_line_comes_before_the_table_and_the_table_before_the_top() {
    let directory = beside(
        "drills = [\"force-delete\", \"lose-pod\"]\nskip = [\"lose-pod\"]\n\n\
         [workload.\"postgresql-prod/postgres\"]\ndrills = [\"delete-claim\"]\n",
    );
    let drills = |arguments: &[&str]| {
        let (code, text) = plan(directory.path(), arguments);
        assert_eq!(code, Some(0), "{text}");
        let names = Drill::ALL
            .into_iter()
            .filter(|drill| text.contains(&format!("\n{drill} postgres-0\n")));
        names.collect::<Vec<_>>()
    };
    assert_eq!(drills(&[]), [Drill::DeleteClaim]);
    assert_eq!(drills(&["--drill", "force-delete"]), [Drill::ForceDelete]);
    assert_eq!(drills(&["--drill", "lose-pod"]), [], "the file still skips it");
    assert_eq!(
        drills(&["--drill", "lose-pod", "--skip", "order"]),
        [Drill::LosePod]
    );
    assert_eq!(drills(&["--only", "durability"]), [Drill::DeleteClaim]);
    // Another file in place of the one beside the manifests.
    let other = directory.path().join("other.toml");
    fs::write(&other, "skip = [\"delete-claim\"]\n").unwrap();
    let other = other.to_str().unwrap().to_owned();
    assert!(!drills(&["--config", &other]).contains(&Drill::DeleteClaim));
    assert!(drills(&["--config", &other]).contains(&Drill::LosePod));
}

#[test]
fn a_table_of_no_workload_and_a_file_of_another_kind_are_refused() {
    let directory = beside("[workload.\"postgresql-prod/postgre\"]\nport = 1\n");
    let (code, text) = plan(directory.path(), &[]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("the manifests have no workload `postgresql-prod/postgre`; did you mean"),
        "{text}"
    );
    let (code, text) = plan(&fixture("wealist-postgres"), &["--config", "kind.yaml"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("--cluster-config"), "{text}");
    let (code, text) = plan(&fixture("wealist-postgres"), &["--config", "no/such.toml"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("no/such.toml cannot be read"), "{text}");
}

#[test]
fn two_files_beside_two_directories_are_one_too_many() {
    let (one, other) = (beside(""), beside(""));
    let paths = [one.path().to_owned(), other.path().to_owned()];
    assert!(
        Config::beside(&paths)
            .unwrap_err()
            .to_string()
            .starts_with("there is a stateproof.toml in ")
    );
    let file = one.path().join("postgres-service.yaml");
    let found = Config::beside(&[one.path().to_owned(), file]).unwrap();
    assert_eq!(found, Some(one.path().join("stateproof.toml")));
    // The current directory has a name.
    let (file, sub) = (one.path().join("postgres-service.yaml"), one.path().join("sub"));
    fs::create_dir(&sub).unwrap();
    fs::write(sub.join("stateproof.toml"), "").unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .arg("plan")
        .args([file.file_name().unwrap(), sub.file_name().unwrap()])
        .current_dir(one.path())
        .output()
        .unwrap();
    let err = String::from_utf8(run.stderr).unwrap();
    assert!(
        err.contains("there is a stateproof.toml in . and in sub"),
        "{err}"
    );
    // One that stands below the directory that is read would go unread.
    let above = tempfile::tempdir().unwrap();
    fs::create_dir_all(above.path().join("a/b")).unwrap();
    assert_eq!(Config::beside(&[above.path().to_owned()]).unwrap(), None);
    let below = above.path().join("a/b/stateproof.toml");
    fs::write(&below, "").unwrap();
    let refused = Config::beside(&[above.path().to_owned()])
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("and one below it") && refused.contains(&below.display().to_string()),
        "{refused}"
    );
    assert_eq!(
        Config::beside(&["fixtures/wealist-postgres".into()]).unwrap(),
        None
    );
}

#[test]
fn what_it_says_of_a_login_is_planned_and_never_shown() {
    let directory = beside(
        "[workload.\"postgresql-prod/postgres\"]\nuser = \"planted-user\"\npassword_file = \"secret\"\n",
    );
    fs::write(directory.path().join("secret"), "planted-password\n").unwrap();
    let (code, text) = plan(directory.path(), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("login: user from ") && text.contains("stateproof.toml, password from "),
        "{text}"
    );
    assert!(!text.contains("planted"), "{text}");
}

#[test]
fn an_expected_failure_may_stand_in_the_file() {
    let end = "Pod/postgres-0:event=Warning/FailedMount";
    let directory = beside(&format!("expect_failure = [\"{end}\"]\n"));
    let (code, text) = plan(directory.path(), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains(&format!("end: {end}")) && !text.contains("lose-pod postgres-0"),
        "{text}"
    );
    // Unless the command line says what is to be done.
    for arguments in [
        ["--drill", "lose-pod"],
        ["--skip", "delete-claim"],
        ["--only", "durability"],
    ] {
        let (code, text) = plan(directory.path(), &arguments);
        assert_eq!(code, Some(0), "{text}");
        assert!(
            !text.contains("end: ") && text.contains("lose-pod postgres-0"),
            "{text}"
        );
    }
}

#[test]
fn other_images_run_where_that_is_asked_for_and_it_is_said() {
    let config = read(
        "image_pull_secrets = [\"regcred\"]\n[image_overrides]\npostgres = \"mirror.example/pg/postgres\"\n",
    );
    let verification = Verification::of([fixture("wealist-postgres")]).config(config.unwrap());
    let outlook = verification.outlook().unwrap();
    assert_eq!(
        outlook.notes,
        [
            "in place of the image postgres:16-alpine runs mirror.example/pg/postgres:16-alpine, as the image overrides say"
        ]
    );
    assert_eq!(
        outlook.plans[0].workload.engine.image,
        "mirror.example/pg/postgres:16-alpine"
    );
    let set = ManifestSet::read(&[fixture("wealist-postgres")]).unwrap();
    let set = set.with_pull_secrets(&["regcred".to_owned(), "regcred".to_owned()]);
    let pods: Vec<_> = set
        .iter()
        .filter_map(stateproof::manifest::Manifest::pod_spec)
        .collect();
    assert_eq!(
        pods[0].1["imagePullSecrets"],
        serde_json::json!([{ "name": "regcred" }])
    );
}
