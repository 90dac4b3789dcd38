use std::path::{Path, PathBuf};

use stateproof::history::{History, HistoryError};
use stateproof::report::{Style, render};
use stateproof::verdict::{Merged, merge};

use super::console::{print, say};
use super::exit::Exit;
use super::reports::{self, HISTORY};

/// Merges the shards of a suite, prints the report, and writes what was asked for.
pub fn merge_command(runs: &[PathBuf], report: Option<&Path>, style: Style) -> Exit {
    let merged = match read(runs).map_err(|(path, cause)| format!("{}: {cause}", path.display())) {
        Ok(histories) => merge(&histories).map_err(|error| error.to_string()),
        Err(error) => Err(error),
    };
    let merged = match merged {
        Ok(merged) => merged,
        Err(error) => {
            say(format_args!("error: {error}"));
            return Exit::Usage;
        }
    };
    print(&render(&merged.verdict, &style));
    match written(report, &merged) {
        Ok(()) => merged.verdict.outcome.into(),
        Err(error) => {
            say(format_args!("error: {error}"));
            Exit::Setup
        }
    }
}

fn read(runs: &[PathBuf]) -> Result<Vec<History>, (PathBuf, HistoryError)> {
    let histories = runs.iter().map(|run| {
        let file = if run.is_dir() {
            run.join(HISTORY)
        } else {
            run.clone()
        };
        History::read(&file).map_err(|cause| (run.clone(), cause))
    });
    histories.collect()
}

fn written(report: Option<&Path>, merged: &Merged) -> Result<(), reports::NotWritten> {
    if let Some(directory) = report {
        reports::write_merged(directory, merged)?;
    }
    reports::append_summary(&merged.verdict)
}
