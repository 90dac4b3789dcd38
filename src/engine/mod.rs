//! The databases: how to connect, write, read, and ask a running server for its settings.

pub mod postgres;
mod row;

pub use row::{Row, State};
