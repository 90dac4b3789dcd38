//! The cluster: where it comes from, what is watched in it, how manifests get into it and out again.

mod apply;
pub mod cause;
mod client;
mod cluster_scope;
mod condense;
pub mod context;
mod definitions;
mod deployment;
mod discretion;
pub mod leftovers;
mod logs;
mod members;
pub mod namespace;
mod objects;
pub mod provider;
mod removal;
mod room;
mod storage;
mod usable;
pub mod volumes;
mod wait;
mod watches;

pub use apply::{Application, ApplyError, FIELD_MANAGER, STAND_INS_POLICY};
pub use cause::Cause;
pub use client::{Access, ConnectError, connect};
pub use leftovers::LeftoverError;
pub use members::{
    all_ready, budget_settled, displaced, node_cordoned, node_ready, scaled, template_changed, without_image,
};
pub use namespace::NamespaceError;
pub use objects::Objects;
pub use room::{RoomError, room_for};
pub use storage::{StorageError, alias_classes, alias_default_classes, remove_aliases};
pub use usable::await_usable;
pub use wait::{Progress, WaitError, all_gone, claims_settled, member_ready};
pub use watches::{Awaiting, Watches};
