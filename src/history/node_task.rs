use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A container's process starting or ending on a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeTask {
    /// The node.
    pub node: String,
    /// The container's ID, without the runtime's prefix.
    pub container: String,
    /// What happened.
    pub change: TaskChange,
    /// When, by the node's clock.
    pub when: Timestamp,
}

/// What became of a container's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskChange {
    /// It was started.
    Started,
    /// It ended.
    Exited,
}
