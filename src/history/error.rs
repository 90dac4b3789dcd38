use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::FORMAT_VERSION;

/// Why a history could not be written or read.
#[derive(Clone, Debug, Error)]
pub enum HistoryError {
    /// The file could not be made.
    #[error(
        "cannot create the history {}: {cause}; name a directory that can be written with --report",
        path.display()
    )]
    Create {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: Arc<io::Error>,
    },
    /// A record could not be written. Every later record is refused with the same error.
    #[error(
        "cannot write the history {}: {cause}; a run without its history proves nothing: make room there or name \
         another directory with --report, and run again",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: Arc<io::Error>,
    },
    /// The file could not be read.
    #[error("cannot read the history {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: Arc<io::Error>,
    },
    /// A newer stateproof wrote it.
    #[error(
        "the history has format {found}, written by stateproof {writer}; this stateproof knows formats up to \
         {FORMAT_VERSION}: judge it with one at least as new"
    )]
    NewerFormat {
        /// Its format.
        found: u64,
        /// The version that wrote it, as it says itself.
        writer: String,
    },
    /// Its first line is no beginning of a run.
    #[error("line 1 is not the beginning of a run (no `run-started`): this is no history of stateproof")]
    NoBeginning,
    /// A line is not a record.
    #[error("line {line} is not a record: {cause}")]
    BadLine {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        cause: String,
    },
    /// Records are missing or out of order.
    #[error(
        "line {line} has sequence number {found} where {expected} belongs: records are missing or out of order"
    )]
    OutOfSequence {
        /// The line, from 1.
        line: usize,
        /// The number that belongs there.
        expected: u64,
        /// The number that stands there.
        found: u64,
    },
}
