use std::collections::BTreeSet;

use super::RunError;
use super::connection::Route;
use super::drill::{Bench, Run};
use super::writer::UNDISTURBED;
use crate::engine::mongodb::{Answer, Connection};
use crate::engine::{Address, Target};
use crate::history::{Event, Probe};
use crate::workload::{Member, ServiceRef};

/// Connections through one Service with an address of its own, a member each.
const CONNECTIONS_A_MEMBER: u32 = 10;

impl Run<'_> {
    /// Asks each SECONDARY for what its role lets it answer, and goes through each name that leads to all members.
    pub(super) async fn probe_roles(&self) -> Result<(), RunError> {
        let Some(roles) = self.bench.roles else {
            return Ok(());
        };
        let secondaries = roles.secondaries();
        self.timed("what SECONDARY members answer".to_owned(), async {
            for member in &secondaries {
                self.probe_secondary(member).await?;
            }
            Ok(())
        })
        .await?;
        for service in self
            .workload
            .services
            .iter()
            .filter(|service| service.pod.is_none())
        {
            self.timed(
                format!("writes through {}", service.dns),
                self.probe_service(service),
            )
            .await?;
        }
        Ok(())
    }

    /// Writes a row through each Service that selects one pod only.
    pub(super) async fn probe_primary_address(&self) -> Result<(), RunError> {
        for service in self
            .workload
            .services
            .iter()
            .filter(|service| service.pod.is_some())
        {
            let target = Target::service(self.workload, service);
            let write = self.probe_write(&target, Probe::WriteThroughService, &service.dns);
            self.timed(format!("a write through {}", service.dns), write)
                .await?;
        }
        Ok(())
    }

    async fn probe_secondary(&self, member: &Member) -> Result<(), RunError> {
        let target = Target::member(self.workload, member);
        // Without a login nothing is answered where a user is wanted, whatever the role.
        if self.bench.route.credentials.user.is_empty() {
            self.probe_plain_read(member).await?;
        }
        // The driver gives the leave itself: the connection is to this member and no other.
        let session = self.session(&target).await?;
        let (answer, refused) = match session.read(self.ledger.name()).await {
            Ok(rows) => (Some(format!("{} rows", rows.keys.len())), None),
            Err(error) => (None, Some(error.to_string())),
        };
        self.probed(Probe::ReadSecondaryOk, &member.pod, answer, refused)?;
        self.probe_write(&target, Probe::WriteSecondary, &member.pod)
            .await?;
        Ok(())
    }

    async fn probe_plain_read(&self, member: &Member) -> Result<(), RunError> {
        let Bench { route, .. } = self.bench;
        let mut connection = Connection::open(&route.reach(), &member.dns, self.workload.engine.port).await?;
        let (answer, refused) = match connection.read_plain(&route.credentials.database).await? {
            Answer::Ok(_) => (Some("rows".to_owned()), None),
            Answer::Refused { words, .. } => (None, Some(words)),
        };
        self.probed(Probe::ReadPlain, &member.pod, answer, refused)
    }

    /// What applications meet that are given this name: with a headless one any of its addresses, with another whatever
    /// the Service leads to.
    async fn probe_service(&self, service: &ServiceRef) -> Result<(), RunError> {
        if service.headless {
            let addresses = self.bench.route.vantage.resolve(&service.dns).await?;
            self.record(Event::Resolved {
                drill: self.ledger.drill.clone(),
                name: service.dns.clone(),
                addresses: addresses.clone(),
            })?;
            for address in addresses {
                let target = self.certified_at(&address, service);
                let route = Route {
                    address: Some(&address),
                    ..self.bench.route
                };
                self.write_over(route, &target, Probe::WriteThroughService, &service.dns)
                    .await?;
            }
            return Ok(());
        }
        let target = Target::service(self.workload, service);
        let mut reached = BTreeSet::new();
        for _ in 0..CONNECTIONS_A_MEMBER * self.workload.replicas {
            reached.extend(
                self.probe_write(&target, Probe::WriteThroughService, &service.dns)
                    .await?,
            );
            if reached.len() == self.workload.members().count() {
                break;
            }
        }
        Ok(())
    }

    /// Whoever is at an address that a headless Service gives, by the name that its certificate is for: the member's own.
    fn certified_at(&self, address: &str, service: &ServiceRef) -> Target {
        let pod = self.pod_of(Some(address));
        let mut members = self.workload.members();
        let member = members.find(|member| member.pod == pod);
        Target {
            engine: self.workload.engine.clone(),
            address: Address::Name {
                dns: member.map_or_else(|| service.dns.clone(), |member| member.dns),
                pod: None,
            },
        }
    }

    /// Writes one row over a new connection, and records how it was answered and by whom.
    async fn probe_write(
        &self,
        target: &Target,
        probe: Probe,
        against: &str,
    ) -> Result<Option<String>, RunError> {
        self.write_over(self.bench.route, target, probe, against).await
    }

    async fn write_over(
        &self,
        route: Route<'_>,
        target: &Target,
        probe: Probe,
        against: &str,
    ) -> Result<Option<String>, RunError> {
        let drill = &self.ledger.drill;
        let session = route.connect(drill, target, self.bench.deadline).await?;
        let (acknowledged, failure) = self.ledger.write(route, &*session, 1, UNDISTURBED).await?;
        let server = session.server().map(str::to_owned);
        let said = server.clone().unwrap_or_else(|| "acknowledged".to_owned());
        let refused = failure.map(|words| match (&server, probe) {
            (Some(server), Probe::WriteThroughService) => format!("{server}: {words}"),
            _ => words,
        });
        self.probed(probe, against, (acknowledged > 0).then_some(said), refused)?;
        Ok(server)
    }

    fn probed(
        &self,
        probe: Probe,
        against: &str,
        answer: Option<String>,
        refused: Option<String>,
    ) -> Result<(), RunError> {
        self.record(Event::Probed {
            drill: self.ledger.drill.clone(),
            probe,
            against: against.to_owned(),
            answer,
            refused,
        })
    }
}
