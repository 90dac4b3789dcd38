//! Carrying a plan out on a real cluster: every step leaves its trace in the history, nothing is judged here.

mod act;
mod agreement;
mod background;
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
mod get;
mod hooks;
mod members;
mod names;
mod observer;
mod preparation;
mod probes;
mod roles;
mod scene;
mod stand_ins;
mod step_down;
mod verification;
mod writer;

pub use error::RunError;
pub use observer::{Observer, Silent};
pub use preparation::Outlook;
pub use scene::Scene;
pub use verification::{Proven, Verification};
