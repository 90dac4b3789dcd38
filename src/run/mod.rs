//! Carrying a plan out on a real cluster: every step leaves its trace in the history, nothing is judged here.

mod background;
mod cadence;
mod connection;
mod despair;
mod drill;
mod end;
mod error;
mod first_session;
mod observer;
mod scene;
mod verification;
mod writer;

pub use error::RunError;
pub use observer::{Observer, Silent};
pub use scene::Scene;
pub use verification::{Proven, Verification};
