//! What every rule needs.

pub(super) use crate::image::ImageName;
pub(super) use crate::lint::fix::Fix;
pub(super) use crate::lint::{Finding, Level, Rule};
pub(super) use crate::plan::Promise;
pub(super) use crate::workload::EngineKind;
pub(super) use crate::workload::declared::{
    ContainerKind, DeclaredContainer, Inventory, Made, MountedClaim, PodMaker, ProbeKind, Server, Snippet,
    Source, simple_commands,
};
