//! The harness's own behaviour on a real cluster: what a good run proves is worth as much as what a bad one cannot.

#[path = "../support/mod.rs"]
mod support;

mod cleanup;
mod commands;
mod provider;
mod refusal;
mod twins;
