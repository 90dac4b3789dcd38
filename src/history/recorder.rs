use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use super::{Event, History, HistoryError, Record};

/// Appends events to a history as they happen.
///
/// Clones write to the same history, from any thread. A record is in the file before [`Recorder::record`] returns,
/// so that whatever ends the harness, its history holds what was done until then.
///
/// ```
/// use stateproof::history::{Event, Recorder};
///
/// let recorder = Recorder::in_memory();
/// recorder.record(Event::Note { text: "before".into() })?;
/// recorder.clone().record(Event::Note { text: "after".into() })?;
/// assert_eq!(recorder.history().records[1].seq, 1);
/// # Ok::<(), stateproof::history::HistoryError>(())
/// ```
#[derive(Clone)]
pub struct Recorder {
    begun: Instant,
    shared: Arc<Mutex<Shared>>,
}

/// Sees every record, in order.
type Observer = Box<dyn Fn(&Record) + Send + Sync>;

struct Shared {
    file: Option<(PathBuf, File)>,
    records: Vec<Record>,
    failed: Option<HistoryError>,
    observer: Option<Observer>,
}

impl Recorder {
    /// Begins a history in a file, which is made, or emptied when it exists.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Create`] when the file cannot be made.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, HistoryError> {
        let path = path.as_ref();
        match File::create(path) {
            Ok(file) => Ok(Self::new(Some((path.to_owned(), file)))),
            Err(cause) => Err(HistoryError::Create {
                path: path.to_owned(),
                cause: Arc::new(cause),
            }),
        }
    }

    /// Begins a history that is kept in memory only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(None)
    }

    /// Lets something see every record from here on, in order, once it is written.
    ///
    /// It is called with the history locked: it must be quick, and it must not record or read the history itself.
    #[must_use]
    pub fn with_observer(self, observer: Box<dyn Fn(&Record) + Send + Sync>) -> Self {
        self.lock().observer = Some(observer);
        self
    }

    /// Appends an event: gives it its sequence number and its times, writes it as one line and hands it to the
    /// operating system.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Write`] when the line could not be written, then and on every later call: a history with a
    /// hole proves nothing, and the line that failed may stand there in part.
    pub fn record(&self, event: Event) -> Result<(), HistoryError> {
        let mut shared = self.lock();
        if let Some(failed) = &shared.failed {
            return Err(failed.clone());
        }
        let record = Record {
            seq: shared.records.len() as u64,
            // Taken under the lock: times ascend with the sequence numbers.
            at_us: self.now_us(),
            wall: Timestamp::now(),
            event,
        };
        if let Err(failed) = shared.write(&record) {
            shared.failed = Some(failed.clone());
            return Err(failed);
        }
        shared.records.push(record);
        if let (Some(observer), Some(record)) = (&shared.observer, shared.records.last()) {
            observer(record);
        }
        Ok(())
    }

    /// Microseconds since the recorder was made, on a monotonic clock: the clock of [`Record::at_us`].
    #[must_use]
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Whether nothing has been recorded yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().records.is_empty()
    }

    /// The records from this sequence number on.
    #[must_use]
    pub fn since(&self, seq: usize) -> Vec<Record> {
        let shared = self.lock();
        shared.records.get(seq..).unwrap_or_default().to_vec()
    }

    /// The history so far.
    #[must_use]
    pub fn history(&self) -> History {
        let shared = self.lock();
        History {
            records: shared.records.clone(),
            cut_off: shared.failed.is_some(),
        }
    }

    fn new(file: Option<(PathBuf, File)>) -> Self {
        Self {
            begun: Instant::now(),
            shared: Arc::new(Mutex::new(Shared {
                file,
                records: Vec::new(),
                failed: None,
                observer: None,
            })),
        }
    }

    /// Only an observer can panic under the lock, and it is called when the record is written and kept: nothing is
    /// half done, so the lock's poison tells nothing.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn write(&mut self, record: &Record) -> Result<(), HistoryError> {
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        let line = || -> io::Result<Vec<u8>> {
            let mut line = serde_json::to_vec(record)?;
            line.push(b'\n');
            Ok(line)
        };
        // One write a record, straight to the file: there is no buffer that a crash could lose.
        line()
            .and_then(|line| file.write_all(&line))
            .and_then(|()| file.flush())
            .map_err(|cause| HistoryError::Write {
                path: path.clone(),
                cause: Arc::new(cause),
            })
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        f.debug_struct("Recorder")
            .field("path", &shared.file.as_ref().map(|(path, _)| path))
            .field("records", &shared.records.len())
            .field("failed", &shared.failed)
            .finish_non_exhaustive()
    }
}
