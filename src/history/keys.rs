use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A set of row keys, kept and written as ranges: a ledger's keys are mostly consecutive.
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
#[serde(transparent)]
pub struct Keys(Vec<(u64, u64)>);

impl Keys {
    /// The keys one by one, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(|&(first, last)| first..=last)
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0
            .iter()
            .map(|&(first, last)| (last - first).saturating_add(1))
            .sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<u64> for Keys {
    fn from_iter<I: IntoIterator<Item = u64>>(keys: I) -> Self {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for key in keys.into_iter().collect::<BTreeSet<_>>() {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(key) => *last = key,
                _ => ranges.push((key, key)),
            }
        }
        Self(ranges)
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
