//! What judges and tells is pure: it reaches neither a cluster, nor a driver, nor a file.

use std::fs;
use std::path::{Path, PathBuf};

/// What the stages before a run and after it have no business with.
const IMPURE: [&str; 13] = [
    "kube",
    "tokio",
    "tokio_postgres",
    "mysql_async",
    "mongodb",
    "std::fs",
    "std::process",
    "std::env",
    "crate::cluster",
    "crate::engine",
    "crate::fault",
    "crate::run",
    "crate::vantage",
];

/// Every source below a directory, by its path.
fn sources(directory: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// The lines of code, without comments, that name a path: `kube::Client`, `use kube;`, `use std::{fs, io}`.
fn naming<'t>(text: &'t str, path: &str) -> Vec<&'t str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .filter(|line| names(line, path) || in_braces(line, path))
        .collect()
}

/// Whether the path stands there as one, and not as a part of a word.
fn names(line: &str, path: &str) -> bool {
    let of_a_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    line.match_indices(path).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + path.len()..]);
        let whole =
            !before.ends_with(of_a_word) && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        // A name by itself may be a word of a text; a path is code.
        whole && (path.contains("::") || after.starts_with("::") || before.trim_end().ends_with("use"))
    })
}

/// `use std::{fs, io};`, `use crate::{plan, run};`
fn in_braces(line: &str, path: &str) -> bool {
    let Some((root, name)) = path.split_once("::") else {
        return false;
    };
    let listed = line.trim_start().strip_prefix(&format!("use {root}::{{"));
    listed.is_some_and(|listed| {
        let mut words = listed.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        words.any(|word| word == name)
    })
}

#[test]
fn what_judges_and_tells_reaches_nothing() {
    let mut seen = 0;
    for stage in ["lint", "report", "verdict"] {
        for (path, text) in sources(stage) {
            for impure in IMPURE {
                let found = naming(&text, impure);
                assert!(found.is_empty(), "{} names {impure}: {found:?}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} files were looked at");
}

/// Rules look at the model of a workload: what they need of the text is that one's to read.
#[test]
fn no_rule_reads_raw_yaml() {
    let rules = sources("lint/rules");
    assert!(rules.len() > 30, "{}", rules.len());
    for (path, text) in rules {
        assert!(!text.contains(".json()"), "{} reads the manifest", path.display());
    }
}

/// The twin: where a run is made, what is looked for is found.
#[test]
fn what_runs_is_seen_to_reach_something() {
    let all = sources("");
    for impure in IMPURE {
        let found = all.iter().any(|(_, text)| !naming(text, impure).is_empty());
        assert!(found, "{impure} is found nowhere");
    }
    assert_eq!(naming("use std::{fs, io};", "std::fs").len(), 1);
    assert_eq!(
        naming("use kube;\nlet a = \"a kube\";\n// kube::Client", "kube").len(),
        1
    );
}
