use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::cadence::{CADENCE, next_try};
use crate::engine::{self, Address, Facts, Reach, Rows, Session, SessionError, Target};
use crate::history::{DrillId, Event, Recorder, Refusal};
use crate::vantage::{Failed, Vantage, VantageError};
use crate::workload::{Credentials, Discovered, Workload};

/// How a workload's servers are reached: through their stable names, from the vantage.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    pub vantage: &'a Arc<Vantage>,
    pub recorder: &'a Recorder,
    pub workload: &'a Workload,
    pub credentials: &'a Credentials,
    /// The address that is dialled whatever the name, where the name does not lead to just this server.
    pub address: Option<&'a str>,
}

/// What a server has, and what it says of itself.
pub struct Reading {
    /// Which server answered: see [`Session::server`].
    pub server: Option<String>,
    /// How it was read: see [`Session::read_level`].
    pub level: &'static str,
    pub facts: Facts,
    pub rows: Rows,
}

impl<'a> Route<'a> {
    /// To a workload's servers, by their names.
    pub fn to(vantage: &'a Arc<Vantage>, recorder: &'a Recorder, found: &'a Discovered) -> Self {
        Self {
            vantage,
            recorder,
            workload: &found.workload,
            credentials: &found.credentials,
            address: None,
        }
    }

    /// Connects, trying again at [`super::cadence::CADENCE`] until the server accepts a session.
    pub async fn connect(
        self,
        drill: &DrillId,
        target: &Target,
        deadline: Duration,
    ) -> Result<Box<dyn Session>, RunError> {
        let (session, after) = self.session(target, deadline).await?;
        self.recorder.record(Event::Connected {
            drill: drill.clone(),
            name: target.name(),
            server: session.server().map(str::to_owned),
            after,
        })?;
        Ok(session)
    }

    /// The same, with the attempts that failed before it; nothing is recorded.
    pub async fn session(
        self,
        target: &Target,
        deadline: Duration,
    ) -> Result<(Box<dyn Session>, Option<Refusal>), RunError> {
        let end = Instant::now() + deadline;
        let since_us = self.recorder.now_us();
        let mut attempts = 0;
        let mut refused = None;
        loop {
            let error = match self.attempt(target).await {
                Ok(session) => {
                    let after = refused.map(|last| Refusal {
                        attempts,
                        since_us,
                        last,
                    });
                    return Ok((session, after));
                }
                // The vantage's own loss is no word about the server.
                Err(lost @ SessionError::Reach(_)) => return Err(lost.into()),
                Err(error) => error,
            };
            attempts += 1;
            let last = refused.insert(error.to_string());
            if Instant::now() >= end {
                return Err(RunError::NoSession {
                    name: target.name(),
                    waited_s: deadline.as_secs(),
                    attempts,
                    last: last.clone(),
                });
            }
            next_try().await;
            if matches!(error, SessionError::Unconnected(_)) {
                let failed = self.await_listener(target).await?;
                attempts += failed.attempts;
                if let Some(said) = failed.last {
                    *last = said;
                }
            }
        }
    }

    /// Waits a while for something that takes connections, and gives those that failed meanwhile.
    async fn await_listener(self, target: &Target) -> Result<Failed, RunError> {
        let Address::Name { dns, .. } = &target.address else {
            return Ok(Failed::default());
        };
        let host = self.address.unwrap_or(dns);
        let waited = self.vantage.await_listener(host, target.engine.port, CADENCE);
        match waited.await {
            // There will be another attempt, as long as the deadline is not over.
            Err(VantageError::TimedOut { .. }) => Ok(Failed::default()),
            waited => Ok(waited?),
        }
    }

    /// Reads a ledger, over another session where the one it began on ended meanwhile: a replica set may choose another
    /// PRIMARY at any time, and what was asked has changed nothing.
    pub async fn read(
        self,
        drill: &DrillId,
        target: &Target,
        ledger: &str,
        deadline: Duration,
    ) -> Result<Reading, RunError> {
        let end = Instant::now() + deadline;
        loop {
            let session = self.connect(drill, target, deadline).await?;
            let asked = async { Ok((session.facts().await?, session.read(ledger).await?)) };
            match asked.await {
                Ok((facts, rows)) => {
                    return Ok(Reading {
                        server: session.server().map(str::to_owned),
                        level: session.read_level(),
                        facts,
                        rows,
                    });
                }
                Err(lost @ SessionError::Reach(_)) => return Err(lost.into()),
                Err(_) if session.is_closed() && Instant::now() < end => next_try().await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// One attempt, which is not recorded.
    pub async fn attempt(self, target: &Target) -> Result<Box<dyn Session>, SessionError> {
        engine::open(&self.reach(), target, self.credentials).await
    }

    /// The way to the workload's servers.
    pub fn reach(self) -> Arc<dyn Reach> {
        let vantage: Arc<dyn Reach> = self.vantage.clone();
        let way = match self.address {
            Some(address) => engine::straight_to(address.to_owned(), vantage),
            None => vantage,
        };
        engine::reach(way, &self.workload.engine, self.credentials)
    }
}
