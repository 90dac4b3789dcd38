use std::iter;
use std::ops::Range;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures::future::ready;
use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::RunError;
use super::connection::Route;
use crate::engine::{Session, Target};
use crate::history::{DrillId, Event, WriteFate, WriteOutcome};

/// Rows under way at once on one connection: enough that a fault always meets some, few enough that a server under a
/// CPU limit answers each within a fraction of a second.
const AT_ONCE: usize = 32;

/// Rows that are announced, and whose fates are recorded, at once.
const BLOCK: u64 = 32;

/// How long a row may be under way before its fate is unknown: a pod that is killed with its network takes the
/// connection with it without a word.
const ROW_DEADLINE: Duration = Duration::from_secs(3);

/// The same where nothing is being done to the server: a busy one, or a replica set that has just elected, may take its
/// time.
pub const UNDISTURBED: Duration = Duration::from_secs(30);

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
    /// Rows sent and not yet answered.
    pub in_flight: usize,
    /// What the last failure said.
    pub last_failure: String,
}

impl Progress {
    /// A row is sent. Gives whether that is worth waking somebody.
    fn one_more(&mut self) -> bool {
        self.in_flight += 1;
        self.in_flight == 1
    }

    /// A row was answered, or given up.
    fn one_less(&mut self) -> bool {
        self.in_flight -= 1;
        false
    }
}

/// Writes one row and waits for its fate, which is unknown once that takes too long.
pub async fn fate(session: &dyn Session, ledger: &str, key: u64, patience: Duration) -> WriteFate {
    tokio::time::timeout(patience, session.write(ledger, key, patience))
        .await
        .unwrap_or_else(|_| WriteFate::Unknown(format!("no answer within {} s", patience.as_secs())))
}

impl Ledger {
    pub fn new(drill: DrillId, run: &str) -> Self {
        Self {
            name: match drill.round {
                0 => format!("{}-{run}", drill.drill),
                round => format!("{}-{round}-{run}", drill.drill),
            },
            drill,
            next: AtomicU64::new(1),
        }
    }

    /// The name under which its rows are stored.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether no row was ever about to be written.
    pub fn is_empty(&self) -> bool {
        self.next.load(Ordering::Relaxed) == 1
    }

    /// Writes rows, as many at once as the session takes, and waits for the fate of each.
    ///
    /// Their keys stand in the history before the first of them is sent. Gives the number acknowledged and the words
    /// of a failure, if there was one: what had not been sent by then stays unsent. `patience` is how long a row may be
    /// under way.
    pub async fn write(
        &self,
        route: Route<'_>,
        session: &dyn Session,
        rows: u64,
        patience: Duration,
    ) -> Result<(u64, Option<String>), RunError> {
        let keys = self.announce(route, rows)?;
        let failed = AtomicBool::new(false);
        let write = async |key| {
            let outcome = self.row(route, session, key, patience, None).await;
            if outcome.fate != WriteFate::Acknowledged {
                failed.store(true, Ordering::Relaxed);
            }
            outcome
        };
        let outcomes: Vec<WriteOutcome> = stream::iter(keys)
            .take_while(|_| ready(!failed.load(Ordering::Relaxed)))
            .map(write)
            .buffered(session.at_once())
            .collect()
            .await;
        self.wrote(route, session, outcomes)
    }

    /// Writes one row and waits for its fate. As long as it counts as under way it is: its times are without that.
    async fn row(
        &self,
        route: Route<'_>,
        session: &dyn Session,
        key: u64,
        patience: Duration,
        progress: Option<&watch::Sender<Progress>>,
    ) -> WriteOutcome {
        let count = |change: fn(&mut Progress) -> bool| progress.map(|all| all.send_if_modified(change));
        let sent_us = route.recorder.now_us();
        count(Progress::one_more);
        let fate = fate(session, self.name(), key, patience).await;
        count(Progress::one_less);
        WriteOutcome {
            key,
            sent_us,
            done_us: route.recorder.now_us(),
            fate,
        }
    }

    /// Records what became of rows. Gives the number acknowledged and the words of the first failure.
    fn wrote(
        &self,
        route: Route<'_>,
        session: &dyn Session,
        outcomes: Vec<WriteOutcome>,
    ) -> Result<(u64, Option<String>), RunError> {
        let acknowledged = outcomes
            .iter()
            .filter(|outcome| outcome.fate == WriteFate::Acknowledged)
            .count();
        let failure = outcomes.iter().find_map(|outcome| match &outcome.fate {
            WriteFate::Acknowledged => None,
            WriteFate::Refused(words) | WriteFate::Unknown(words) => Some(words.clone()),
        });
        if !outcomes.is_empty() {
            route.recorder.record(Event::Wrote {
                drill: self.drill.clone(),
                level: session.write_level().to_owned(),
                outcomes,
            })?;
        }
        Ok((acknowledged as u64, failure))
    }

    /// Writes row after row until it is stopped, connecting again whenever the connection is lost.
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
            let failure = self.pour(route, &*session, progress, stop).await?;
            if failure.is_some() || session.is_closed() {
                let reason = failure.unwrap_or_else(|| "the connection ended".to_owned());
                route.recorder.record(Event::Disconnected {
                    drill: self.drill.clone(),
                    reason,
                })?;
            }
        }
        Ok(())
    }

    /// Writes row after row on one session without a pause between them, so that whatever is done meets some under way,
    /// until one is not acknowledged or the writer is stopped. Gives the words of a failure.
    async fn pour(
        &self,
        route: Route<'_>,
        session: &dyn Session,
        progress: &watch::Sender<Progress>,
        stop: &CancellationToken,
    ) -> Result<Option<String>, RunError> {
        let failed = AtomicBool::new(false);
        let blocks = iter::from_fn(|| {
            let done = failed.load(Ordering::Relaxed) || stop.is_cancelled() || session.is_closed();
            (!done).then(|| self.announce(route, BLOCK))
        });
        let outcomes = stream::iter(blocks)
            .map_ok(|block| stream::iter(block.map(Ok::<_, RunError>)))
            .try_flatten()
            .try_take_while(|_| ready(Ok(!failed.load(Ordering::Relaxed))))
            .map_ok(async |key| {
                let outcome = self.row(route, session, key, ROW_DEADLINE, Some(progress)).await;
                if outcome.fate != WriteFate::Acknowledged {
                    failed.store(true, Ordering::Relaxed);
                }
                Ok(outcome)
            })
            .try_buffered(session.at_once().min(AT_ONCE));
        let mut outcomes = pin!(outcomes);
        let (mut batch, mut failure) = (Vec::new(), None);
        loop {
            let next = outcomes.try_next().await?;
            let over = next.is_none();
            batch.extend(next);
            if (batch.len() as u64) < BLOCK && !over {
                continue;
            }
            let (acknowledged, first) = self.wrote(route, session, std::mem::take(&mut batch))?;
            failure = failure.or(first);
            progress.send_modify(|progress| {
                progress.acknowledged += acknowledged;
                progress.last_failure = failure.clone().unwrap_or_default();
            });
            if over {
                return Ok(failure);
            }
        }
    }

    /// Takes the next keys, which stand in the history from then on.
    fn announce(&self, route: Route<'_>, rows: u64) -> Result<Range<u64>, RunError> {
        let first = self.next.fetch_add(rows, Ordering::Relaxed);
        let keys = first..first + rows;
        route.recorder.record(Event::Attempting {
            drill: self.drill.clone(),
            keys: keys.clone().collect(),
        })?;
        Ok(keys)
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

/// Does something while the writer has a row under way, of which no fate is taken in meanwhile. Where there is none
/// within the deadline it is done all the same, and the history shows what it met.
pub async fn in_flight<T>(
    progress: &watch::Sender<Progress>,
    deadline: Duration,
    work: impl FnOnce() -> T,
) -> T {
    let mut seen = progress.subscribe();
    // As long as the value is borrowed nobody counts a row off.
    let under_way = tokio::time::timeout(deadline, seen.wait_for(|now| now.in_flight > 0)).await;
    let done = work();
    drop(under_way);
    done
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::{AtomicBool, Duration, Ordering, Progress, in_flight, watch};

    #[tokio::test]
    async fn no_row_is_counted_off_while_something_is_done_to_it() {
        let progress = Arc::new(watch::Sender::new(Progress::default()));
        progress.send_if_modified(Progress::one_more);
        let counted_off = Arc::new(AtomicBool::new(false));
        let work = || {
            let (progress, answered) = (progress.clone(), counted_off.clone());
            let answer = thread::spawn(move || {
                progress.send_if_modified(Progress::one_less);
                answered.store(true, Ordering::SeqCst);
            });
            thread::sleep(Duration::from_millis(50));
            (answer, counted_off.load(Ordering::SeqCst))
        };
        let (answer, early) = in_flight(&progress, Duration::from_mins(1), work).await;
        answer.join().unwrap();
        assert!(!early && counted_off.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn what_meets_no_row_is_done_after_the_deadline() {
        let progress = watch::Sender::new(Progress::default());
        let (patience, begun) = (Duration::from_millis(20), std::time::Instant::now());
        assert!(in_flight(&progress, patience, || true).await);
        assert!(begun.elapsed() >= patience);
    }
}
