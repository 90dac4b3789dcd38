use std::fmt;

use crate::verdict::seconds;

/// A time over several runs, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The shortest.
    pub min: u64,
    /// The one in the middle, or the mean of the two.
    pub median: u64,
    /// Nineteen of twenty are no longer (the nearest rank).
    pub p95: u64,
    /// The longest.
    pub max: u64,
    /// In how many runs it was measured.
    pub count: usize,
}

impl Spread {
    /// Of these times; none where there are none.
    ///
    /// ```
    /// use stateproof::report::Spread;
    ///
    /// let spread = Spread::of(vec![30, 10, 20, 60]).unwrap();
    /// assert_eq!((spread.min, spread.median, spread.max, spread.count), (10, 25, 60, 4));
    /// assert_eq!(Spread::of((1..=100).collect()).unwrap().p95, 95);
    /// ```
    #[must_use]
    pub fn of(mut times: Vec<u64>) -> Option<Self> {
        times.sort_unstable();
        let count = times.len();
        let (min, max) = (*times.first()?, *times.last()?);
        Some(Self {
            min,
            median: u64::midpoint(times[(count - 1) / 2], times[count / 2]),
            p95: times[(count * 95).div_ceil(100) - 1],
            max,
            count,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [min, median, max] = [self.min, self.median, self.max].map(bare);
        if self.count == 1 {
            f.pad(&median)
        } else {
            f.pad(&format!("{min} {median} {max}"))
        }
    }
}

/// Seconds without their unit.
pub(super) fn bare(us: u64) -> String {
    seconds(us).trim_end_matches(" s").to_owned()
}
