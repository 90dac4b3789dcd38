use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::cadence::next_try;
use crate::engine::postgres::Session;
use crate::history::{DrillId, Event, Recorder, Refusal};
use crate::vantage::{Link, Vantage};
use crate::workload::{Credentials, Member, Workload};

/// How a member is reached: through its stable name, from the vantage.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    pub vantage: &'a Vantage,
    pub recorder: &'a Recorder,
    pub workload: &'a Workload,
    pub credentials: &'a Credentials,
}

/// A session and the tunnel it runs through.
pub struct Connection {
    pub session: Session,
    _link: Link,
}

impl Route<'_> {
    /// Connects, trying again at [`super::cadence::CADENCE`] until the server accepts a session.
    pub async fn connect(
        self,
        drill: &DrillId,
        member: &Member,
        deadline: Duration,
    ) -> Result<Connection, RunError> {
        let end = Instant::now() + deadline;
        let mut failed: Option<Refusal> = None;
        loop {
            let since_us = failed
                .as_ref()
                .map_or_else(|| self.recorder.now_us(), |refusal| refusal.since_us);
            let last = match self.attempt(member).await? {
                Ok(connection) => {
                    self.recorder.record(Event::Connected {
                        drill: drill.clone(),
                        name: member.dns.clone(),
                        server: connection.session.server().map(str::to_owned),
                        after: failed,
                    })?;
                    return Ok(connection);
                }
                Err(words) => words,
            };
            let attempts = failed.map_or(1, |refusal| refusal.attempts + 1);
            if Instant::now() >= end {
                let name = member.dns.clone();
                return Err(RunError::NoSession {
                    name,
                    waited_s: deadline.as_secs(),
                    attempts,
                    last,
                });
            }
            failed = Some(Refusal {
                attempts,
                since_us,
                last,
            });
            next_try().await;
        }
    }

    /// One attempt: the outer error is the vantage's, the inner one the server's or the network's.
    async fn attempt(self, member: &Member) -> Result<Result<Connection, String>, RunError> {
        let (stream, link) = self.vantage.dial(&member.dns, self.workload.engine.port).await?;
        match Session::open(stream, self.credentials).await {
            Ok(session) => Ok(Ok(Connection { session, _link: link })),
            // `nc` knows more of a connection that was never made than the driver does.
            Err(error) => {
                let words = link.last_words().await;
                Ok(Err(if words.is_empty() {
                    error.to_string()
                } else {
                    words
                }))
            }
        }
    }
}
