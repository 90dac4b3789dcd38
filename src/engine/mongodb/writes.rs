use std::time::Duration;

use mongodb::Collection;
use mongodb::bson::Document;
use mongodb::error::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::fate::fates;
use crate::history::WriteFate;

/// Rows in one command at most.
const ROWS: usize = 128;

/// Sends rows to the server: those that are asked for while a command is under way go out together with the next one.
///
/// The majority answers each command by itself, some 50 ms later. Rows that each waited for a connection of their own
/// would wait for each other, and a row that was never sent would be in doubt.
pub struct Writes {
    rows: mpsc::UnboundedSender<Asked>,
    sending: JoinHandle<()>,
}

/// A row, and who wants to know what became of it.
struct Asked {
    row: Document,
    /// How long they wait for it.
    patience: Duration,
    /// Its fate, and whether the session has ended.
    answer: oneshot::Sender<(WriteFate, bool)>,
}

impl Writes {
    /// Begins to send what is asked for. `ends` says of an error whether the session has ended with it.
    pub fn to(ledger: Collection<Document>, ends: fn(&Error) -> bool) -> Self {
        let (rows, mut asked) = mpsc::unbounded_channel();
        let sending = tokio::spawn(async move {
            let mut block = Vec::with_capacity(ROWS);
            while asked.recv_many(&mut block, ROWS).await > 0 {
                send(&ledger, std::mem::take(&mut block), ends).await;
            }
        });
        Self { rows, sending }
    }

    /// Sends a row and waits for its fate; says too whether the session has ended.
    pub async fn write(&self, row: Document, patience: Duration) -> (WriteFate, bool) {
        let (answer, fate) = oneshot::channel();
        let ended = || (WriteFate::Unknown("the session has ended".to_owned()), true);
        match self.rows.send(Asked {
            row,
            patience,
            answer,
        }) {
            Ok(()) => fate.await.unwrap_or_else(|_| ended()),
            Err(_) => ended(),
        }
    }
}

impl Drop for Writes {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

/// How long the PRIMARY waits for the majority: a little less than whoever asks, so that it has the word when it has not
/// heard of it.
pub fn sooner(patience: Duration) -> Duration {
    patience * 5 / 6
}

async fn send(ledger: &Collection<Document>, block: Vec<Asked>, ends: fn(&Error) -> bool) {
    let patience = block.iter().map(|asked| asked.patience).min();
    let mut concern = ledger.write_concern().cloned().unwrap_or_default();
    concern.w_timeout = patience.map(sooner);
    let (rows, answers): (Vec<_>, Vec<_>) = block.into_iter().map(|asked| (asked.row, asked.answer)).unzip();
    let (fates, ended) = match ledger
        .insert_many(rows)
        .ordered(false)
        .write_concern(concern)
        .await
    {
        Ok(_) => (vec![WriteFate::Acknowledged; answers.len()], false),
        Err(error) => (fates(&error, answers.len()), ends(&error)),
    };
    for (answer, fate) in answers.into_iter().zip(fates) {
        // Who asked may have given up waiting.
        drop(answer.send((fate, ended)));
    }
}
