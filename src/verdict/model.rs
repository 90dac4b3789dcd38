use serde::{Deserialize, Serialize};

use super::{Facts, HarnessShare, Overlap, Readiness, RecoveryTimes, RoleSpan, RowAccount};
use crate::history::DrillId;
use crate::plan::{Drill, Outcome, Promise};
use crate::workload::WorkloadId;

/// What a history comes to, with everything that a report says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of the promises' outcomes, and at best Inconclusive where [`shortfalls`](Self::shortfalls) are.
    pub outcome: Outcome,
    /// Why the verdict is at best Inconclusive whatever the promises say: the history was cut off, the run was
    /// interrupted, nothing was promised. A sentence fragment each; empty for a whole run.
    pub shortfalls: Vec<String>,
    /// What was not carried through, and why: it makes what it was to show Inconclusive.
    pub failures: Vec<Failure>,
    /// Every promise of every planned drill, in the plan's order.
    pub promises: Vec<PromiseVerdict>,
    /// Whether the faults of each drill that was begun are proven to have happened.
    #[serde(default)]
    pub faults: Vec<FaultProof>,
    /// The accounts that the durability verdicts rest on, a drill each.
    pub rows: Vec<RowAccount>,
    /// How long each drill's recovery took, a drill whose fault began each.
    pub recovery: Vec<RecoveryTimes>,
    /// Whether old and new server process ran at once, a forced deletion each.
    pub overlaps: Vec<Overlap>,
    /// What Ready was worth when the workloads came up, a member each.
    #[serde(default)]
    pub readiness: Vec<Readiness>,
    /// What was seen that no promise covers and a reader should know, a sentence each: members that are databases of
    /// their own, a server of another version than its image's tag.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The roles of replica sets' members, in the order in which they began.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleSpan>,
    /// Where the run's time went.
    pub share: HarnessShare,
    /// What ran where.
    pub facts: Facts,
    /// What a reader might think proven and is not, a sentence fragment each.
    pub not_proven: Vec<String>,
}

impl Verdict {
    /// Whether this workload did not come up, so that none of its drills began.
    #[must_use]
    pub fn did_not_come_up(&self, workload: &WorkloadId) -> bool {
        self.failures
            .iter()
            .any(|failure| failure.drill.is_none() && failure.workload == *workload)
    }

    /// The outcome, from the promises and the shortfalls.
    pub(super) fn conclude(&mut self) {
        let worst = self.promises.iter().map(PromiseVerdict::outcome).max();
        let at_best = if self.shortfalls.is_empty() {
            Outcome::Held
        } else {
            Outcome::Inconclusive
        };
        self.outcome = worst.unwrap_or(Outcome::Inconclusive).max(at_best);
    }

    /// The promises that did not come to what was expected of them.
    pub fn failed(&self) -> impl Iterator<Item = &PromiseVerdict> {
        self.promises.iter().filter(|promise| !promise.passed())
    }
}

/// A workload that did not come up, or a drill that was not carried through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The workload.
    pub workload: WorkloadId,
    /// The drill; none where the workload did not come up and no drill began.
    pub drill: Option<Drill>,
    /// In which round; 0 where the drill is done once.
    #[serde(default, skip_serializing_if = "crate::history::is_zero")]
    pub round: u32,
    /// Why, with the causes, the outermost first.
    pub error: Vec<String>,
    /// The last lines of the logs of its containers, as far as they were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogExcerpt>,
}

/// The last lines of a container's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogExcerpt {
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// The lines, the latest last.
    pub lines: Vec<String>,
}

/// Whether every fault of a drill happened to what it was meant for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultProof {
    /// The drill.
    pub drill: DrillId,
    /// Which fault is not proven, and why; none where all are.
    pub unproven: Option<String>,
}

/// What one promise of one drill came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseVerdict {
    /// The drill.
    pub drill: DrillId,
    /// The promise.
    pub promise: Promise,
    /// What the history shows.
    pub observed: Outcome,
    /// What the plan expects.
    pub expected: Outcome,
    /// What in the history shows it, a sentence fragment each, the weightiest first.
    pub evidence: Vec<String>,
}

impl PromiseVerdict {
    /// What the promise counts as: Held when it came to what was expected, Inconclusive when nothing was shown,
    /// Violated otherwise, so also when a promise held whose violation was expected.
    ///
    /// ```
    /// use stateproof::history::DrillId;
    /// use stateproof::plan::{Drill, Outcome, Promise};
    /// use stateproof::verdict::PromiseVerdict;
    /// use stateproof::workload::WorkloadId;
    ///
    /// let control = PromiseVerdict {
    ///     drill: DrillId {
    ///         workload: WorkloadId { namespace: "prod".into(), name: "postgres".into() }.into(),
    ///         drill: Drill::DeleteClaim,
    ///         round: 0,
    ///     },
    ///     promise: Promise::Durability,
    ///     observed: Outcome::Violated,
    ///     expected: Outcome::Violated,
    ///     evidence: vec!["lost 100 acknowledged rows: 1-100".into()],
    /// };
    /// assert_eq!(control.outcome(), Outcome::Held);
    /// assert_eq!(PromiseVerdict { observed: Outcome::Held, ..control }.outcome(), Outcome::Violated);
    /// ```
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.observed == Outcome::Inconclusive {
            // Never a pass, whatever was expected.
            Outcome::Inconclusive
        } else if self.observed == self.expected {
            Outcome::Held
        } else {
            Outcome::Violated
        }
    }

    /// Whether it came to what was expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.outcome() == Outcome::Held
    }
}

/// What a check finds in a drill, before anybody asks what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub observed: Outcome,
    pub evidence: Vec<String>,
}

impl Finding {
    pub fn held(evidence: Vec<String>) -> Self {
        Self {
            observed: Outcome::Held,
            evidence,
        }
    }

    pub fn violated(evidence: Vec<String>) -> Self {
        Self {
            observed: Outcome::Violated,
            evidence,
        }
    }

    pub fn inconclusive(why: impl Into<String>) -> Self {
        Self {
            observed: Outcome::Inconclusive,
            evidence: vec![why.into()],
        }
    }

    /// Several findings as one: the worst, with the evidence of those that are as bad; none where there are none.
    pub fn worst_of(findings: Vec<Self>) -> Option<Self> {
        let observed = findings.iter().map(|finding| finding.observed).max()?;
        let evidence = findings
            .into_iter()
            .filter(|finding| finding.observed == observed)
            .flat_map(|finding| finding.evidence)
            .collect();
        Some(Self { observed, evidence })
    }
}
