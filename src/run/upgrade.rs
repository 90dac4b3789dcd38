use std::sync::atomic::Ordering;

use super::RunError;
use super::applied::apply_next;
use super::drill::Run;
use crate::cluster::{ApplyError, Objects, template_changed};
use crate::history::{Event, Fault};
use crate::workload::WorkloadKind;

impl Run<'_> {
    /// Applies the other set over the first, other workloads' own objects left out. A refusal is the answer to the drill's
    /// question: the drill goes on with what is there.
    pub(super) async fn upgrade(&self, replicas: u32, replaces_pods: bool) -> Result<(), RunError> {
        let (fault, drill) = (Fault::Upgrade, self.ledger.drill.clone());
        let before = self.set();
        let (target, pods) = self.look(|objects| {
            let (namespace, name) = (&self.workload.namespace, &self.workload.name);
            let target = match self.workload.kind {
                WorkloadKind::StatefulSet => objects.set(namespace, name).map(|(set, _)| set.clone()),
                WorkloadKind::Deployment => objects.deployment(namespace, name).map(|(set, _)| set.clone()),
                WorkloadKind::Pod => None,
            };
            let pods = objects.pods_of(self.workload);
            (target, pods.map(|(pod, _)| pod.uid.clone()).collect::<Vec<_>>())
        });
        self.begin_fault(fault, target.into_iter().collect()).await?;
        let bench = self.bench;
        let applied = self
            .timed(
                "new manifests applied".to_owned(),
                apply_next(bench.application, &self.workload.id(), bench.recorder),
            )
            .await;
        if let Err(RunError::Apply(error @ ApplyError::Refused { status, .. })) = &applied
            && (400..500).contains(status)
        {
            return self.record(Event::FaultRefused {
                drill,
                fault,
                status: *status,
                message: error.to_string(),
            });
        }
        applied?;
        self.record(Event::FaultAccepted { drill, fault })?;
        self.upgraded.store(true, Ordering::Relaxed);
        self.replicas.store(replicas, Ordering::Relaxed);
        if !replaces_pods {
            return Ok(());
        }
        self.met.send_modify(|all| all.extend(pods));
        let Some((set, revision)) = before else {
            return Ok(());
        };
        let check = |objects: &Objects| template_changed(objects, &set, revision.as_deref());
        self.await_set(&set, "given another updateRevision", check).await
    }
}
