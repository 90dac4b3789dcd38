//! The databases: how to connect, write, read, and ask a running server for its settings.
//!
//! An engine is a file of its own that opens a [`Session`] over a [`Reach`]: the way into the cluster's own network.

mod files;
pub mod http;
mod line;
pub mod mongodb;
pub mod mysql;
mod open;
pub mod postgres;
mod reach;
mod row;
mod session;
mod tls;

pub use open::{Address, Target, open};
pub use reach::{Dialled, Link, Process, Reach, ReachError, Stream, straight_to};
pub use row::{Row, State};
pub use session::{Facts, Rows, Session, SessionError};
pub use tls::reach;
