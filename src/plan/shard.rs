use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{Drill, LeftOut, Plan, PlannedDrill};
use crate::workload::WorkloadId;

/// A share of a suite: the drills of all workloads are split among several runs, on machines or clusters of their own.
///
/// Every run applies the whole set, and each drill is in exactly one share, the same whoever asks. The shares are
/// balanced by what drills usually take.
///
/// ```
/// use stateproof::plan::Shard;
///
/// let shard: Shard = "2/3".parse()?;
/// assert_eq!((shard.index(), shard.of()), (2, 3));
/// assert!("0/3".parse::<Shard>().is_err() && "4/3".parse::<Shard>().is_err());
/// # Ok::<(), stateproof::plan::NotAShard>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

/// Which share each drill of a suite is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The workload.
    pub workload: WorkloadId,
    /// The drill.
    pub drill: Drill,
    /// Its share, from 1.
    pub shard: u32,
}

/// A text that names no share.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no shard: expected I/N with I from 1 to N, for example 1/3")]
pub struct NotAShard(String);

impl Shard {
    /// Which share, from 1.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shares there are.
    #[must_use]
    pub fn of(self) -> u32 {
        self.of
    }

    /// Which drill is in which share, in the plans' order.
    #[must_use]
    pub fn assign(self, plans: &[Plan]) -> Vec<Assignment> {
        let mut suite: Vec<Assignment> = Vec::new();
        let mut costs = Vec::new();
        for plan in plans {
            for planned in &plan.drills {
                costs.push((usual_seconds(planned.drill, plan.workload.replicas), suite.len()));
                suite.push(Assignment {
                    workload: plan.workload.id(),
                    drill: planned.drill,
                    shard: 0,
                });
            }
        }
        // The longest first, each to the share that has least: Graham, "Bounds on Multiprocessing Timing Anomalies".
        costs.sort_by_key(|(seconds, place)| (std::cmp::Reverse(*seconds), *place));
        let mut taken: Vec<(u64, u32)> = (1..=self.of).map(|shard| (0, shard)).collect();
        for (seconds, place) in costs {
            if let Some(least) = taken.iter_mut().min() {
                least.0 += seconds;
                suite[place].shard = least.1;
            }
        }
        suite
    }

    /// The plans with this share's drills only. Those of others are left out, and it is said whose they are.
    #[must_use]
    pub fn take(self, plans: Vec<Plan>) -> Vec<Plan> {
        let mut suite = self.assign(&plans).into_iter();
        let mut share = plans;
        for plan in &mut share {
            let drills = std::mem::take(&mut plan.drills);
            for (planned, assignment) in drills.into_iter().zip(suite.by_ref()) {
                if assignment.shard == self.index {
                    plan.drills.push(planned);
                } else {
                    plan.left_out.push(LeftOut {
                        drill: planned.drill,
                        reason: format!("it belongs to shard {} of {}", assignment.shard, self.of),
                    });
                }
            }
        }
        share
    }
}

impl Plan {
    /// How long a round of its drills usually takes, in seconds: by rough figures of runs on kind.
    pub(crate) fn usual_seconds(&self) -> u64 {
        let each = |planned: &PlannedDrill| usual_seconds(planned.drill, self.workload.replicas);
        self.drills.iter().map(each).sum()
    }
}

impl FromStr for Shard {
    type Err = NotAShard;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.split_once('/').and_then(|(index, of)| {
            let (index, of) = (index.parse().ok()?, of.parse().ok()?);
            (1..=of).contains(&index).then_some(Self { index, of })
        });
        parsed.ok_or_else(|| NotAShard(text.to_owned()))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// How long a drill usually takes, in seconds: rough figures of runs on kind, good for a balance and for nothing else.
fn usual_seconds(drill: Drill, replicas: u32) -> u64 {
    let members = u64::from(replicas.max(1));
    match drill {
        Drill::Evict => 5,
        Drill::Crash | Drill::LosePod | Drill::ForceDelete | Drill::Divergence => 10,
        Drill::DeleteStatefulset | Drill::DeleteClaim | Drill::LoseAllPods => 8 + 4 * members,
        Drill::Drain | Drill::Scale | Drill::Roles => 20,
        Drill::Order | Drill::ScaleToZero => 10 * members,
        Drill::Rollout | Drill::Upgrade => 20 * members,
        Drill::StepDown | Drill::ExpectFailure => 30,
        Drill::BadRollout => 45,
        Drill::PauseNode => 120,
    }
}
