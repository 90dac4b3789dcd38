//! The fixtures are what `fixtures/SOURCES.md` says of them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// The directory of a fixture.
pub fn fixture(name: &str) -> PathBuf {
    // Relative, so that messages are the same on every machine: cargo runs tests in the package's directory.
    Path::new("fixtures").join(name)
}

const NAMESPACES: &str = "1-namespaces/namespaces.yaml";
const SERVICE: &str = "4-database/postgres-service.yaml";
const STATEFUL_SET: &str = "4-database/postgres-statefulset.yaml";

const CLAIM_MODES: &str = "      accessModes: [ \"ReadWriteOnce\" ]\n";

#[test]
fn verbatim_files_are_the_document_s() {
    let sums = fs::read_to_string(fixture("SOURCES.sha256")).unwrap();
    let mut checked = Vec::new();
    for line in sums.lines() {
        let (sum, file) = line.split_once("  ").unwrap();
        let mut actual = String::new();
        for byte in Sha256::digest(fs::read(fixture(file)).unwrap()) {
            write!(actual, "{byte:02x}").unwrap();
        }
        assert_eq!(actual, sum, "{file} is no longer what the document prints");
        checked.push(file.strip_prefix("wealist-postgres/").unwrap());
    }
    assert_eq!(
        checked,
        files_of("wealist-postgres"),
        "every verbatim file has its checksum"
    );
}

#[test]
fn variants_differ_from_the_document_only_as_told() {
    let password = "          value: \"mysupersecret\"\n";
    let reference = "          valueFrom:
            secretKeyRef:
              name: db-secret
              key: POSTGRES_PASSWORD\n";
    let secret = [(STATEFUL_SET, password, reference)];
    compare("wealist-postgres-secret", &secret, &["4-database/db-secret.yaml"]);

    for class in ["local-path", "standard"] {
        let modes_and_class = format!("{CLAIM_MODES}      storageClassName: {class}\n");
        let class_named = [(STATEFUL_SET, CLAIM_MODES, modes_and_class.as_str())];
        compare(&format!("wealist-postgres-class-{class}"), &class_named, &[]);
    }

    compare(
        "wealist-postgres-manual-claim",
        &[],
        &["4-database/postgres-data-claim.yaml"],
    );

    let replicas = "  replicas: 1\n";
    let retention = "  replicas: 1
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: Delete
    whenScaled: Delete\n";
    compare(
        "wealist-postgres-retention-delete",
        &[(STATEFUL_SET, replicas, retention)],
        &[],
    );

    let verbatim = fs::read_to_string(fixture("wealist-postgres").join(STATEFUL_SET)).unwrap();
    let template = &verbatim[verbatim.find("  volumeClaimTemplates:").unwrap()..];
    let volume = "      volumes:
      - name: postgres-data
        emptyDir: {}\n";
    compare(
        "wealist-postgres-no-volume",
        &[(STATEFUL_SET, template, volume)],
        &[],
    );
}

#[test]
fn bad_input_has_one_fault_each() {
    let key = (
        "          name: postgres\n        env",
        "         name: postgres\n        env",
    );
    compare("bad/not-yaml", &[(STATEFUL_SET, key.0, key.1)], &[]);

    let service = ("serviceName: postgres-service", "serviceName: postgres-headless");
    compare("bad/no-service", &[(STATEFUL_SET, service.0, service.1)], &[]);

    let labels = (
        "matchLabels:\n      app: postgres\n",
        "matchLabels:\n      app: postgresql\n",
    );
    let selector = (
        "selector:\n    app: postgres\n",
        "selector:\n    app: postgresql\n",
    );
    let both = [
        (STATEFUL_SET, labels.0, labels.1),
        (SERVICE, selector.0, selector.1),
    ];
    compare("bad/selector-mismatch", &both, &[]);

    compare("bad/deletion-denied", &[], &["0-policy/policy.yaml"]);

    compare("bad/unknown-kind", &[], &["4-database/postgres-backup.yaml"]);

    let image = ("postgres:16-alpine", "postgres:no-such-tag");
    compare("bad/image-missing", &[(STATEFUL_SET, image.0, image.1)], &[]);

    let modes_and_class = format!("{CLAIM_MODES}      storageClassName: no-such-class\n");
    compare(
        "bad/class-missing",
        &[(STATEFUL_SET, CLAIM_MODES, &modes_and_class)],
        &[],
    );
}

#[test]
fn every_directory_is_told_of() {
    let sources = fs::read_to_string(fixture("SOURCES.md")).unwrap();
    let variants = names_in(&fixture(""))
        .into_iter()
        .filter(|name| name.starts_with("wealist-postgres"));
    let bad = names_in(&fixture("bad"))
        .into_iter()
        .map(|name| format!("bad/{name}"));
    for directory in variants.chain(bad) {
        assert!(
            sources.contains(&format!("`{directory}`")) || sources.contains(&format!("`{directory}/")),
            "{directory} is not in SOURCES.md"
        );
    }
}

/// Compares a directory with the verbatim one: its namespace, these replacements and these added files are all
/// that differs.
fn compare(directory: &str, replacements: &[(&str, &str, &str)], added: &[&str]) {
    let namespace = match directory.strip_prefix("wealist-postgres-") {
        Some(variant) => format!("postgresql-{variant}"),
        None => directory.replace('/', "-"),
    };
    for file in [NAMESPACES, SERVICE, STATEFUL_SET] {
        let mut expected = fs::read_to_string(fixture("wealist-postgres").join(file))
            .unwrap()
            .replace("postgresql-prod", &namespace);
        for (_, from, to) in replacements.iter().filter(|(of, ..)| *of == file) {
            assert_eq!(expected.matches(from).count(), 1, "{directory}/{file}: {from}");
            expected = expected.replace(from, to);
        }
        let actual = fs::read_to_string(fixture(directory).join(file)).unwrap();
        assert_eq!(actual, expected, "{directory}/{file}");
    }
    let mut files = [&[NAMESPACES, SERVICE, STATEFUL_SET], added].concat();
    files.sort_unstable();
    assert_eq!(files_of(directory), files, "{directory}");
}

/// The files in a fixture's subdirectories, by their paths in it, sorted.
fn files_of(directory: &str) -> Vec<String> {
    let root = fixture(directory);
    let mut files = Vec::new();
    for below in names_in(&root) {
        files.extend(
            names_in(&root.join(&below))
                .into_iter()
                .map(|file| format!("{below}/{file}")),
        );
    }
    files
}

fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
