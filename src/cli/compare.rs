use std::io;
use std::path::{Path, PathBuf};

use stateproof::history::{History, HistoryError};
use stateproof::report::Comparison;
use stateproof::verdict::{Verdict, judge};
use thiserror::Error;

use super::console::{print, say};
use super::exit::Exit;

/// Why two sides cannot be compared.
#[derive(Debug, Error)]
pub(super) enum Incomparable {
    #[error("{}: {cause}", path.display())]
    History { path: PathBuf, cause: HistoryError },
    #[error("cannot read the directory {}: {cause}", path.display())]
    Directory { path: PathBuf, cause: io::Error },
    #[error("there is no history (`*.jsonl`) in {}", path.display())]
    Empty { path: PathBuf },
    #[error("nothing was promised on either side: there is nothing to compare")]
    Nothing,
}

/// Compares two histories, or two directories of them.
pub fn compare_command(old: &Path, new: &Path) -> Exit {
    match compare(old, new) {
        Ok(comparison) => {
            print(&comparison.to_string());
            if comparison.is_worse() {
                Exit::Violated
            } else {
                Exit::Held
            }
        }
        Err(error) => {
            say(format_args!("error: {error}"));
            Exit::Usage
        }
    }
}

fn compare(old: &Path, new: &Path) -> Result<Comparison, Incomparable> {
    let comparison = Comparison::of(&verdicts(old)?, &verdicts(new)?);
    if comparison.promises.is_empty() {
        return Err(Incomparable::Nothing);
    }
    Ok(comparison)
}

fn verdicts(path: &Path) -> Result<Vec<Verdict>, Incomparable> {
    let files = if path.is_dir() {
        files(path, "jsonl")?
    } else {
        vec![path.to_owned()]
    };
    if files.is_empty() {
        return Err(Incomparable::Empty {
            path: path.to_owned(),
        });
    }
    let verdicts = files.into_iter().map(|path| match History::read(&path) {
        Ok(history) => Ok(judge(&history)),
        Err(cause) => Err(Incomparable::History { path, cause }),
    });
    verdicts.collect()
}

/// The files with this extension in a directory and in those in it: a report's directory a run.
pub(super) fn files(directory: &Path, wanted: &str) -> Result<Vec<PathBuf>, Incomparable> {
    let unreadable = |cause| Incomparable::Directory {
        path: directory.to_owned(),
        cause,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // A link is not followed: it may lead back.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            found.extend(files(&path, wanted)?);
        } else if path.extension().is_some_and(|extension| extension == wanted) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
