use std::path::Path;

use stateproof::history::History;
use stateproof::report::{last_line, render};
use stateproof::verdict::judge;

use super::args::Cli;
use super::console::{print, say, style};
use super::exit::Exit;
use super::reports;

pub const EXIT_CODES: &str = "\
Exit codes:
  0    held: every promise came to what was expected
  1    violated
  2    the history cannot be read
  3    inconclusive: neither shown nor refuted, which is never a pass";

pub const REPORT_EXIT_CODES: &str = "\
Exit codes:
  0    held: every promise came to what was expected
  1    violated
  2    a history cannot be read or used
  3    inconclusive: neither shown nor refuted, which is never a pass
  4    a report cannot be written";

/// Judges a history and prints the report.
pub fn judge_command(cli: &Cli, file: &Path) -> Exit {
    match History::read(file) {
        Ok(history) => {
            let verdict = judge(&history);
            print(&render(&verdict, &style(cli.color)));
            verdict.outcome.into()
        }
        Err(error) => {
            say(format_args!("error: {error}"));
            Exit::Usage
        }
    }
}

/// Makes the reports of a history again.
pub fn report_command(cli: &Cli, file: &Path, out: Option<&Path>) -> Exit {
    let history = match History::read(file) {
        Ok(history) => history,
        Err(error) => {
            say(format_args!("error: {error}"));
            return Exit::Usage;
        }
    };
    let verdict = judge(&history);
    let beside = file.parent().unwrap_or(Path::new(""));
    let written = reports::write(out.unwrap_or(beside), &history, &verdict);
    let summed = written.and_then(|written| reports::append_summary(&verdict).map(|()| written));
    match summed {
        Ok(files) => {
            if !cli.quiet {
                for file in files {
                    eprintln!("wrote {}", file.display());
                }
            }
            print(&last_line(&verdict));
            verdict.outcome.into()
        }
        Err(error) => {
            say(format_args!("error: {error}"));
            Exit::Setup
        }
    }
}
