use crate::cluster::Awaiting;
use crate::history::Record;

/// Somebody who watches a run while it happens: a live display.
pub trait Observer: Send + Sync {
    /// Something began that has no place in the history: set-up and clean-up.
    fn phase(&self, _what: &str) {}

    /// Something was added to the history.
    fn record(&self, _record: &Record) {}

    /// Something is being waited for, or no longer.
    fn awaiting(&self, _awaiting: Option<&Awaiting>) {}
}

/// Nobody watches.
pub struct Silent;

impl Observer for Silent {}
