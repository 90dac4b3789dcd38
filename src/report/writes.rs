use super::scale::Scale;
use crate::history::{DrillId, Event, Record, WriteFate, WriteOutcome};
use crate::verdict::{RecoveryTimes, RowAccount};

/// How many columns the rows are counted in: about as many as a picture has pixels for bars.
pub(super) const COLUMNS: usize = 240;

/// Rows by the time at which their fate was known, counted in equal columns: a million rows take no more room than a
/// hundred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Writes {
    pub columns: Vec<Column>,
    /// The largest number of acknowledged rows in a column.
    pub peak: u64,
    pub acknowledged: u64,
    /// How many of these the final read did not find.
    pub lost: u64,
    pub refused: u64,
    pub unknown: u64,
}

/// The rows of one column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Column {
    pub acknowledged: u64,
    /// How many of these the final read did not find.
    pub lost: u64,
    /// Refused, or with a fate that nobody knows.
    pub failed: u64,
}

/// The longest time without an acknowledgement, in microseconds since the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub from_us: u64,
    pub to_us: u64,
}

impl Writes {
    /// Counts the rows of a drill, or of all; none where none were written.
    pub fn count(
        records: &[Record],
        drill: Option<&DrillId>,
        accounts: &[RowAccount],
        scale: Scale,
    ) -> Option<Self> {
        let mut writes = Self {
            columns: vec![Column::default(); COLUMNS],
            peak: 0,
            acknowledged: 0,
            lost: 0,
            refused: 0,
            unknown: 0,
        };
        for (drill, outcome) in outcomes(records, drill) {
            let column = &mut writes.columns[scale.column(outcome.done_us, COLUMNS)];
            match outcome.fate {
                WriteFate::Acknowledged => {
                    writes.acknowledged += 1;
                    column.acknowledged += 1;
                    writes.peak = writes.peak.max(column.acknowledged);
                    // Keys are a drill's own.
                    let account = accounts.iter().find(|account| account.drill == *drill);
                    if account.is_some_and(|account| account.lost.contains(outcome.key)) {
                        writes.lost += 1;
                        column.lost += 1;
                    }
                }
                WriteFate::Refused(_) => {
                    writes.refused += 1;
                    column.failed += 1;
                }
                WriteFate::Unknown(_) => {
                    writes.unknown += 1;
                    column.failed += 1;
                }
            }
        }
        (writes.acknowledged + writes.refused + writes.unknown > 0).then_some(writes)
    }
}

impl Gap {
    /// Where the longest gap of a drill lies, which the verdict has measured.
    pub fn of(records: &[Record], times: &RecoveryTimes) -> Option<Self> {
        let longest = times.write_gap_us?;
        let mut done: Vec<u64> = outcomes(records, Some(&times.drill))
            .filter(|(_, outcome)| outcome.fate == WriteFate::Acknowledged)
            .map(|(_, outcome)| outcome.done_us)
            .collect();
        done.sort_unstable();
        // Two may be as long: the verdict's is the one that ends after the fault, and so does the last.
        done.windows(2).rev().find_map(|pair| match *pair {
            [from_us, to_us] if to_us - from_us == longest => Some(Self { from_us, to_us }),
            _ => None,
        })
    }
}

fn outcomes<'h>(
    records: &'h [Record],
    wanted: Option<&DrillId>,
) -> impl Iterator<Item = (&'h DrillId, &'h WriteOutcome)> {
    records
        .iter()
        .filter_map(move |record| match &record.event {
            Event::Wrote { drill, outcomes, .. } if wanted.is_none_or(|wanted| wanted == drill) => {
                Some((drill, outcomes))
            }
            _ => None,
        })
        .flat_map(|(drill, outcomes)| outcomes.iter().map(move |outcome| (drill, outcome)))
}
