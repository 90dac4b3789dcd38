use serde::{Deserialize, Serialize};

use super::DrillId;

/// The share of a suite that a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sharded {
    /// Which share, from 1.
    pub index: u32,
    /// How many shares there are.
    pub of: u32,
    /// The run's own namespace, which every share has another name for.
    pub namespace: String,
    /// Every drill of the suite, in the plan's order, and whose it is.
    pub suite: Vec<SuiteDrill>,
}

/// A drill of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteDrill {
    /// The drill.
    #[serde(flatten)]
    pub drill: DrillId,
    /// Its share, from 1.
    pub shard: u32,
}
