//! The fixtures are what `fixtures/SOURCES.md` says of them.

mod bad;
mod mongodb;
mod mysql;
mod nginx;
mod postgres;
mod variant;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use stateproof::manifest::ManifestSet;

/// The directory of a fixture.
pub fn fixture(name: &str) -> PathBuf {
    // Relative, so that messages are the same on every machine: cargo runs tests in the package's directory.
    Path::new("fixtures").join(name)
}

/// What is not YAML on purpose.
const NOT_YAML: &str = "bad/not-yaml";

#[test]
fn verbatim_files_are_the_documents() {
    for (sum, file) in sums() {
        let mut actual = String::new();
        for byte in Sha256::digest(fs::read(fixture(&file)).unwrap()) {
            write!(actual, "{byte:02x}").unwrap();
        }
        assert_eq!(actual, sum, "{file} is no longer what its document prints");
    }
}

#[test]
fn every_verbatim_file_has_its_checksum() {
    let sources = sources();
    let (_, after) = sources.split_once("## Verbatim\n").unwrap();
    let (verbatim, _) = after.split_once("\n## ").unwrap();
    let told: BTreeSet<String> = verbatim
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(quoted)
        .map(str::to_owned)
        .collect();
    let summed: BTreeSet<String> = sums().into_iter().map(|(_, file)| file).collect();
    assert_eq!(told, summed);
}

#[test]
fn every_file_is_told_of_itself_or_by_its_state() {
    let sources = sources();
    let told: BTreeSet<&str> = quoted(&sources).collect();
    for state in states() {
        for file in files_of(&state) {
            let file = format!("{state}/{file}");
            assert!(
                told.contains(state.as_str()) || told.contains(file.as_str()),
                "{file} is not in SOURCES.md"
            );
        }
    }
}

#[test]
fn every_state_parses() {
    let states = states();
    assert!(states.contains(&"db".to_owned()) && states.contains(&"bad/never-elects".to_owned()));
    for state in states {
        let read = ManifestSet::read(&[fixture(&state)]);
        assert_eq!(read.is_err(), state == NOT_YAML, "{state}: {:?}", read.err());
    }
}

/// Every directory that can be applied as a whole.
fn states() -> Vec<String> {
    let mut states = Vec::new();
    for directory in directories_in("") {
        match directory.as_str() {
            "histories" | "lint" => {}
            "bad" | "grade-submission" | "sfs-nginx" | "sfs-nginx-moved" | "upgrade" | "wild" => states
                .extend(
                    directories_in(&directory)
                        .into_iter()
                        .map(|state| format!("{directory}/{state}")),
                ),
            _ => states.push(directory),
        }
    }
    states
}

fn sources() -> String {
    fs::read_to_string(fixture("SOURCES.md")).unwrap()
}

/// The verbatim files' checksums, each with its file.
fn sums() -> Vec<(String, String)> {
    fs::read_to_string(fixture("SOURCES.sha256"))
        .unwrap()
        .lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(sum, file)| (sum.to_owned(), file.to_owned()))
        .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The files below a fixture's directory, by their paths in it, sorted.
fn files_of(directory: &str) -> Vec<String> {
    let mut files = Vec::new();
    for (name, is_directory) in entries(directory) {
        if is_directory {
            let below = Path::new(directory).join(&name);
            let found = files_of(below.to_str().unwrap());
            files.extend(found.into_iter().map(|file| format!("{name}/{file}")));
        } else {
            files.push(name);
        }
    }
    files
}

fn directories_in(directory: &str) -> Vec<String> {
    let entries = entries(directory).into_iter();
    entries
        .filter_map(|(name, is_directory)| is_directory.then_some(name))
        .collect()
}

/// A directory's entries, sorted, and whether each is a directory.
fn entries(directory: &str) -> Vec<(String, bool)> {
    let mut entries: Vec<(String, bool)> = fs::read_dir(fixture(directory))
        .unwrap()
        .map(Result::unwrap)
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path().is_dir()))
        .collect();
    entries.sort();
    entries
}
