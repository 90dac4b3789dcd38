use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use stateproof::history::History;
use stateproof::report::Campaign;
use stateproof::verdict::judge;
use thiserror::Error;

use super::compare::{Incomparable, files};
use super::console::{print, say};
use super::exit::Exit;

#[derive(Debug, Args)]
pub struct CampaignArgs {
    /// A directory with histories (`*.jsonl`), or with what --json has printed (`*.json`)
    directory: PathBuf,

    /// Print as JSON what was counted, to be kept in place of the histories
    #[arg(long)]
    json: bool,

    /// The machine that the runs were done on, to be told with their figures
    #[arg(long, value_name = "TEXT")]
    machine: Option<String>,
}

/// Why a campaign cannot be counted.
#[derive(Debug, Error)]
enum Uncountable {
    #[error(transparent)]
    Histories(#[from] Incomparable),
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{}: not what `stateproof campaign --json` has printed: {cause}", path.display())]
    NoCount { path: PathBuf, cause: serde_json::Error },
    #[error("there is neither a history (`*.jsonl`) nor a count (`*.json`) in {}", path.display())]
    Empty { path: PathBuf },
}

/// Prints what the histories or counts in a directory come to, as Markdown.
pub fn campaign_command(given: &CampaignArgs) -> Exit {
    let counted = campaign(&given.directory).map(|mut campaign| {
        campaign.machines.extend(given.machine.clone());
        campaign
    });
    match counted {
        Ok(campaign) if given.json => {
            print(&format!("{}\n", serde_json::json!(campaign)));
            Exit::Held
        }
        Ok(campaign) => {
            print(&campaign.to_string());
            Exit::Held
        }
        Err(error) => {
            say(format_args!("error: {error}"));
            Exit::Usage
        }
    }
}

/// One history at a time: a night's would not fit into memory, their verdicts do. A count beside histories is a report
/// of theirs.
fn campaign(directory: &Path) -> Result<Campaign, Uncountable> {
    let mut runs = Vec::new();
    for path in files(directory, "jsonl")? {
        let history = History::read(&path).map_err(|cause| Incomparable::History { path, cause })?;
        let begun = history.records.first().map(|record| record.wall);
        runs.extend(begun.map(|begun| (begun, judge(&history))));
    }
    if !runs.is_empty() {
        return Ok(Campaign::of(runs));
    }
    let mut campaign = Campaign::default();
    for path in files(directory, "json")? {
        let text = std::fs::read(&path);
        let text = text.map_err(|cause| Uncountable::Unreadable {
            path: path.clone(),
            cause,
        })?;
        let count = serde_json::from_slice(&text);
        campaign.merge(count.map_err(|cause| Uncountable::NoCount { path, cause })?);
    }
    if campaign.runs == 0 {
        return Err(Uncountable::Empty {
            path: directory.to_owned(),
        });
    }
    Ok(campaign)
}
