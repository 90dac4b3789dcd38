use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::ReachError;
use crate::history::{Keys, WriteFate};

/// A session with a server, whatever its engine: what the ledger needs of it.
#[async_trait]
pub trait Session: Send + Sync {
    /// Writes one row under a key of its own; several may be under way at once. A retry is never made in secret.
    /// `patience` is how long whoever asks waits for the answer: a server that itself waits, for others that have to
    /// have the row, is told to answer before that.
    async fn write(&self, ledger: &str, key: u64, patience: Duration) -> WriteFate;

    /// How many rows it takes at once before the others wait for it: on a connection that is not pipelined, 1.
    fn at_once(&self) -> usize {
        usize::MAX
    }

    /// Reads every row of a ledger.
    ///
    /// # Errors
    /// [`SessionError`] when the connection is lost, or there is no answer within a minute.
    async fn read(&self, ledger: &str) -> Result<Rows, SessionError>;

    /// Asks the running server for its version and the settings that durability depends on.
    ///
    /// # Errors
    /// [`SessionError`] when the connection is lost, or there is no answer within a minute.
    async fn facts(&self) -> Result<Facts, SessionError>;

    /// Removes the rows of a ledger, and what they were kept in where no other ledger is in it: nothing shows that it was
    /// there.
    ///
    /// # Errors
    /// [`SessionError`] when the connection is lost, the server refuses, or there is no answer within a minute.
    async fn forget(&self, ledger: &str) -> Result<(), SessionError>;

    /// Which server answered, as it says itself: its address, or the name of its host. None where it does not say.
    fn server(&self) -> Option<&str>;

    /// Whether the session has ended.
    fn is_closed(&self) -> bool;

    /// What an acknowledgement means here, for example `w: majority`: said in the history with every one of them.
    fn write_level(&self) -> &'static str;

    /// How a final read is made: said in the report.
    fn read_level(&self) -> &'static str;
}

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its version in its own words.
    pub version: String,
    /// Its durability settings, by its own names.
    pub settings: BTreeMap<String, String>,
}

/// The rows that are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The keys of all rows.
    pub keys: Keys,
    /// The keys of those that are not what was written.
    pub corrupt: Keys,
}

/// Why a session could not be had or used.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The server refused, or the connection was lost.
    #[error("{0}")]
    Server(String),
    /// No connection was made; what `nc` said of it.
    #[error("{0}")]
    Unconnected(String),
    /// The server takes encrypted connections only, and this one was in plain text.
    #[error("{0}")]
    PlainText(String),
    /// No answer.
    #[error("no answer to {to} within {} s", within.as_secs())]
    TimedOut {
        /// What was asked.
        to: &'static str,
        /// How long it was waited for.
        within: Duration,
    },
    /// The way to the server was lost, which says nothing of the server.
    #[error(transparent)]
    Reach(#[from] ReachError),
}

/// Gives an answer a deadline.
pub(super) async fn within<T>(
    deadline: Duration,
    to: &'static str,
    answer: impl Future<Output = Result<T, SessionError>>,
) -> Result<T, SessionError> {
    tokio::time::timeout(deadline, answer)
        .await
        .unwrap_or(Err(SessionError::TimedOut { to, within: deadline }))
}
