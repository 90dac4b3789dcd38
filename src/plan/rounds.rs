use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Drill, Plan, PlannedDrill};

/// How often the drills are done, and in which order.
///
/// Rounds are counted from 1. What destroys the rows on purpose, or awaits an end, is done once, after the last round:
/// it stands in round 0, as everything does where nothing is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounds {
    /// So many, or with a time at most so many.
    pub limit: u32,
    /// No round is begun once so many seconds have gone by since the first was; none: the number alone decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// Decides the order of the drills within each round; none: always that of [`Drill::ALL`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Rounds {
    /// The most rounds that a time alone can come to: a bound for what a history has to hold.
    pub const MOST: u32 = 10_000;

    /// What was asked for; none where nothing was.
    ///
    /// ```
    /// use std::time::Duration;
    /// use stateproof::plan::Rounds;
    ///
    /// assert_eq!(Rounds::asked(None, None, None), None);
    /// let rounds = Rounds::asked(Some(30), Some(Duration::from_mins(10)), Some(7)).unwrap();
    /// assert_eq!(rounds.to_string(), "30 rounds, none begun after 600 s, in an order of seed 7");
    /// assert_eq!(Rounds::asked(None, None, Some(7)).unwrap().limit, 1);
    /// assert_eq!(Rounds::asked(None, Some(Duration::from_secs(9)), None).unwrap().limit, Rounds::MOST);
    /// ```
    #[must_use]
    pub fn asked(repeat: Option<u32>, duration: Option<Duration>, seed: Option<u64>) -> Option<Self> {
        if repeat.is_none() && duration.is_none() && seed.is_none() {
            return None;
        }
        let most = if duration.is_some() { Self::MOST } else { 1 };
        Some(Self {
            limit: repeat.unwrap_or(most).max(1),
            seconds: duration.map(|duration| duration.as_secs()),
            seed,
        })
    }

    /// Whether another round is begun after so many, so long since the first was. The first always is.
    ///
    /// ```
    /// use std::time::Duration;
    /// use stateproof::plan::Rounds;
    ///
    /// let rounds = Rounds { limit: 3, seconds: Some(60), seed: None };
    /// assert!(rounds.goes_on(0, Duration::from_secs(61)) && rounds.goes_on(2, Duration::from_secs(59)));
    /// assert!(!rounds.goes_on(2, Duration::from_secs(60)) && !rounds.goes_on(3, Duration::ZERO));
    /// ```
    #[must_use]
    pub fn goes_on(&self, begun: u32, since: Duration) -> bool {
        let in_time = self.seconds.is_none_or(|seconds| since.as_secs() < seconds);
        begun == 0 || (begun < self.limit && in_time)
    }
}

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = if self.limit == 1 { "round" } else { "rounds" };
        match self.seconds {
            Some(seconds) if self.limit == Self::MOST => write!(f, "as many rounds as begin in {seconds} s")?,
            Some(seconds) => write!(f, "{} {rounds}, none begun after {seconds} s", self.limit)?,
            None => write!(f, "{} {rounds}", self.limit)?,
        }
        match self.seed {
            Some(seed) => write!(f, ", in an order of seed {seed}"),
            None => Ok(()),
        }
    }
}

impl Plan {
    /// The drills of a round, in the order in which it takes them. The same seed gives the same order, whatever
    /// machine or version of stateproof asks.
    ///
    /// ```
    /// # use stateproof::manifest::ManifestSet;
    /// # use stateproof::workload::discover;
    /// use stateproof::plan::{Drill, Plan, Rounds, Selection};
    ///
    /// # let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
    /// # let workload = discover(&set, "default")?.remove(0).workload;
    /// let rounds = Some(Rounds { limit: 30, seconds: None, seed: Some(7) });
    /// let plan = Plan::new(workload, &Selection { rounds, ..Selection::default() });
    /// let drills = |round| plan.round(round).iter().map(|planned| planned.drill).collect::<Vec<_>>();
    /// assert_eq!(drills(17), drills(17));
    /// assert_eq!(drills(0), [Drill::DeleteClaim]);
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn round(&self, round: u32) -> Vec<&PlannedDrill> {
        let Some(rounds) = self.rounds else {
            return if round == 0 {
                self.drills.iter().collect()
            } else {
                Vec::new()
            };
        };
        let once = |planned: &&PlannedDrill| planned.drill.is_done_once();
        let (last, repeated): (Vec<_>, Vec<_>) = self.drills.iter().partition(once);
        if round == 0 {
            return last;
        }
        let mut drills = repeated;
        if let Some(seed) = rounds.seed {
            drills.sort_by_key(|planned| lot(seed, round, planned.drill));
        }
        drills
    }
}

impl Drill {
    /// Whether it is done once however many rounds there are: it ends with the rows gone on purpose, or is all that is
    /// done.
    #[must_use]
    pub fn is_done_once(self) -> bool {
        matches!(self, Self::DeleteClaim | Self::ExpectFailure)
    }
}

/// A drill's place among those of its round: a number drawn by its name alone, so that a drill more or less leaves the
/// order of the others as it was.
fn lot(seed: u64, round: u32, drill: Drill) -> u64 {
    let drawn = mixed(seed ^ mixed(u64::from(round)));
    drill
        .name()
        .bytes()
        .fold(drawn, |state, byte| mixed(state ^ u64::from(byte)))
}

/// The output function of `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators"): every
/// bit of the input moves about half of those of the output. A library's generator may change with its version, and a
/// seed that is printed in a report must not.
fn mixed(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
