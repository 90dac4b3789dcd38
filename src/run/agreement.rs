use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::cadence::next_try;
use super::connection::Reading;
use super::drill::{Bench, Run};
use super::writer::UNDISTURBED;
use crate::engine::{Rows, Session, Target};
use crate::history::{Event, Keys};
use crate::workload::Member;

/// Connections through one Service at most: of three members one is missed by so many with a chance of 1 in 10⁷.
const CONNECTIONS: u32 = 40;

/// Rows through a Service, or on a member, at least.
const ROWS: u32 = 3;

/// How long a SECONDARY may be behind: a row that the majority has may be on its way to the others.
const CATCH_UP: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// Writes rows through what spreads connections over the members, a new connection a row, until each was reached.
    pub(super) async fn write_through_services(&self) -> Result<(), RunError> {
        let services: Vec<_> = self.workload.spreading_services().collect();
        if services.is_empty() {
            for member in self.workload.members() {
                self.write_alone(&Target::member(self.workload, &member), ROWS)
                    .await?;
            }
        }
        for service in services {
            let target = Target::service(self.workload, service);
            let mut reached = BTreeSet::new();
            for row in 1..=CONNECTIONS {
                let server = self.write_alone(&target, 1).await?;
                reached.extend(
                    server
                        .and_then(|server| self.member_of(&server))
                        .map(|member| member.pod),
                );
                if row >= ROWS && reached.len() == self.workload.members().count() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Writes over a connection of its own, and says which server it led to.
    async fn write_alone(&self, target: &Target, rows: u32) -> Result<Option<String>, RunError> {
        let what = format!("{rows} rows written through {}", target.name());
        self.timed(what, async {
            let Bench { route, deadline, .. } = self.bench;
            let session = route.connect(&self.ledger.drill, target, *deadline).await?;
            self.ledger
                .write(*route, &*session, u64::from(rows), UNDISTURBED)
                .await?;
            Ok(session.server().map(str::to_owned))
        })
        .await
    }

    /// Reads the drill's rows from each member by itself. A replica set's members are given time to catch up.
    pub(super) async fn read_members(&self) -> Result<(), RunError> {
        self.timed("members read".to_owned(), async {
            let wanted = match self.workload.replication {
                Some(_) => whole(&self.read_at(&self.target).await?.rows),
                None => Keys::default(),
            };
            for member in self.workload.members() {
                let session = self.session(&Target::member(self.workload, &member)).await?;
                let end = Instant::now() + CATCH_UP;
                let ledger = self.ledger.name();
                let mut keys = whole(&session.read(ledger).await?);
                while !wanted.difference(&keys).is_empty() && Instant::now() < end {
                    next_try().await;
                    keys = whole(&session.read(ledger).await?);
                }
                let facts = session.facts().await?;
                self.record(Event::Server {
                    drill: Some(self.ledger.drill.clone()),
                    pod: member.pod.clone(),
                    version: facts.version,
                    settings: facts.settings,
                })?;
                self.record(Event::MemberRead {
                    drill: self.ledger.drill.clone(),
                    pod: member.pod,
                    level: session.read_level().to_owned(),
                    keys,
                })?;
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn session(&self, target: &Target) -> Result<Box<dyn Session>, RunError> {
        let Bench { route, deadline, .. } = self.bench;
        route.connect(&self.ledger.drill, target, *deadline).await
    }

    /// Reads the drill's rows.
    pub(super) async fn read_at(&self, target: &Target) -> Result<Reading, RunError> {
        let Bench { deadline, .. } = self.bench;
        self.route()
            .read(&self.ledger.drill, target, self.ledger.name(), *deadline)
            .await
    }

    /// The member that a server says it is.
    pub(super) fn member_of(&self, server: &str) -> Option<Member> {
        self.look(|objects| {
            self.workload.members().find(|member| {
                let pod = objects.pod(&self.workload.namespace, &member.pod);
                member.answers_as(server, pod.and_then(|(_, pod)| pod.ip.as_deref()))
            })
        })
    }
}

/// The rows that are as they were written.
fn whole(rows: &Rows) -> Keys {
    rows.keys.difference(&rows.corrupt)
}
