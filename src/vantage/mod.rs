//! The pod inside the cluster from which names are resolved and connections made.
//!
//! Everything goes through the cluster's own DNS and network, so names, Services, listening addresses and network
//! policies are really used. A port-forward would enter through the pod's own loopback and hide a server that listens
//! only there.

mod listener;
mod names;
mod pod;
mod tunnel;

pub use listener::Failed;
pub use pod::{DEFAULT_IMAGE, Vantage, VantageError};
