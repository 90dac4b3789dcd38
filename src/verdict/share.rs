use serde::{Deserialize, Serialize};

use crate::history::{Event, History};

/// How much of a time was the harness's own: nothing in the cluster was under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HarnessShare {
    /// The whole time, in microseconds.
    pub total_us: u64,
    /// The part of it in which the harness waited for the cluster, or for a server in it, in microseconds.
    pub waited_us: u64,
}

impl HarnessShare {
    /// The rest, in microseconds.
    #[must_use]
    pub fn own_us(&self) -> u64 {
        self.total_us.saturating_sub(self.waited_us)
    }

    /// The rest, in thousandths of the whole.
    #[must_use]
    pub fn own_per_mille(&self) -> u64 {
        self.own_us()
            .saturating_mul(1000)
            .checked_div(self.total_us)
            .unwrap_or(0)
    }
}

/// The harness's share of the time between two points of a history, in microseconds since the run began: the whole
/// less the union of what was waited for.
///
/// ```
/// use stateproof::history::{Event, Recorder, Span};
/// use stateproof::verdict::harness_share;
///
/// let recorder = Recorder::in_memory();
/// for (from_us, to_us) in [(0, 40), (30, 80), (95, 120)] {
///     recorder.record(Event::Waited(Span { what: "Pod postgres-0 Ready".into(), from_us, to_us }))?;
/// }
/// let share = harness_share(&recorder.history(), 0, 100);
/// assert_eq!((share.total_us, share.waited_us, share.own_us()), (100, 85, 15));
/// # Ok::<(), stateproof::history::HistoryError>(())
/// ```
#[must_use]
pub fn harness_share(history: &History, from_us: u64, to_us: u64) -> HarnessShare {
    let mut spans: Vec<(u64, u64)> = history
        .records
        .iter()
        .filter_map(|record| match &record.event {
            Event::Waited(span) => Some((span.from_us.max(from_us), span.to_us.min(to_us))),
            _ => None,
        })
        .filter(|(from, to)| from < to)
        .collect();
    spans.sort_unstable();
    let mut waited_us = 0;
    let mut until = from_us;
    for (from, to) in spans {
        if to > until {
            waited_us += to - from.max(until);
            until = to;
        }
    }
    HarnessShare {
        total_us: to_us.saturating_sub(from_us),
        waited_us,
    }
}
