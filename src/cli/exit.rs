use std::process::ExitCode;

use stateproof::cluster::ApplyError;
use stateproof::cluster::provider::ProviderError;
use stateproof::plan::Outcome;
use stateproof::run::RunError;

/// How the command ends; documented in `--help`.
///
/// `lint` ends with 0 when nothing was found at or above the level of `--deny`, 1 when something was, and 2 when its
/// input cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every promise came to what was expected.
    Held = 0,
    /// At least one promise is violated.
    Violated = 1,
    /// The command line, the manifests or a configuration file cannot be used, or the API server refuses them.
    Usage = 2,
    /// Neither shown nor refuted.
    Inconclusive = 3,
    /// The cluster or what it needs could not be had, used or removed.
    Setup = 4,
    /// A signal came.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Held => Self::Held,
            Outcome::Violated => Self::Violated,
            Outcome::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<&RunError> for Exit {
    fn from(error: &RunError) -> Self {
        match error {
            RunError::Apply(
                ApplyError::Stuck { .. }
                | ApplyError::NotEstablished { .. }
                | ApplyError::Unreachable(_)
                | ApplyError::Left(_),
            ) => Self::Setup,
            RunError::Manifests(_)
            | RunError::Ends(_)
            | RunError::EmptyShard { .. }
            | RunError::RepeatedShard { .. }
            | RunError::Unfit { .. }
            | RunError::Forbidden { .. }
            | RunError::NothingToProbe { .. }
            // What was asked for is no cluster.
            | RunError::Provider(
                ProviderError::Name { .. } | ProviderError::NoNodes | ProviderError::OtherConfig { .. },
            )
            | RunError::Apply(_) => Self::Usage,
            RunError::Interrupted => Self::Interrupted,
            _ => Self::Setup,
        }
    }
}
