use serde::{Deserialize, Serialize};

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOutcome {
    /// The row's key.
    pub key: u64,
    /// When it was sent, in microseconds since the run began.
    pub sent_us: u64,
    /// When its fate was known, in microseconds since the run began.
    pub done_us: u64,
    /// Its fate.
    pub fate: WriteFate,
}

/// An answer is acknowledged, refused or unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteFate {
    /// The server said that it is committed.
    Acknowledged,
    /// The server said that it is not.
    Refused(String),
    /// Nobody knows: the connection was lost between the sending and the answer.
    Unknown(String),
}

/// Failed attempts before a success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// How many attempts failed.
    pub attempts: u32,
    /// When the first one began, in microseconds since the run began.
    pub since_us: u64,
    /// What the last one said.
    pub last: String,
}
