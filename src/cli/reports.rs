use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use stateproof::history::History;
use stateproof::report::{ReportError, html, json, junit, junit_of_all, summary};
use stateproof::verdict::{Merged, Verdict};
use thiserror::Error;

/// The history's name in a report's directory.
pub const HISTORY: &str = "run.jsonl";

/// Names the file to which a CI job's summary is appended (GitHub Actions, "Workflow commands: Adding a job summary").
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Why a report is not there.
#[derive(Debug, Error)]
pub enum NotWritten {
    #[error("cannot write {}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Writes every format into a directory, which is made, and gives the files' paths.
pub fn write(directory: &Path, history: &History, verdict: &Verdict) -> Result<Vec<PathBuf>, NotWritten> {
    let files = [
        ("report.html", html(history, verdict)),
        ("report.json", json(history, verdict)?),
        ("junit.xml", junit(history, verdict)?),
        ("summary.md", summary(verdict)),
    ];
    write_files(directory, files.map(|(name, text)| (name.to_owned(), text)))
}

/// Writes what the shares of a suite come to together, and a page for each share: its timeline is its own.
pub fn write_merged(directory: &Path, merged: &Merged) -> Result<Vec<PathBuf>, NotWritten> {
    let Merged { verdict, parts } = merged;
    let histories = || parts.iter().map(|(history, _)| history);
    let begun = |history: &&History| history.records.first().map(|record| record.wall);
    let first = histories().min_by_key(begun).cloned().unwrap_or_default();
    let mut files = vec![
        ("report.json".to_owned(), json(&first, verdict)?),
        ("junit.xml".to_owned(), junit_of_all(histories(), verdict)?),
        ("summary.md".to_owned(), summary(verdict)),
    ];
    for (history, verdict) in parts {
        let index = history.sharded().map_or(0, |sharded| sharded.index);
        files.push((format!("shard-{index}.html"), html(history, verdict)));
    }
    write_files(directory, files)
}

fn write_files(
    directory: &Path,
    files: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<PathBuf>, NotWritten> {
    fs::create_dir_all(directory).map_err(|cause| not_written(directory, cause))?;
    let mut written = Vec::new();
    for (name, text) in files {
        let path = directory.join(name);
        fs::write(&path, text).map_err(|cause| not_written(&path, cause))?;
        written.push(path);
    }
    Ok(written)
}

/// Appends the summary to the CI job's, where there is one.
pub fn append_summary(verdict: &Verdict) -> Result<(), NotWritten> {
    let Some(path) = std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let path = PathBuf::from(path);
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| writeln!(file, "{}", summary(verdict)))
        .map_err(|cause| not_written(&path, cause))
}

fn not_written(path: &Path, cause: io::Error) -> NotWritten {
    NotWritten::File {
        path: path.to_owned(),
        cause,
    }
}
