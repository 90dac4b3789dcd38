use askama::Template;

use super::drill::{Badge, DrillSection, named};
use super::facts::{Servers, servers};
use super::figure::{Done, Figure, Subject, faults};
use super::filters;
use super::rounds::{Repeated, repeated};
use super::why::{Why, why};
use crate::history::{DrillId, History};
use crate::report::lanes::{Lane, lanes};
use crate::report::scale::Scale;
use crate::report::stretch::stretches;
use crate::report::wording::{last_line, or_unknown};
use crate::report::writes::{Gap, Writes};
use crate::verdict::{PromiseVerdict, Verdict, seconds};

/// The page.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'v> {
    verdict: &'v Verdict,
    outcome: Badge,
    headline: String,
    /// When the run began, where the history has a beginning.
    begun: Option<String>,
    took: String,
    why: Vec<Why>,
    overview: Option<Figure>,
    drills: Vec<DrillSection>,
    /// What became of the drills that were done in rounds.
    repeated: Vec<Repeated>,
    servers: Vec<Servers<'v>>,
    own: String,
    waited: String,
}

/// A verdict with its history as one HTML page, which needs nothing but itself: no network, no script.
///
/// The same history gives the same bytes. Names, logs and what servers say are escaped and kept to themselves, whatever
/// characters are in them.
///
/// ```
/// use stateproof::history::History;
/// use stateproof::report::html;
/// use stateproof::verdict::judge;
///
/// let lines = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/histories/lose-pod.jsonl"));
/// let history = History::parse(lines)?;
/// let page = html(&history, &judge(&history));
/// assert!(page.starts_with("<!doctype html>") && page.contains("Held"));
/// # Ok::<(), stateproof::history::HistoryError>(())
/// ```
#[must_use]
pub fn html(history: &History, verdict: &Verdict) -> String {
    let stretches = stretches(history);
    let lanes = lanes(history, verdict, history.plans());
    let faults = faults(history);
    let drills = verdict
        .promises
        .chunk_by(|one, next| one.drill == next.drill)
        .filter(|promises| is_shown(promises))
        .zip(1..)
        .filter_map(|(promises, number)| {
            let stretch = promises
                .first()
                .and_then(|promise| stretches.get(&promise.drill).copied());
            DrillSection::of(number, promises, history, verdict, stretch, (&lanes, &faults))
        })
        .collect();
    let mut begun: Vec<(&DrillId, u64, u64)> = stretches
        .iter()
        .map(|(id, stretch)| (*id, stretch.from_us, stretch.to_us))
        .collect();
    begun.sort_by_key(|(_, from_us, _)| *from_us);
    let page = Page {
        verdict,
        outcome: verdict.outcome.into(),
        headline: headline(verdict),
        begun: history
            .records
            .first()
            .map(|record| record.wall.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        took: seconds(verdict.share.total_us),
        why: why(history, verdict, &stretches),
        overview: overview(history, verdict, &begun, &lanes, &faults),
        drills,
        repeated: repeated(verdict),
        servers: servers(verdict),
        own: seconds(verdict.share.own_us()),
        waited: seconds(verdict.share.waited_us),
    };
    // Writing to a String fails only where a value's own Display does, and none of them does.
    let mut text = page
        .render()
        .unwrap_or_else(|error| format!("<!doctype html><p>{error}</p>"));
    text.push('\n');
    text
}

/// Whether a drill gets a section of its own: of those that are done in rounds the first, and each that did not come to
/// what was expected. A hundred pictures of the same would hide the one that differs.
fn is_shown(promises: &[PromiseVerdict]) -> bool {
    promises
        .iter()
        .any(|promise| promise.drill.round <= 1 || !promise.passed())
}

/// The verdict's last line without its first word, which stands above it.
fn headline(verdict: &Verdict) -> String {
    let line = last_line(verdict);
    let rest = line.split_once(": ").map_or(line.as_str(), |(_, rest)| rest);
    let mut letters = rest.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn overview(
    history: &History,
    verdict: &Verdict,
    begun: &[(&DrillId, u64, u64)],
    lanes: &[Lane],
    faults: &[Done],
) -> Option<Figure> {
    let scale = Scale {
        from: 0,
        to: history.records.last()?.at_us,
        origin: 0,
    };
    if lanes.is_empty() && begun.is_empty() {
        return None;
    }
    let several = verdict.facts.workloads.len() > 1;
    let bands = begun.iter().map(|(id, from_us, to_us)| {
        let name = if several { id.to_string() } else { named(id) };
        (name, *from_us, *to_us)
    });
    let subject = Subject {
        scale,
        origin: "since the run began",
        workload: None,
        drill: None,
        bands: bands.collect(),
        writes: Writes::count(&history.records, None, &verdict.rows, scale),
        gaps: verdict
            .recovery
            .iter()
            .filter_map(|times| Gap::of(&history.records, times))
            .collect(),
    };
    Some(Figure::of(subject, lanes, faults))
}
