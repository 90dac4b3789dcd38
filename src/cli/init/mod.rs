//! `stateproof init`: the settings and the CI workflow for manifests that are there.

mod command;
mod found;
mod settings;
mod workflow;

pub use command::{InitArgs, init_command};
