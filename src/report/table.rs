use super::page::Page;
use super::rounds;
use crate::verdict::{RecoveryTimes, seconds};

/// The name of a step of the recovery, and when it was reached.
pub(super) type Milestone = (&'static str, fn(&RecoveryTimes) -> Option<u64>);

/// The steps of a recovery, in the order in which they mostly come, and the longest gap between acknowledgements.
pub(super) const MILESTONES: [Milestone; 9] = [
    ("accepted", |times| times.accepted_us),
    ("pod gone", |times| times.gone_us),
    ("new pod created", |times| times.created_us),
    ("scheduled", |times| times.scheduled_us),
    ("server started", |times| times.started_us),
    ("Ready", |times| times.ready_us),
    ("name answers", |times| times.answers_us),
    ("first write", |times| times.write_us),
    ("longest write gap", |times| times.write_gap_us),
];

/// The recovery times of one workload's drills: a row a milestone, a column a drill, so that it fits.
pub(super) fn recovery(page: &mut Page, drills: &[&RecoveryTimes]) {
    let label_width = MILESTONES.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let widths: Vec<usize> = drills
        .iter()
        .map(|times| times.drill.drill.name().len().max(8))
        .collect();
    let row = |label: &str, cells: &[String]| {
        let cells = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("  {cell:>width$}"));
        format!("{label:label_width$}{}", cells.collect::<String>())
    };
    let names: Vec<String> = drills
        .iter()
        .map(|times| times.drill.drill.name().to_owned())
        .collect();
    page.raw(&row("", &names));
    for (label, milestone) in MILESTONES {
        let cells = drills
            .iter()
            .map(|times| milestone(times).map_or("—".into(), seconds));
        page.raw(&row(label, &cells.collect::<Vec<_>>()));
    }
}

/// The recovery times of one workload's drills over many rounds: a block a drill.
pub(super) fn spreads(page: &mut Page, drills: &[&RecoveryTimes]) {
    let label_width = MILESTONES.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let row = |label: &str, cells: &[String]| {
        let cells = cells.iter().map(|cell| format!("  {cell:>9}"));
        format!("{label:label_width$}{}", cells.collect::<String>())
    };
    for (id, steps) in rounds::spreads(drills) {
        page.raw(&row(id.drill.name(), &rounds::COLUMNS.map(str::to_owned)));
        for (name, spread) in steps {
            page.raw(&row(name, &rounds::cells(&spread)));
        }
    }
}
