//! What happened, in order: the only thing a verdict is made from.

mod error;
mod event;
mod foreseen;
mod keys;
mod lookout;
mod object;
mod reader;
mod recorder;
mod sharded;

pub use error::HistoryError;
pub use event::{
    ClusterFacts, DrillId, Event, FORMAT_VERSION, Fault, FaultTarget, ImageFact, NodeTask, Probe, Record,
    Refusal, Span, TaskChange, WriteFate, WriteOutcome,
};
pub use foreseen::Foreseen;
pub use keys::Keys;
pub use lookout::Lookout;
pub use object::{
    BudgetState, ClaimState, ClusterEvent, ContainerState, NodeState, ObjectRef, ObjectState, PodState,
    SetState, VolumeState,
};
pub use reader::History;
pub use recorder::Recorder;
pub use sharded::{Sharded, SuiteDrill};
