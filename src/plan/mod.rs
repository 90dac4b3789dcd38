//! What will be done to a workload, and what is promised: pure, decided before anything is touched.

mod drill;
mod promise;

pub use drill::{Drill, LeftOut, Plan, PlannedDrill, Step};
pub use promise::{Expectation, Outcome, Promise};
