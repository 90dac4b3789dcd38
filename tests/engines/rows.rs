//! Rows that must be there, whatever the engine.

use anyhow::{Result, ensure};
use stateproof::engine::Session;
use stateproof::history::WriteFate;

use super::container::{PATIENCE, within};

/// Writes these keys; every one of them must be acknowledged.
pub async fn write(session: &dyn Session, ledger: &str, keys: impl IntoIterator<Item = u64>) -> Result<()> {
    for key in keys {
        let writing = async { Ok(session.write(ledger, key, PATIENCE).await) };
        let fate = within("a write", writing).await?;
        ensure!(
            fate == WriteFate::Acknowledged,
            "the row with key {key} is {fate:?}"
        );
    }
    Ok(())
}
