//! What the history comes to: a pure function of it, promise by promise, with the evidence.

mod address;
mod creation;
mod deployment;
mod durability;
mod exclusivity;
mod facts;
mod fault;
mod happened;
mod identity;
mod judge;
mod model;
mod order;
mod overlap;
mod placement;
mod pods;
mod protection;
mod readiness;
mod recovery;
mod removal;
mod retention;
mod rollout;
mod rows;
mod scaled_claims;
mod servers;
mod services;
mod share;
mod storage;
mod timeline;
mod times;
mod version;
mod view;

pub use facts::{DrillLeftOut, Facts, ServerFacts, WorkloadFacts};
pub use judge::judge;
pub use model::{Failure, PromiseVerdict, Verdict};
pub use overlap::{Measured, Overlap};
pub use readiness::Readiness;
pub use rows::RowAccount;
pub use share::{HarnessShare, harness_share};
pub use times::RecoveryTimes;

pub(crate) use times::seconds;
