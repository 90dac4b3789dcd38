use std::path::Path;

use stateproof::history::History;
use stateproof::report::Campaign;
use stateproof::verdict::judge;

use super::compare::{Incomparable, histories};
use super::console::{print, say};
use super::exit::Exit;

/// Prints what the histories in a directory come to, as Markdown.
pub fn campaign_command(directory: &Path) -> Exit {
    match campaign(directory) {
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

/// One history at a time: a night's would not fit into memory, their verdicts do.
fn campaign(directory: &Path) -> Result<Campaign, Incomparable> {
    let mut runs = Vec::new();
    for path in histories(directory)? {
        let history = History::read(&path).map_err(|cause| Incomparable::History { path, cause })?;
        let begun = history.records.first().map(|record| record.wall);
        runs.extend(begun.map(|begun| (begun, judge(&history))));
    }
    if runs.is_empty() {
        return Err(Incomparable::Empty {
            path: directory.to_owned(),
        });
    }
    Ok(Campaign::of(runs))
}
