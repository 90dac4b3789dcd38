use std::fmt;

use crate::plan::Outcome;

/// How often a promise came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In so many runs it came to what was expected.
    pub held: usize,
    /// In so many it was neither shown nor refuted.
    pub inconclusive: usize,
    /// In so many it did not.
    pub violated: usize,
}

impl Tally {
    /// The worst outcome; none where no run has the promise.
    ///
    /// ```
    /// use stateproof::plan::Outcome;
    /// use stateproof::report::Tally;
    ///
    /// let flaky = Tally { held: 2, violated: 1, ..Tally::default() };
    /// assert_eq!(flaky.worst(), Some(Outcome::Violated));
    /// assert_eq!(flaky.to_string(), "Violated in 1 of 3");
    /// ```
    #[must_use]
    pub fn worst(self) -> Option<Outcome> {
        if self.violated > 0 {
            Some(Outcome::Violated)
        } else if self.inconclusive > 0 {
            Some(Outcome::Inconclusive)
        } else {
            (self.held > 0).then_some(Outcome::Held)
        }
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Held => self.held += 1,
            Outcome::Inconclusive => self.inconclusive += 1,
            Outcome::Violated => self.violated += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.held + self.inconclusive + self.violated;
        let Some(worst) = self.worst() else {
            return f.write_str("not checked");
        };
        let times = match worst {
            Outcome::Held => self.held,
            Outcome::Inconclusive => self.inconclusive,
            Outcome::Violated => self.violated,
        };
        if all == 1 {
            write!(f, "{worst}")
        } else {
            write!(f, "{worst} in {times} of {all}")
        }
    }
}
