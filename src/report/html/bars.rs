use super::figure::since;
use crate::report::scale::{Percent, Scale};
use crate::report::writes::{COLUMNS, Column, Gap, Writes};
use crate::verdict::seconds;

/// The rows that were written.
pub(super) struct Bars {
    pub words: String,
    pub columns: usize,
    /// The bars of acknowledged rows, of those among them that were lost, and the marks of those that were not
    /// acknowledged, as SVG paths.
    pub acknowledged: String,
    pub lost: String,
    pub failed: String,
    pub gaps: Vec<GapBand>,
}

/// A time without an acknowledgement.
pub(super) struct GapBand {
    pub x: Percent,
    pub width: Percent,
    pub long: String,
    pub title: String,
    /// Whether there is room for words in it.
    pub roomy: bool,
}

impl GapBand {
    /// Where its words stand.
    pub fn middle(&self) -> Percent {
        self.x.middle(self.width)
    }
}

/// The bars stand on a ground of 100 units; the marks of what failed lie below them.
pub(super) fn bars(writes: &Writes, gaps: &[Gap], scale: Scale) -> Bars {
    const HIGH: u64 = 84;
    let stacked = |rows: fn(&Column) -> u64| {
        path(writes, rows, |index, rows| {
            let top = HIGH - (rows * HIGH / writes.peak.max(1)).max(4);
            format!("M{index} {HIGH}V{top}h.86V{HIGH}z")
        })
    };
    let failed = path(
        writes,
        |column| column.failed,
        |index, _| format!("M{index} 90h1v10h-1z"),
    );
    let gaps: Vec<GapBand> = gaps
        .iter()
        .map(|gap| {
            let x = scale.place(gap.from_us);
            let width = scale.place(gap.to_us).from(x);
            let long = seconds(gap.to_us - gap.from_us);
            GapBand {
                x,
                width,
                title: format!(
                    "{long} without an acknowledged write, {} to {}",
                    since(gap.from_us, scale),
                    since(gap.to_us, scale)
                ),
                long,
                roomy: width.0 >= 12_500,
            }
        })
        .collect();
    let mut words = vec![format!("{} rows acknowledged", writes.acknowledged)];
    let others = [
        (writes.lost, "of them lost"),
        (writes.refused, "refused"),
        (writes.unknown, "of unknown fate"),
    ];
    words.extend(
        others
            .iter()
            .filter(|(rows, _)| *rows > 0)
            .map(|(rows, what)| format!("{rows} {what}")),
    );
    words.extend(gaps.iter().map(|gap| gap.title.clone()));
    Bars {
        words: words.join(", "),
        columns: COLUMNS,
        acknowledged: stacked(|column| column.acknowledged),
        lost: stacked(|column| column.lost),
        failed,
        gaps,
    }
}

/// An SVG path with a piece for each column that has any of these rows.
fn path(writes: &Writes, rows: fn(&Column) -> u64, piece: impl Fn(usize, u64) -> String) -> String {
    let columns = writes.columns.iter().map(rows).enumerate();
    let pieces = columns.filter(|(_, rows)| *rows > 0);
    pieces
        .map(|(index, rows)| piece(index, rows))
        .collect::<Vec<_>>()
        .concat()
}
