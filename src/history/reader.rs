use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{Event, FORMAT_VERSION, HistoryError, Record, Sharded};
use crate::plan::Plan;

/// So much of a file is read at once, in bytes.
const BUFFER: usize = 1 << 20;

/// A run's events in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The records; each stands at the place of its sequence number.
    pub records: Vec<Record>,
    /// Whether the last line was not whole: the writer was ended, or its disk was full. A verdict on it is at best
    /// Inconclusive.
    pub cut_off: bool,
}

impl History {
    /// Reads a history from a file.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Read`] when the file cannot be read, and those of [`History::parse`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, HistoryError> {
        let path = path.as_ref();
        let unreadable = |cause| HistoryError::Read {
            path: path.to_owned(),
            cause: Arc::new(cause),
        };
        let file = File::open(path).map_err(unreadable)?;
        Self::from_lines(BufReader::with_capacity(BUFFER, file), unreadable)
    }

    /// Reads a history from JSON Lines.
    ///
    /// A line is whole when a line feed ends it. A last line that is not whole is taken when all of its record is
    /// there and left out when not; either way the history is [`cut_off`](Self::cut_off).
    ///
    /// ```
    /// use stateproof::history::{History, HistoryError};
    ///
    /// assert!(History::parse("")?.cut_off);
    /// assert!(matches!(History::parse("{}\n"), Err(HistoryError::NoBeginning)));
    /// # Ok::<(), HistoryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`HistoryError::NewerFormat`] when a newer stateproof wrote it, [`HistoryError::NoBeginning`] when it does
    /// not begin with the beginning of a run, [`HistoryError::BadLine`] for any other line that is no record, and
    /// [`HistoryError::OutOfSequence`] when records are missing.
    pub fn parse(lines: &str) -> Result<Self, HistoryError> {
        Self::from_lines(lines.as_bytes(), |cause| HistoryError::BadLine {
            line: 0,
            cause: cause.to_string(),
        })
    }

    /// What was planned, a plan a workload.
    #[must_use]
    pub fn plans(&self) -> &[Plan] {
        match self.records.first().map(|record| &record.event) {
            Some(Event::RunStarted { plans, .. }) => plans,
            _ => &[],
        }
    }

    /// Which share of a suite the run was; none where it was a whole one.
    #[must_use]
    pub fn sharded(&self) -> Option<&Sharded> {
        self.records.iter().find_map(|record| match &record.event {
            Event::Sharded(sharded) => Some(sharded),
            _ => None,
        })
    }

    /// The history as JSON Lines, as [`super::Recorder`] writes it.
    ///
    /// # Errors
    ///
    /// [`HistoryError::BadLine`] when a record cannot be written as JSON.
    pub fn to_json_lines(&self) -> Result<String, HistoryError> {
        let mut lines = String::new();
        for (index, record) in self.records.iter().enumerate() {
            let line = serde_json::to_string(record).map_err(|cause| HistoryError::BadLine {
                line: index + 1,
                cause: cause.to_string(),
            })?;
            lines.push_str(&line);
            lines.push('\n');
        }
        Ok(lines)
    }

    /// On bytes, since a cut may go through the middle of a character. A line at a time: a long run's history has
    /// more bytes than what is made of them.
    fn from_lines(
        mut lines: impl BufRead,
        unreadable: impl Fn(io::Error) -> HistoryError,
    ) -> Result<Self, HistoryError> {
        let mut history = Self {
            records: Vec::new(),
            cut_off: true,
        };
        let mut line = Vec::new();
        for index in 0_usize.. {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(&unreadable)? == 0 {
                break;
            }
            let whole = line.ends_with(b"\n");
            history.cut_off = !whole;
            if index == 0 && (whole || serde_json::from_slice::<Value>(&line).is_ok()) {
                check_beginning(&line)?;
            }
            match serde_json::from_slice::<Record>(&line) {
                Ok(record) if record.seq == index as u64 => history.records.push(record),
                Ok(record) => {
                    return Err(HistoryError::OutOfSequence {
                        line: index + 1,
                        expected: index as u64,
                        found: record.seq,
                    });
                }
                // The last line, and its text ends where more was needed.
                Err(cause) if !whole && cause.is_eof() => break,
                Err(cause) => {
                    return Err(HistoryError::BadLine {
                        line: index + 1,
                        cause: cause.to_string(),
                    });
                }
            }
        }
        Ok(history)
    }
}

/// Looks at the first line without knowing its format: a newer one may not be readable any other way.
fn check_beginning(line: &[u8]) -> Result<(), HistoryError> {
    let line: Value = serde_json::from_slice(line).map_err(|cause| HistoryError::BadLine {
        line: 1,
        cause: cause.to_string(),
    })?;
    if line.get("event").and_then(Value::as_str) != Some("run-started") {
        return Err(HistoryError::NoBeginning);
    }
    match line.get("format").and_then(Value::as_u64) {
        Some(found) if found > u64::from(FORMAT_VERSION) => Err(HistoryError::NewerFormat {
            found,
            writer: line
                .get("version")
                .and_then(Value::as_str)
                .unwrap_or("of an unknown version")
                .to_owned(),
        }),
        _ => Ok(()),
    }
}
