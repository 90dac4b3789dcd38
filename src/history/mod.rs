//! What happened, in order: the only thing a verdict is made from.

mod cluster_facts;
mod error;
mod event;
mod fault;
mod foreseen;
mod keys;
mod lookout;
mod node_task;
mod object;
mod reader;
mod recorder;
mod sharded;
mod write;

pub use cluster_facts::{ClusterFacts, ImageFact};
pub use error::HistoryError;
pub use event::{DrillId, Event, FORMAT_VERSION, Probe, Record, Span};
pub use fault::{Fault, FaultTarget};
pub use foreseen::Foreseen;
pub use keys::Keys;
pub use lookout::Lookout;
pub use node_task::{NodeTask, TaskChange};
pub use object::{
    BudgetState, ClaimState, ClusterEvent, ContainerState, NodeState, ObjectRef, ObjectState, PodState,
    SetState, VolumeState,
};
pub(crate) use object::{container_id, is_zero};
pub use reader::History;
pub use recorder::Recorder;
pub use sharded::{Sharded, SuiteDrill};
pub use write::{Refusal, WriteFate, WriteOutcome};
