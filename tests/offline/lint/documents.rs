//! What the rules say of the documents' own manifests and of their variants.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::lint_path;

/// The directories that hold a set, below this one.
fn sets(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        match name.as_str() {
            "histories" | "lint" | "not-yaml" => {}
            // Directories of sets.
            "bad" | "db" | "grade-submission" | "sfs-nginx" | "sfs-nginx-moved" | "upgrade" => {
                sets(&entry, found);
            }
            _ => found.push(entry),
        }
    }
}

/// The documents' own directories.
const DOCUMENTS: [&str; 5] = [
    "fixtures/db/",
    "fixtures/grade-submission/",
    "fixtures/minikube-mysql",
    "fixtures/sfs-nginx/",
    "fixtures/wealist-postgres",
];

/// Every variant of them can be looked at too, those that no cluster would take included.
#[test]
fn every_set_can_be_looked_at() {
    let mut directories = Vec::new();
    sets(Path::new("fixtures"), &mut directories);
    assert!(directories.len() > 40, "{}", directories.len());
    for directory in directories {
        assert!(lint_path(&directory).objects > 0, "{}", directory.display());
    }
}

#[test]
fn the_documents_findings_are_these() {
    let mut directories = Vec::new();
    sets(Path::new("fixtures"), &mut directories);
    directories.retain(|directory| {
        let name = directory.to_string_lossy();
        let of_document = |document: &&str| match document.strip_suffix('/') {
            Some(parent) => directory.starts_with(parent),
            None => name == **document,
        };
        DOCUMENTS.iter().any(of_document)
    });
    let mut golden = String::new();
    for directory in directories {
        let _ = writeln!(golden, "{}", directory.display());
        for finding in lint_path(&directory).findings {
            let place = finding.place();
            let file = Path::new(place.file()).strip_prefix(&directory).unwrap();
            let _ = writeln!(
                golden,
                "  {} {} {}:{}",
                finding.rule.id,
                finding.level,
                file.display(),
                place.line()
            );
        }
    }
    insta::assert_snapshot!("documents", golden);
}
