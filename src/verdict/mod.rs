//! What the history comes to: a pure function of it, promise by promise, with the evidence.

mod address;
mod deployment;
mod durability;
mod excerpt;
mod exclusivity;
mod facts;
mod failure;
mod fault;
mod identity;
mod judge;
mod model;
mod overlap;
mod readiness;
mod recovery;
mod retention;
mod rows;
mod servers;
mod share;
mod storage;
mod times;
mod version;
mod view;

pub use facts::{DrillLeftOut, Facts, ServerFacts, WorkloadFacts};
pub use judge::judge;
pub use model::{Failure, LogExcerpt, PromiseVerdict, Verdict};
pub use overlap::{Measured, Overlap};
pub use readiness::Readiness;
pub use rows::RowAccount;
pub use share::{HarnessShare, harness_share};
pub use times::RecoveryTimes;

pub(crate) use times::seconds;
