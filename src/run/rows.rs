use futures::future::pending;
use tokio::time::Instant;

use super::RunError;
use super::cadence::next_try;
use super::connection::Reading;
use super::drill::{Bench, Run};
use super::writer::{UNDISTURBED, await_rows};
use crate::engine::Target;
use crate::history::Event;

/// What a drill does with the rows of its ledger.
impl Run<'_> {
    /// Lives beside the steps and ends only with an error.
    pub(super) async fn write_alongside(&self) -> RunError {
        self.begin.cancelled().await;
        let Bench { route, deadline, .. } = self.bench;
        let end = self
            .ledger
            .keep_writing(*route, &self.target, *deadline, &self.progress, &self.stop)
            .await;
        self.done.cancel();
        match end {
            Ok(()) => pending().await,
            Err(error) => error,
        }
    }

    /// Writes rows that nothing of ours disturbs. A replica set may choose another PRIMARY all the same: then what is
    /// missing is written to that one, under other keys.
    pub(super) async fn write(&self, rows: u32) -> Result<(), RunError> {
        self.timed(format!("{rows} rows written"), async {
            let Bench { route, deadline, .. } = self.bench;
            let (wanted, mut acknowledged) = (u64::from(rows), 0);
            let end = Instant::now() + *deadline;
            loop {
                let session = route.connect(&self.ledger.drill, &self.target, *deadline).await?;
                let (more, failure) = self
                    .ledger
                    .write(*route, &*session, wanted - acknowledged, UNDISTURBED)
                    .await?;
                acknowledged += more;
                match failure {
                    None => return Ok(()),
                    Some(_) if session.is_closed() && Instant::now() < end => next_try().await,
                    Some(last) => {
                        return Err(RunError::Unwritten {
                            acknowledged,
                            wanted,
                            last,
                        });
                    }
                }
            }
        })
        .await
    }

    pub(super) async fn start_writer(&self) -> Result<(), RunError> {
        self.timed("writer under way".to_owned(), async {
            self.begin.cancel();
            await_rows(&self.progress, 1, self.bench.deadline).await
        })
        .await
    }

    pub(super) async fn await_more(&self, rows: u64) -> Result<(), RunError> {
        let acknowledged = await_rows(&self.progress, rows, self.bench.deadline);
        self.timed(format!("{rows} more rows acknowledged"), acknowledged)
            .await
    }

    pub(super) async fn stop_writer(&self, rows_after: u64) -> Result<(), RunError> {
        self.await_more(rows_after).await?;
        self.timed("writer stopped".to_owned(), async {
            self.stop.cancel();
            self.done.cancelled().await;
            Ok(())
        })
        .await
    }

    pub(super) async fn read(&self) -> Result<(), RunError> {
        self.timed("rows read back".to_owned(), async {
            let drill = self.ledger.drill.clone();
            let Reading {
                server,
                level,
                facts,
                rows,
            } = self.read_at(&self.target).await?;
            // Of a replica set the PRIMARY answers, which may be any member.
            let answered = server.as_deref().and_then(|server| self.member_of(server));
            let pod = answered.map_or_else(|| self.pod_of(server.as_deref()), |member| member.pod);
            self.record(Event::Server {
                drill: Some(drill.clone()),
                pod,
                version: facts.version,
                settings: facts.settings,
            })?;
            self.record(Event::Read {
                drill,
                level: level.to_owned(),
                keys: rows.keys,
                corrupt: rows.corrupt,
            })
        })
        .await
    }

    pub(super) async fn read_services(&self) -> Result<(), RunError> {
        self.timed("rows read through the Services".to_owned(), async {
            for service in self.workload.services_of(&self.member) {
                let target = Target::service(self.workload, service);
                let read = self.read_at(&target).await?;
                self.record(Event::ServiceRead {
                    drill: self.ledger.drill.clone(),
                    service: service.dns.clone(),
                    keys: read.rows.keys,
                })?;
            }
            Ok(())
        })
        .await
    }
}
