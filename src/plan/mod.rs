//! What will be done to a workload, and what is promised: pure, decided before anything is touched.

mod catalogue;
mod describe;
mod drill;
mod drills;
mod end;
mod promise;
mod reason;
mod rounds;
mod selection;
mod shard;

pub use drill::{Drill, LeftOut, Plan, PlannedDrill, Step, UnknownDrill};
pub use end::{End, EventType, NotAnEnd, Sign};
pub use promise::{Expectation, Outcome, Promise, UnknownPromise};
pub use rounds::Rounds;
pub use selection::{Selection, UnusableEnds};
pub use shard::{Assignment, NotAShard, Shard};
