//! Carrying a plan out on a real cluster: every step leaves its trace in the history, nothing is judged here.

mod act;
mod agreement;
mod background;
mod board;
mod cadence;
mod claims;
mod connection;
mod cordons;
mod despair;
mod drain;
mod drill;
mod end;
mod error;
mod evict;
mod fault;
mod first_session;
mod foreseen;
mod get;
mod hooks;
mod members;
mod names;
mod observer;
mod probes;
mod roles;
mod scene;
mod stand_ins;
mod step_down;
mod verification;
mod writer;

pub use error::RunError;
pub use observer::{Observer, Silent};
pub use scene::Scene;
pub use verification::{Proven, Verification};
