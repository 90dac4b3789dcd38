/// One row of the ledger. Everything in it follows from drill and key, so that a row that comes back altered, or that
/// nobody wrote, is told from one that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key that the harness chose.
    pub key: u64,
    /// What is stored.
    pub payload: String,
    /// CRC-32 of drill, key and payload.
    pub checksum: u32,
}

/// Whether a row that was read is the one that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Whole,
    /// Payload or checksum differ.
    Corrupt,
}

impl Row {
    /// The row with this key.
    ///
    /// ```
    /// use stateproof::engine::{Row, State};
    ///
    /// let row = Row::new("lose-pod", 7);
    /// assert_eq!(Row::state("lose-pod", 7, &row.payload, row.checksum), State::Whole);
    /// assert_eq!(Row::state("lose-pod", 8, &row.payload, row.checksum), State::Corrupt);
    /// ```
    #[must_use]
    pub fn new(ledger: &str, key: u64) -> Self {
        // An odd multiplier spreads neighbouring keys over all bits: a page written twice in one place shows.
        let pattern = format!("{:016x}", key.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let payload = pattern.repeat(4);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(ledger.as_bytes());
        hasher.update(&key.to_le_bytes());
        hasher.update(payload.as_bytes());
        Self {
            key,
            payload,
            checksum: hasher.finalize(),
        }
    }

    /// Compares what was read with what was written under this key.
    #[must_use]
    pub fn state(ledger: &str, key: u64, payload: &str, checksum: u32) -> State {
        let written = Self::new(ledger, key);
        if written.payload == payload && written.checksum == checksum {
            State::Whole
        } else {
            State::Corrupt
        }
    }
}
