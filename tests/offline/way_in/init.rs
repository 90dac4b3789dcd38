use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use stateproof::config::{Config, schema};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/offline/way_in/golden");

/// A repository with these fixtures in it, by the directories they go to.
fn repository(sets: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join(".git")).unwrap();
    for (directory, fixture) in sets {
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("fixtures")
                .join(fixture),
            &root.path().join(directory),
        );
    }
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}

fn stateproof(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(arguments)
        .current_dir(directory)
        .env("LEDGER_PASSWORD", "c0rrect-horse")
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn files(directory: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

fn golden(name: &str, written: &str) {
    let path = Path::new(GOLDEN).join(name);
    if std::env::var_os("STATEPROOF_WRITE_GOLDEN").is_some() {
        fs::create_dir_all(GOLDEN).unwrap();
        fs::write(&path, written).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(golden, written, "run this test with STATEPROOF_WRITE_GOLDEN=1");
}

#[test]
fn settings_and_workflow_are_written_for_the_set_that_is_there() {
    let root = repository(&[("k8s", "wealist-postgres")]);
    let (code, out, err) = stateproof(root.path(), &["init"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out, "");
    golden(
        "one-set.toml",
        &fs::read_to_string(root.path().join("k8s/stateproof.toml")).unwrap(),
    );
    golden(
        "one-set.yml",
        &fs::read_to_string(root.path().join(".github/workflows/stateproof.yml")).unwrap(),
    );
    // It changes nothing of what would be done.
    let with = stateproof(root.path(), &["plan", "k8s"]);
    assert_eq!(with.0, Some(0), "{}", with.2);
    fs::remove_file(root.path().join("k8s/stateproof.toml")).unwrap();
    assert_eq!(with.1, stateproof(root.path(), &["plan", "k8s"]).1);
}

#[test]
fn each_set_gets_its_own_settings_and_they_share_the_workflow() {
    let root = repository(&[
        ("deploy/files", "sfs-nginx"),
        ("deploy/orders", "wealist-postgres"),
        ("deploy/users", "bad/unknown-engine"),
        ("node_modules/other", "db-mysql-pdb"),
    ]);
    fs::write(root.path().join("deploy/compose.yml"), "services: {}\n").unwrap();
    let (code, out, err) = stateproof(
        root.path(),
        &["init", "--print", "--git", "https://git.example/stateproof"],
    );
    assert_eq!(code, Some(0), "{err}");
    golden("several-sets.txt", &out);
    assert!(
        out.contains("# NOT TOLD: ") && err.contains("cannot be told"),
        "{err}"
    );
    assert!(
        !files(root.path())
            .iter()
            .any(|path| path.ends_with("stateproof.toml")),
        "it wrote"
    );
}

#[test]
fn what_is_there_is_not_touched_unless_that_is_asked_for() {
    let root = repository(&[("k8s", "wealist-postgres")]);
    let workflow = root.path().join(".github/workflows/stateproof.yml");
    fs::create_dir_all(workflow.parent().unwrap()).unwrap();
    fs::write(&workflow, "mine").unwrap();
    let before = files(root.path());
    let (code, _, err) = stateproof(root.path(), &["init", "k8s"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("stateproof.yml") && err.contains("--force"), "{err}");
    assert_eq!(files(root.path()), before, "something was written");
    assert_eq!(fs::read_to_string(&workflow).unwrap(), "mine");

    assert_eq!(stateproof(root.path(), &["init", "k8s", "--force"]).0, Some(0));
    let first: Vec<String> = files(root.path())
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    assert!(!first.contains(&"mine".to_owned()));
    // Once more: refused, and with --force the same again.
    for arguments in [&["init", "k8s"][..], &["init", "k8s", "--force"]] {
        let (code, _, _) = stateproof(root.path(), arguments);
        assert_eq!(code, Some(if arguments.len() == 2 { 2 } else { 0 }));
        let again: Vec<String> = files(root.path())
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        assert_eq!(first, again);
    }
}

#[test]
fn where_there_is_nothing_to_prove_nothing_is_written() {
    for fixture in ["bad/no-database", "bad/not-yaml"] {
        let root = repository(&[("k8s", fixture)]);
        let before = files(root.path());
        let (code, _, err) = stateproof(root.path(), &["init", "k8s"]);
        assert_eq!(code, Some(2), "{fixture}: {err}");
        assert_eq!(files(root.path()), before, "{fixture}");
    }
    let root = repository(&[]);
    assert_eq!(stateproof(root.path(), &["init"]).0, Some(2));
    assert_eq!(stateproof(root.path(), &["init", "no/such"]).0, Some(2));
}

/// A set that cannot be proven as it is: what is known of it is written, and what is to be mended said.
#[test]
fn what_is_to_be_mended_is_said() {
    let root = repository(&[("k8s", "bad/no-service")]);
    let (code, _, err) = stateproof(root.path(), &["init"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(
        err.contains("to be mended") && err.contains("postgres-service"),
        "{err}"
    );
    let written = fs::read_to_string(root.path().join("k8s/stateproof.toml")).unwrap();
    assert!(written.contains("[workload.\""), "{written}");
}

/// The keys of the lines that are commented out, with the line's number and table.
fn keys(text: &str) -> Vec<(usize, String, String)> {
    let mut table = String::new();
    let mut keys = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            line.trim_matches(['[', ']'])
                .split('.')
                .next()
                .unwrap()
                .clone_into(&mut table);
        }
        let Some((key, _)) = line.strip_prefix("# ").and_then(|line| line.split_once(" = ")) else {
            continue;
        };
        if key.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            keys.push((number, table.clone(), key.to_owned()));
        }
    }
    keys
}

#[test]
fn every_key_that_there_is_is_there_and_is_taken() {
    let root = repository(&[("k8s", "wealist-postgres")]);
    assert_eq!(stateproof(root.path(), &["init"]).0, Some(0));
    let path = root.path().join("k8s/stateproof.toml");
    let text = fs::read_to_string(&path).unwrap();
    Config::read(&path).unwrap();

    let keys = keys(&text);
    let schema = schema();
    for (table, properties) in [
        ("", &schema["properties"]),
        ("cluster", &schema["definitions"]["ClusterTable"]["properties"]),
        ("workload", &schema["definitions"]["WorkloadTable"]["properties"]),
    ] {
        let written: BTreeSet<&str> = keys
            .iter()
            .filter(|(_, of, _)| of == table)
            .map(|(_, _, key)| key.as_str())
            .collect();
        let known: BTreeSet<&str> = properties
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .filter(|key| !(table.is_empty() && ["cluster", "workload"].contains(key)))
            .collect();
        assert_eq!(written, known, "[{table}]");
    }

    // Each without its comment sign, one at a time: our own reader takes it.
    fs::write(root.path().join("k8s/password.txt"), "c0rrect-horse\n").unwrap();
    fs::write(root.path().join("k8s/ca.crt"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    for (number, table, key) in &keys {
        let lines: Vec<&str> = text
            .lines()
            .enumerate()
            .map(|(at, line)| match line {
                _ if at == *number => &line[2..],
                // An authority is one for something.
                _ if key == "tls_ca" && line.starts_with("# tls = ") => "tls = \"verify-full\"",
                _ => line,
            })
            .collect();
        fs::write(&path, lines.join("\n")).unwrap();
        if key == "password_env" {
            let (code, _, err) = stateproof(root.path(), &["plan", "k8s"]);
            assert_eq!(code, Some(0), "{err}");
        } else {
            let read = Config::read(&path);
            assert!(read.is_ok(), "[{table}] {key}: {}", read.unwrap_err());
        }
    }
}

/// The workflow is what GitHub's schema says, and names what is there so that no shell takes it for an option.
#[test]
fn the_workflow_proves_the_directories_that_were_found() {
    let root = repository(&[("-odd 'name", "wealist-postgres")]);
    assert_eq!(stateproof(root.path(), &["init"]).0, Some(0));
    let text = fs::read_to_string(root.path().join(".github/workflows/stateproof.yml")).unwrap();
    super::schemas::assert_workflow(&text);
    for line in ["          - \"./-odd 'name\"", "      - \"-odd 'name/**\""] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is missing: {text}"
        );
    }
    // No expression stands in a script, where a name could end the quotes.
    assert!(
        !text
            .lines()
            .any(|line| line.contains("run:") && line.contains("${{")),
        "{text}"
    );
}
