//! What will be done to a workload, and what is promised: pure, decided before anything is touched.

mod catalogue;
mod describe;
mod drill;
mod promise;

pub use drill::{Drill, LeftOut, Plan, PlannedDrill, Step, UnknownDrill};
pub use promise::{Expectation, Outcome, Promise};
