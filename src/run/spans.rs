use crate::history::{Event, HistoryError, Recorder, Span};

/// What was waited for before the history has its first event: kept until then.
pub struct Spans<'r> {
    recorder: &'r Recorder,
    taken: Vec<Span>,
    begun: u64,
}

impl<'r> Spans<'r> {
    /// The first begins now.
    pub fn begin(recorder: &'r Recorder) -> Self {
        Self {
            recorder,
            taken: Vec::new(),
            begun: recorder.now_us(),
        }
    }

    /// This is what the time since the last one was for.
    pub fn took(&mut self, what: &str) {
        let to_us = self.recorder.now_us();
        self.taken.push(Span {
            what: what.to_owned(),
            from_us: self.begun,
            to_us,
        });
        self.begun = to_us;
    }

    /// Writes them down.
    ///
    /// # Errors
    /// [`HistoryError`] when the history cannot be written.
    pub fn record(self) -> Result<(), HistoryError> {
        let mut taken = self.taken.into_iter();
        taken.try_for_each(|span| self.recorder.record(Event::Waited(span)))
    }
}
