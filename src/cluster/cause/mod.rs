//! Why something is not as awaited: pure functions of what the watches saw.
//!
//! A cause is hopeless only where the cluster does not mend it by itself: nobody but a person, or a pod with rights of
//! its own, makes a missing object, and no waiting changes what a program finds at every start. Anything that may pass
//! is named, and waited for.

mod chain;
mod claim;
mod container;
mod member;
mod missing;
mod pod;
mod quota;
#[cfg(test)]
mod sample;
mod scheduling;
mod telling;

pub use chain::Cause;
pub use member::{member_not_ready, pod_not_ready};
