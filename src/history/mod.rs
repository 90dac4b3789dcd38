//! What happened, in order: the only thing a verdict is made from.

mod event;
mod keys;
mod object;

pub use event::{
    ClusterFacts, DrillId, Event, FORMAT_VERSION, Fault, FaultTarget, ImageFact, NodeTask, Record, Refusal,
    Span, TaskChange, WriteFate, WriteOutcome,
};
pub use keys::Keys;
pub use object::{
    ClaimState, ClusterEvent, ContainerState, ObjectRef, ObjectState, PodState, SetState, VolumeState,
};
