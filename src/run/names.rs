use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::cadence::next_try;
use super::drill::Run;
use crate::cluster::Objects;
use crate::history::Event;
use crate::workload::{ServiceRef, Workload};

/// How long a name may take to answer with the new address: CoreDNS may serve what it has cached for 30 s.
const NAME_DEADLINE: Duration = Duration::from_secs(45);

impl Run<'_> {
    /// Asks for the member's name until it answers with the pod's address.
    pub(super) async fn resolve(&self) -> Result<(), RunError> {
        let Some(ip) = self.look(|objects| {
            objects
                .pod_of(self.workload, &self.member)
                .and_then(|(_, pod)| pod.ip.clone())
        }) else {
            return Ok(());
        };
        let what = format!("name of {} answers", self.member.pod);
        self.ask(what, &self.member.dns, Some(&[ip])).await
    }

    /// Asks for every Service's name: a headless one until it answers with its pods' addresses, any other once.
    pub(super) async fn resolve_services(&self) -> Result<(), RunError> {
        for service in &self.workload.services {
            let wanted = service
                .headless
                .then(|| self.look(|objects| endpoints(objects, self.workload, service)));
            let what = format!("name of Service {} answers", service.name);
            self.ask(what, &service.dns, wanted.as_deref()).await?;
        }
        Ok(())
    }

    /// Asks for a name until it answers with these addresses, or once.
    async fn ask(&self, what: String, name: &str, wanted: Option<&[String]>) -> Result<(), RunError> {
        self.timed(what, async {
            let end = Instant::now() + NAME_DEADLINE;
            let mut before = None;
            loop {
                let addresses = self.bench.route.vantage.resolve(name).await?;
                // A name that never agrees is not an error here: it is what the verdict is about.
                let agrees = wanted.is_none_or(|wanted| addresses == wanted);
                let done = agrees || Instant::now() >= end;
                if done || before.as_ref() != Some(&addresses) {
                    self.record(Event::Resolved {
                        drill: self.ledger.drill.clone(),
                        name: name.to_owned(),
                        addresses: addresses.clone(),
                    })?;
                    before = Some(addresses);
                }
                if done {
                    return Ok(());
                }
                next_try().await;
            }
        })
        .await
    }
}

/// The addresses that a headless Service should answer with now, sorted as the vantage sorts them.
fn endpoints(objects: &Objects, workload: &Workload, service: &ServiceRef) -> Vec<String> {
    let pods = workload
        .members()
        .filter(|member| service.pod.as_ref().is_none_or(|pod| *pod == member.pod))
        .filter_map(|member| Some(objects.pod(&workload.namespace, &member.pod)?.1.clone()));
    let mut addresses: Vec<_> = pods
        .filter(|pod| service.publishes_not_ready || (pod.ready && !pod.terminating))
        .filter_map(|pod| pod.ip)
        .collect();
    addresses.sort();
    addresses
}
