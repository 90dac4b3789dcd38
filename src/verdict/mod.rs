//! What the history comes to: a pure function of it, promise by promise, with the evidence.

mod address;
mod agreement;
mod deployment;
mod durability;
mod exclusivity;
mod facts;
mod fault;
mod identity;
mod judge;
mod model;
mod overlap;
mod primary_address;
mod readiness;
mod recovery;
mod retention;
mod role_history;
mod roles;
mod rows;
mod servers;
mod share;
mod step_down;
mod storage;
mod times;
mod version;
mod view;

pub use facts::{DrillLeftOut, Facts, ServerFacts, WorkloadFacts};
pub use judge::judge;
pub use model::{Failure, PromiseVerdict, Verdict};
pub use overlap::{Measured, Overlap};
pub use readiness::Readiness;
pub use role_history::RoleSpan;
pub use rows::RowAccount;
pub use share::{HarnessShare, harness_share};
pub use times::RecoveryTimes;

pub(crate) use times::seconds;
