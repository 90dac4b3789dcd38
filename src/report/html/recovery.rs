use crate::report::scale::{Percent, Scale};
use crate::report::table::MILESTONES;
use crate::verdict::{RecoveryTimes, seconds};

/// A recovery, part by part.
pub(super) struct Recovery {
    pub parts: Vec<Part>,
    /// The longest time between two acknowledgements.
    pub gap: Option<String>,
}

/// One step of it.
pub(super) struct Part {
    pub name: &'static str,
    /// When it was reached, since the fault was requested; none where that was not seen.
    pub at: Option<String>,
    /// How long after the latest step before it.
    pub took: Option<String>,
    pub x: Percent,
    pub width: Percent,
}

impl Part {
    /// Where it was reached.
    pub fn end(&self) -> Percent {
        self.x.plus(self.width)
    }
}

impl Recovery {
    pub fn of(times: &RecoveryTimes) -> Self {
        let steps = &MILESTONES[..MILESTONES.len() - 1];
        let reached = steps.iter().filter_map(|(_, reached)| reached(times));
        let scale = Scale {
            from: 0,
            to: reached.max().unwrap_or(0),
            origin: 0,
        };
        let mut before = 0;
        let parts = steps.iter().map(|(name, reached)| {
            let at = reached(times);
            let from = at.map_or(before, |at| before.min(at));
            let took = at.and_then(|at| at.checked_sub(before));
            let x = scale.place(from);
            let width = scale.place(at.unwrap_or(from)).from(x);
            before = before.max(at.unwrap_or(0));
            Part {
                name,
                at: at.map(seconds),
                took: took.map(seconds),
                // Steps come in another order at times: such a one is a point.
                x: if took.is_some() {
                    x
                } else {
                    scale.place(at.unwrap_or(0))
                },
                width: if took.is_some() { width } else { Percent(0) },
            }
        });
        Self {
            parts: parts.collect(),
            gap: times.write_gap_us.map(seconds),
        }
    }
}
