use thiserror::Error;

use crate::cluster::provider::ProviderError;
use crate::cluster::{
    ApplyError, ConnectError, LeftoverError, NamespaceError, RoomError, StorageError, WaitError,
};
use crate::engine::SessionError;
use crate::fault::FaultError;
use crate::history::HistoryError;
use crate::manifest::{Problem, Problems};
use crate::plan::{Drill, Shard, UnusableEnds};
use crate::vantage::VantageError;

/// Why a run, or one drill of it, could not be carried through.
///
/// A drill's error is recorded in the history and makes its promises Inconclusive; the others end the run.
#[derive(Debug, Error)]
pub enum RunError {
    /// The manifests, or the configuration file of the cluster, cannot be used as they are. Nothing has been touched.
    #[error(transparent)]
    Manifests(#[from] Problems),
    /// The end that was named can prove nothing of these manifests. Nothing has been touched.
    #[error(transparent)]
    Ends(#[from] UnusableEnds),
    /// There are more shards than drills. Nothing has been touched.
    #[error(
        "shard {shard} has nothing to do, as there are {drills} drills: choose no more shards than drills"
    )]
    EmptyShard {
        /// The shard.
        shard: Shard,
        /// How many drills there are.
        drills: usize,
    },
    /// Rounds of a share, which could not be merged with the others. Nothing has been touched.
    #[error("shard {shard} cannot be repeated: choose either shards or rounds, a duration or a seed")]
    RepeatedShard {
        /// The shard.
        shard: Shard,
    },
    /// A drill that was asked for cannot be done on this cluster. Nothing of the set has been applied.
    #[error("the drill {drill} cannot be done on cluster {cluster}: {why}")]
    Unfit {
        /// The drill.
        drill: Drill,
        /// The cluster's name.
        cluster: String,
        /// Why, and what to do.
        why: &'static str,
    },
    /// Drills that nobody has allowed on a cluster of others. Nothing has been asked of it.
    #[error(
        "on the cluster of context {cluster} the drills {drills} would {what}, and nobody has allowed that: say {flag}, or \
         choose other drills with --drill (`roles` and `divergence` only look and write rows)"
    )]
    Forbidden {
        /// The drills, comma-separated.
        drills: String,
        /// The context.
        cluster: String,
        /// What allows them.
        flag: &'static str,
        /// What they would do.
        what: &'static str,
    },
    /// A cluster of others does not grant what a run needs. Nothing has been made there.
    #[error(
        "the cluster of context {context} does not let this user {missing}: deploy/rbac.yaml has all that a run needs"
    )]
    Rights {
        /// The context.
        context: String,
        /// What is missing, comma-separated.
        missing: String,
    },
    /// The cluster could not be had.
    #[error(transparent)]
    Provider(ProviderError),
    /// The API server could not be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A namespace cannot be used.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// What runs in a namespace could not be read.
    #[error("cannot read what runs there: {0}")]
    Live(#[source] Box<kube::Error>),
    /// Nothing that is found can be written to.
    #[error("nothing that rows can be written to was found{}", found_instead(.found))]
    NothingToProbe {
        /// What was found instead, comma-separated.
        found: String,
    },
    /// The storage classes could not be looked at.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The cluster has too little for the set, or cannot be asked. Nothing has been applied.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The manifests could not be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Something did not come to be.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// The vantage could not be used.
    #[error(transparent)]
    Vantage(#[from] VantageError),
    /// The server could not be spoken to within the deadline.
    #[error("{name} accepted no session within {waited_s} s, {attempts} attempts: {last}")]
    NoSession {
        /// The DNS name tried.
        name: String,
        /// The deadline, in seconds.
        waited_s: u64,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt said.
        last: String,
    },
    /// A replica set did not come to the roles that were awaited.
    #[error("replica set {set} has not come to {awaited} after {waited_s} s: {last}")]
    Unsettled {
        /// The set's name.
        set: String,
        /// What was awaited.
        awaited: String,
        /// How long, in seconds.
        waited_s: u64,
        /// The members' last roles.
        last: String,
        /// What the members say of it, a line each.
        causes: Vec<String>,
    },
    /// A running session failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The writer did not get far enough.
    #[error("the writer had {acknowledged} of {wanted} rows acknowledged after {waited_s} s: {last}")]
    Starved {
        /// How many were acknowledged.
        acknowledged: u64,
        /// How many were wanted.
        wanted: u64,
        /// The deadline, in seconds.
        waited_s: u64,
        /// What the last failure said.
        last: String,
    },
    /// Rows were not acknowledged that should have been.
    #[error("{acknowledged} of {wanted} rows were acknowledged: {last}")]
    Unwritten {
        /// How many were acknowledged.
        acknowledged: u64,
        /// How many were wanted.
        wanted: u64,
        /// What the first failure said.
        last: String,
    },
    /// A fault could not be done.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The history could not be written or read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Pods whose image is a stand-in cannot be let in.
    #[error("cannot keep the cluster from pulling the stand-ins: {0}")]
    StandIns(#[source] Box<kube::Error>),
    /// The API server does not go by an admission policy.
    #[error("the API server does not go by the admission policy {policy} after {waited_s} s")]
    NotInForce {
        /// Its name.
        policy: &'static str,
        /// How long it was waited for, in seconds.
        waited_s: u64,
    },
    /// It is not known which postStart hooks are still running.
    #[error("cannot look for postStart hooks that do not end: {0}")]
    Hooks(#[source] Box<kube::Error>),
    /// What a dead run has left cannot be taken away.
    #[error(transparent)]
    Leftover(#[from] LeftoverError),
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
    /// A defect of stateproof itself.
    #[error("stateproof panicked: {0}")]
    Panicked(String),
}

fn found_instead(found: &str) -> String {
    if found.is_empty() {
        return String::new();
    }
    format!(", only {found}")
}

impl From<Problem> for RunError {
    fn from(problem: Problem) -> Self {
        Self::Manifests(problem.into())
    }
}

impl From<ProviderError> for RunError {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Config(problem) => (*problem).into(),
            error => Self::Provider(error),
        }
    }
}

impl RunError {
    /// The message and the causes below it, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Wait(error) | Self::Vantage(VantageError::NotReady(error)) => error.lines(),
            Self::Unsettled { causes, .. } => std::iter::once(self.to_string())
                .chain(causes.iter().cloned())
                .collect(),
            other => vec![other.to_string()],
        }
    }
}
