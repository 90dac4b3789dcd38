//! `stateproof lint`: every rule on its fixtures, no false alarms, the documents, the formats, the command.

mod claims;
mod command;
mod documents;
mod fix;
mod foreseen;
mod formats;
mod good;
mod input;
mod rules;
mod suppression;

use std::path::Path;

use stateproof::lint::{Lint, lint};
use stateproof::manifest::ManifestSet;

/// What the rules say of a file or a directory.
fn lint_path(path: &Path) -> Lint {
    let set = ManifestSet::read(&[path.to_owned()]).unwrap_or_else(|problems| panic!("{problems}"));
    lint(&set, "default")
}

/// What the rules say of a text.
fn lint_str(text: &str) -> Lint {
    let set = ManifestSet::from_str("set.yaml", text).unwrap_or_else(|problems| panic!("{problems}"));
    lint(&set, "default")
}

/// Rule and line of each finding.
fn found(lint: &Lint) -> Vec<(&'static str, usize)> {
    let findings = lint.findings.iter();
    findings
        .map(|finding| (finding.rule.id, finding.place().line()))
        .collect()
}

/// The findings, a line each.
fn listed(lint: &Lint) -> String {
    let lines: Vec<String> = lint.findings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
