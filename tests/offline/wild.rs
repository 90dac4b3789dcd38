//! What is planned for manifests in the shapes of strangers': `fixtures/wild`.

use std::fs;
use std::path::{Path, PathBuf};

use stateproof::config::Config;
use stateproof::manifest::ManifestSet;
use stateproof::run::Verification;

use crate::fixtures::fixture;

/// The plan, with what is said beside the manifests or without it. The run's own namespace has a name of its own each
/// time.
fn planned(name: &str, with_config: bool) -> String {
    let directory = fixture(&format!("wild/{name}"));
    let mut verification = Verification::of([directory.clone()]);
    let config = Config::beside(std::slice::from_ref(&directory)).unwrap();
    if let Some(path) = config.filter(|_| with_config) {
        verification = verification.config(beside(&path));
    }
    let text = match verification.outlook() {
        Ok(outlook) => outlook.to_string(),
        Err(error) => error.lines().join("\n"),
    };
    without_run(&text)
}

/// What lies beside a set, with the password that whoever runs it has in the environment.
fn beside(path: &Path) -> Config {
    let text = fs::read_to_string(path).unwrap();
    let text = text.replace(
        "password_env = \"CATALOG_CLERK_PASSWORD\"",
        "password = \"wild-clerk-secret\"",
    );
    Config::from_str(&path.display().to_string(), &text).unwrap()
}

fn without_run(text: &str) -> String {
    let mut parts = text.split("stateproof-1");
    let mut told = parts.next().unwrap().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '-');
        told.push_str("RUN");
        told.push_str(rest);
    }
    told
}

fn sets() -> Vec<String> {
    let entries = fs::read_dir(fixture("wild")).unwrap().map(Result::unwrap);
    let mut sets: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    sets.sort();
    sets
}

/// As it is published: what was recognised and why, how it would be logged in to, what would be done.
#[test]
fn every_set_is_planned_as_it_stands() {
    for name in sets() {
        insta::assert_snapshot!(format!("wild_{name}"), planned(&name, false));
    }
}

/// As it runs where only a few images are to be had.
#[test]
fn every_set_is_planned_with_what_is_said_beside_it() {
    for name in sets() {
        if fixture(&format!("wild/{name}/stateproof.toml")).exists() {
            insta::assert_snapshot!(format!("wild_{name}_configured"), planned(&name, true));
        }
    }
}

#[test]
fn the_table_names_every_set_and_no_other() {
    let table = fs::read_to_string(fixture("wild/README.md")).unwrap();
    let mut told: Vec<String> = table
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    told.sort();
    assert_eq!(told, sets());
}

/// No password of theirs is in any plan.
#[test]
fn no_password_is_in_a_plan() {
    let secrets = [
        "wild-admin-secret",
        "wild-orders-secret",
        "wild-percona-root",
        "wild-percona-app",
        "wild-mariadb-root",
        "wild-timescale-secret",
        "wild-mongodb-root",
        "wild-mongodb-set-root",
        "wild-blog-secret",
        "wild-catalog-secret",
        "wild-clerk-secret",
        "wild-reports-root",
        "wild-reports-secret",
        "wild-scratch-secret",
    ];
    let mut seen = 0;
    for name in sets() {
        let set = ManifestSet::read(&[fixture(&format!("wild/{name}"))]).unwrap();
        let masked = stateproof::manifest::Secrets::of(&set);
        seen += secrets
            .iter()
            .filter(|secret| masked.mask(secret) == "***")
            .count();
        for with_config in [false, true] {
            let plan = planned(&name, with_config);
            for secret in secrets {
                assert!(!plan.contains(secret), "{name}: {plan}");
            }
        }
    }
    assert!(
        seen >= secrets.len(),
        "the sets no longer hold what is looked for"
    );
}

/// Piping a rendered chart or a kustomization works like the directory it is from.
#[test]
fn a_list_on_standard_input_is_taken_apart() {
    let file: PathBuf = fixture("wild/kustomize-json/all.json");
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(["plan", "-"])
        .stdin(fs::File::open(file).unwrap())
        .output()
        .unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(
        text.contains(
            "wild-kustomize/catalog-db: PostgreSQL (postgres:16-alpine), 1 member, declared at <stdin>:"
        ),
        "{text}"
    );
}
