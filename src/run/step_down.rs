use std::sync::atomic::Ordering;

use super::RunError;
use super::drill::Run;
use crate::fault::FaultError;
use crate::history::{Event, Fault};

impl Run<'_> {
    /// Waits until the set has one PRIMARY, and the other members that there should be now follow it.
    pub(super) async fn await_roles(&self) -> Result<(), RunError> {
        let Some(roles) = self.bench.roles else {
            return Ok(());
        };
        let replicas = self.replicas.load(Ordering::Relaxed);
        let settled = roles.settled(replicas, self.bench.deadline);
        self.timed("PRIMARY and SECONDARY".to_owned(), settled).await
    }

    /// Has the first member elected, unless it is PRIMARY already: nobody else may stand for election meanwhile.
    pub(super) async fn elect_first(&self) -> Result<(), RunError> {
        let (Some(roles), first) = (self.bench.roles, self.workload.member(0)) else {
            return Ok(());
        };
        let primary = roles.primary();
        let Some(primary) = primary.filter(|primary| primary.pod != first.pod) else {
            return Ok(());
        };
        let others = || self.workload.members().skip(1);
        self.timed(
            format!("{} elected in place of {}", first.pod, primary.pod),
            async {
                let elected = async {
                    for member in others().filter(|member| member.pod != primary.pod) {
                        roles.server(&member).await?.freeze(true).await?;
                    }
                    roles.server(&primary).await?.step_down().await?;
                    roles.led_by(&first.pod, self.bench.deadline).await
                };
                let mut done = elected.await;
                // Whatever came of it, and the one that stepped down too.
                for member in others() {
                    let thawed = async { Ok(roles.server(&member).await?.freeze(false).await?) };
                    done = done.and(thawed.await);
                }
                done
            },
        )
        .await
    }

    /// Tells the PRIMARY to step down, and waits for the next.
    pub(super) async fn step_down(&self) -> Result<(), RunError> {
        let Some(roles) = self.bench.roles else {
            return Ok(());
        };
        let fault = Fault::StepDown;
        let nobody = |object: &str| FaultError::NoTarget {
            fault,
            object: object.to_owned(),
        };
        let primary = roles.primary().ok_or_else(|| nobody("PRIMARY"))?;
        let pod = self.look(|objects| {
            let pod = objects.pod(&self.workload.namespace, &primary.pod);
            pod.map(|(object, _)| object.clone())
        });
        let pod = pod.ok_or_else(|| nobody(&format!("Pod {}", primary.pod)))?;
        let drill = self.ledger.drill.clone();
        self.begin_fault(fault, vec![pod]).await?;
        self.timed(format!("{} steps down", primary.pod), async {
            Ok(roles.server(&primary).await?.step_down().await?)
        })
        .await?;
        self.record(Event::FaultAccepted { drill, fault })?;
        let next = roles.succeeded(&primary.pod, self.bench.deadline);
        self.timed("another PRIMARY".to_owned(), next).await
    }
}
