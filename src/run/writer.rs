use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures::future::ready;
use futures::stream::{self, StreamExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::RunError;
use super::connection::Route;
use crate::engine::{Session, Target};
use crate::history::{DrillId, Event, WriteFate, WriteOutcome};

/// Rows under way at once on one connection: enough that a fault always meets some, few enough that a server under a
/// CPU limit answers each within a fraction of a second.
const BLOCK: u64 = 32;

/// How long a row may be under way before its fate is unknown: a pod that is killed with its network takes the
/// connection with it without a word.
const ROW_DEADLINE: Duration = Duration::from_secs(3);

/// Writes rows of one drill's ledger, each under a key of its own that is never used again.
pub struct Ledger {
    pub drill: DrillId,
    /// The name under which its rows are stored. The run is part of it: a volume that outlives its claim may still hold
    /// the rows of an earlier one.
    name: String,
    next: AtomicU64,
}

/// How far a writer is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Rows acknowledged so far.
    pub acknowledged: u64,
    /// What the last failure said.
    pub last_failure: String,
}

impl Ledger {
    pub fn new(drill: DrillId, run: &str) -> Self {
        Self {
            name: format!("{}-{run}", drill.drill),
            drill,
            next: AtomicU64::new(1),
        }
    }

    /// The name under which its rows are stored.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes rows, as many at once as the session takes, and waits for the fate of each.
    ///
    /// Their keys stand in the history before the first of them is sent. Gives the number acknowledged and the words
    /// of a failure, if there was one: what had not been sent by then stays unsent.
    pub async fn write(
        &self,
        route: Route<'_>,
        session: &dyn Session,
        rows: u64,
    ) -> Result<(u64, Option<String>), RunError> {
        let first = self.next.fetch_add(rows, Ordering::Relaxed);
        let keys = first..first + rows;
        route.recorder.record(Event::Attempting {
            drill: self.drill.clone(),
            keys: keys.clone().collect(),
        })?;
        let failed = AtomicBool::new(false);
        let write = async |key| {
            let sent_us = route.recorder.now_us();
            let fate = tokio::time::timeout(ROW_DEADLINE, session.write(self.name(), key))
                .await
                .unwrap_or_else(|_| {
                    WriteFate::Unknown(format!("no answer within {} s", ROW_DEADLINE.as_secs()))
                });
            if fate != WriteFate::Acknowledged {
                failed.store(true, Ordering::Relaxed);
            }
            WriteOutcome {
                key,
                sent_us,
                done_us: route.recorder.now_us(),
                fate,
            }
        };
        let outcomes: Vec<WriteOutcome> = stream::iter(keys)
            .take_while(|_| ready(!failed.load(Ordering::Relaxed)))
            .map(write)
            .buffered(session.at_once())
            .collect()
            .await;
        let acknowledged = outcomes
            .iter()
            .filter(|outcome| outcome.fate == WriteFate::Acknowledged)
            .count();
        let failure = outcomes.iter().find_map(|outcome| match &outcome.fate {
            WriteFate::Acknowledged => None,
            WriteFate::Refused(words) | WriteFate::Unknown(words) => Some(words.clone()),
        });
        route.recorder.record(Event::Wrote {
            drill: self.drill.clone(),
            level: session.write_level().to_owned(),
            outcomes,
        })?;
        Ok((acknowledged as u64, failure))
    }

    /// Writes block after block until it is stopped, connecting again whenever the connection is lost.
    ///
    /// # Errors
    /// When the vantage or the history fails, or no session can be had within the deadline.
    pub async fn keep_writing(
        &self,
        route: Route<'_>,
        target: &Target,
        deadline: Duration,
        progress: &watch::Sender<Progress>,
        stop: &CancellationToken,
    ) -> Result<(), RunError> {
        while !stop.is_cancelled() {
            let connecting = route.connect(&self.drill, target, deadline);
            let Some(session) = stop.run_until_cancelled(connecting).await.transpose()? else {
                return Ok(());
            };
            while !stop.is_cancelled() {
                let (acknowledged, failure) = self.write(route, &*session, BLOCK).await?;
                let lost = failure.is_some();
                progress.send_modify(|progress| {
                    progress.acknowledged += acknowledged;
                    progress.last_failure = failure.clone().unwrap_or_default();
                });
                if lost || session.is_closed() {
                    let reason = failure.unwrap_or_else(|| "the connection ended".to_owned());
                    route.recorder.record(Event::Disconnected {
                        drill: self.drill.clone(),
                        reason,
                    })?;
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Waits until the writer has had this many more rows acknowledged than at the time of the call.
///
/// # Errors
/// [`RunError::Starved`] after the deadline, with the last failure.
pub async fn await_rows(
    progress: &watch::Sender<Progress>,
    rows: u64,
    deadline: Duration,
) -> Result<(), RunError> {
    let mut seen = progress.subscribe();
    let before = seen.borrow().acknowledged;
    let enough = seen.wait_for(|now| now.acknowledged >= before + rows);
    if tokio::time::timeout(deadline, enough).await.is_ok() {
        return Ok(());
    }
    let now = progress.borrow().clone();
    Err(RunError::Starved {
        acknowledged: now.acknowledged - before,
        wanted: rows,
        waited_s: deadline.as_secs(),
        last: now.last_failure,
    })
}
