use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::cadence::next_try;
use crate::engine::{self, Reach, Session, SessionError, Target};
use crate::history::{DrillId, Event, Recorder, Refusal};
use crate::vantage::Vantage;
use crate::workload::{Credentials, Workload};

/// How a workload's servers are reached: through their stable names, from the vantage.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    pub vantage: &'a Arc<Vantage>,
    pub recorder: &'a Recorder,
    pub workload: &'a Workload,
    pub credentials: &'a Credentials,
}

impl Route<'_> {
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
        let mut failed: Option<Refusal> = None;
        loop {
            let since_us = failed
                .as_ref()
                .map_or_else(|| self.recorder.now_us(), |refusal| refusal.since_us);
            let last = match self.attempt(target).await {
                Ok(session) => return Ok((session, failed)),
                // The vantage's own loss is no word about the server.
                Err(lost @ SessionError::Reach(_)) => return Err(lost.into()),
                Err(error) => error.to_string(),
            };
            let attempts = failed.map_or(1, |refusal| refusal.attempts + 1);
            if Instant::now() >= end {
                return Err(RunError::NoSession {
                    name: target.name(),
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

    /// One attempt, which is not recorded.
    pub async fn attempt(self, target: &Target) -> Result<Box<dyn Session>, SessionError> {
        engine::open(&self.reach(), target, self.credentials).await
    }

    /// The way to the workload's servers.
    pub fn reach(self) -> Arc<dyn Reach> {
        engine::reach(self.vantage.clone(), &self.workload.engine, self.credentials)
    }
}
