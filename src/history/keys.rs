use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of row keys, kept and written as ranges: a ledger's keys are mostly consecutive.
///
/// Every operation works on the ranges and takes time in proportion to their number, not to that of the keys.
///
/// ```
/// use stateproof::history::Keys;
///
/// let keys: Keys = [3, 1, 2, 7].into_iter().collect();
/// assert_eq!(keys.to_string(), "1-3, 7");
/// assert_eq!(serde_json::to_string(&keys).unwrap(), "[[1,3],[7,7]]");
/// assert_eq!(keys.len(), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u64, u64)>")]
pub struct Keys(Vec<(u64, u64)>);

impl Keys {
    /// The keys one by one, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(|&(first, last)| first..=last)
    }

    /// The keys as ranges, first and last key of each, ascending and with at least one key between them.
    #[must_use]
    pub fn ranges(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// How many keys there are; `u64::MAX` where there are more.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0
            .iter()
            .map(|&(first, last)| (last - first).saturating_add(1))
            .fold(0, u64::saturating_add)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key is in the set.
    ///
    /// ```
    /// use stateproof::history::Keys;
    ///
    /// let lost: Keys = [1, 2, 3, 7].into_iter().collect();
    /// assert!(lost.contains(3) && !lost.contains(4));
    /// ```
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        let after = self.0.partition_point(|&(first, _)| first <= key);
        after.checked_sub(1).is_some_and(|index| key <= self.0[index].1)
    }

    /// The keys that are in either set.
    ///
    /// ```
    /// use stateproof::history::Keys;
    ///
    /// let low: Keys = (1..=3).collect();
    /// let high: Keys = (3..=5).collect();
    /// assert_eq!(low.union(&high).to_string(), "1-5");
    /// ```
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&other.0).copied().collect())
    }

    /// The keys of this set that are not in the other.
    ///
    /// ```
    /// use stateproof::history::Keys;
    ///
    /// let acknowledged: Keys = (1..=5).collect();
    /// let read: Keys = [1, 2, 4].into_iter().collect();
    /// assert_eq!(acknowledged.difference(&read).to_string(), "3, 5");
    /// ```
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut holes = other.0.iter().copied().peekable();
        for &(range_first, last) in &self.0 {
            let mut first = range_first;
            loop {
                while holes.peek().is_some_and(|&(_, end)| end < first) {
                    holes.next();
                }
                match holes.peek() {
                    Some(&(start, end)) if start <= last => {
                        if start > first {
                            left.push((first, start - 1));
                        }
                        // The hole may reach into the next range, so it is not taken off here.
                        if end >= last {
                            break;
                        }
                        first = end + 1;
                    }
                    _ => {
                        left.push((first, last));
                        break;
                    }
                }
            }
        }
        Self(left)
    }

    /// The keys that are in both sets.
    ///
    /// ```
    /// use stateproof::history::Keys;
    ///
    /// let unknown: Keys = [7, 9].into_iter().collect();
    /// let read: Keys = (1..=7).collect();
    /// assert_eq!(unknown.intersection(&read).to_string(), "7");
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.difference(&self.difference(other))
    }

    /// Sorts ranges and joins those that touch or overlap. No range may be reversed.
    fn from_ranges(mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.sort_unstable();
        ranges.dedup_by(|&mut (first, last), (_, end)| {
            let touches = first <= end.saturating_add(1);
            if touches {
                *end = last.max(*end);
            }
            touches
        });
        // There are as many sets of keys as records in a history, and most are of one range.
        ranges.shrink_to_fit();
        Self(ranges)
    }
}

impl FromIterator<u64> for Keys {
    fn from_iter<I: IntoIterator<Item = u64>>(keys: I) -> Self {
        Self::from_ranges(keys.into_iter().map(|key| (key, key)).collect())
    }
}

impl TryFrom<Vec<(u64, u64)>> for Keys {
    type Error = String;

    /// # Errors
    ///
    /// When a range ends before it begins.
    fn try_from(ranges: Vec<(u64, u64)>) -> Result<Self, Self::Error> {
        match ranges.iter().find(|(first, last)| first > last) {
            Some((first, last)) => Err(format!(
                "the range of keys [{first},{last}] ends before it begins"
            )),
            None => Ok(Self::from_ranges(ranges)),
        }
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, &(first, last)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            if first == last {
                write!(f, "{separator}{first}")?;
            } else {
                write!(f, "{separator}{first}-{last}")?;
            }
        }
        Ok(())
    }
}
