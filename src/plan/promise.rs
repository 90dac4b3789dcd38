use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One property that a drill checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// The member comes back under the same name as a new pod.
    Identity,
    /// Its claims are as the manifest asks, and the same claims and volumes before and after.
    Storage,
    /// Its DNS name answers with the pod's address, before and after.
    Address,
    /// What becomes of the claims when the StatefulSet goes.
    Retention,
    /// Every acknowledged row is there, and none that nobody wrote.
    Durability,
    /// The member becomes Ready and accepts writes again.
    Recovery,
    /// Members are created, replaced and removed in the order that the controller promises, and no other is touched.
    Order,
    /// The members behind one Service have the same rows.
    Agreement,
    /// One PRIMARY, the others SECONDARY, under names that stay.
    Roles,
    /// A Service that is meant for the PRIMARY leads to it.
    PrimaryAddress,
    /// What the PodDisruptionBudget protects is not evicted.
    Protection,
    /// The member comes back where its volume can be.
    Placement,
    /// Never two servers on one volume.
    Exclusivity,
    /// A rollout that cannot come to an end is over once the template is set back.
    Rollback,
    /// The new manifests are accepted, and every member comes to be what they ask for.
    Upgrade,
    /// The set fails, and in the way that was named beforehand.
    Failure,
}

impl Promise {
    /// Every promise.
    pub const ALL: [Self; 16] = [
        Self::Identity,
        Self::Storage,
        Self::Address,
        Self::Retention,
        Self::Durability,
        Self::Recovery,
        Self::Order,
        Self::Agreement,
        Self::Roles,
        Self::PrimaryAddress,
        Self::Protection,
        Self::Placement,
        Self::Exclusivity,
        Self::Rollback,
        Self::Upgrade,
        Self::Failure,
    ];

    /// The name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Storage => "storage",
            Self::Address => "address",
            Self::Retention => "retention",
            Self::Durability => "durability",
            Self::Recovery => "recovery",
            Self::Order => "order",
            Self::Agreement => "agreement",
            Self::Roles => "roles",
            Self::PrimaryAddress => "primary-address",
            Self::Protection => "protection",
            Self::Placement => "placement",
            Self::Exclusivity => "exclusivity",
            Self::Rollback => "rollback",
            Self::Upgrade => "upgrade",
            Self::Failure => "failure",
        }
    }
}

/// Reads a promise's name.
///
/// ```
/// use stateproof::plan::Promise;
///
/// assert_eq!("primary-address".parse(), Ok(Promise::PrimaryAddress));
/// assert!("speed".parse::<Promise>().unwrap_err().to_string().starts_with("no promise `speed`: there are identity, "));
/// ```
impl FromStr for Promise {
    type Err = UnknownPromise;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|promise| promise.name() == name)
            .ok_or_else(|| UnknownPromise(name.to_owned()))
    }
}

/// A name that is no promise's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no promise `{0}`: there are {known}", known = Promise::ALL.map(Promise::name).join(", "))]
pub struct UnknownPromise(String);

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrimaryAddress => "primary address",
            other => other.name(),
        })
    }
}

/// What a check came to. Ordered for merging: the worst wins, `Violated > Inconclusive > Held`.
///
/// ```
/// use stateproof::plan::Outcome;
///
/// assert_eq!(Outcome::Held.max(Outcome::Inconclusive), Outcome::Inconclusive);
/// assert_eq!(Outcome::Inconclusive.max(Outcome::Violated), Outcome::Violated);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Shown to hold.
    Held,
    /// Neither shown nor refuted. Never a pass.
    Inconclusive,
    /// Refuted by the history.
    Violated,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "Held",
            Self::Inconclusive => "Inconclusive",
            Self::Violated => "Violated",
        })
    }
}

/// A promise of a drill and what it is expected to come to.
///
/// Mostly `Held`. A drill that destroys on purpose expects `Violated`: it proves that the check can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The promise.
    pub promise: Promise,
    /// What passes.
    pub expected: Outcome,
}
