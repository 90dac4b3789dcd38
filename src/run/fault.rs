use std::time::Duration;

use super::RunError;
use super::drill::Run;
use crate::cluster::{Objects, all_gone};
use crate::fault::{Aim, FaultError};
use crate::history::{Event, Fault, ObjectRef};

/// How long deleted objects may take to go, their grace period not counted.
pub const REMOVAL_DEADLINE: Duration = Duration::from_mins(1);

/// What the eviction API answers where a PodDisruptionBudget forbids it.
const TOO_MANY_REQUESTS: u16 = 429;

impl Run<'_> {
    /// Does a fault to what it is aimed at now, and waits for what must be gone before the next step.
    pub(super) async fn fault(
        &self,
        aim: impl FnOnce(&Objects) -> Result<Aim, FaultError>,
    ) -> Result<(), RunError> {
        let aim = self.look(aim)?;
        let met = self.look(|objects| self.pods_met(objects, &aim));
        let (drill, fault) = (&self.ledger.drill, aim.fault);
        self.begin_fault(fault, aim.targets.clone()).await?;
        let accepted = self
            .timed(format!("API server accepts: {fault}"), async {
                let refusal = match aim.carry_out(self.bench.client).await {
                    Ok(()) => None,
                    Err(error) => Some(refusal(error)?),
                };
                Ok(refusal)
            })
            .await?;
        let (drill, fault) = (drill.clone(), fault);
        if let Some((status, message)) = accepted {
            return self.record(Event::FaultRefused {
                drill,
                fault,
                status,
                message,
            });
        }
        self.met.send_modify(|all| all.extend(met));
        self.record(Event::FaultAccepted { drill, fault })?;
        if aim.until_gone.is_empty() {
            return Ok(());
        }
        let grace = Duration::from_secs(u64::from(self.workload.termination_grace_seconds));
        // Members that are scaled away go one after the other.
        let turns = match fault {
            Fault::Scale { .. } => u32::try_from(aim.until_gone.len()).unwrap_or(u32::MAX),
            _ => 1,
        };
        let deadline = (REMOVAL_DEADLINE + grace).saturating_mul(turns);
        let gone = |objects: &Objects| all_gone(objects, &aim.until_gone);
        let what = named(&aim.until_gone);
        let wait = self.bench.watches.until(what, "gone", deadline, gone);
        Ok(wait.await?)
    }

    /// The UIDs of the pods that do not outlive a fault.
    fn pods_met(&self, objects: &Objects, aim: &Aim) -> Vec<String> {
        if matches!(aim.fault, Fault::Restart | Fault::Undo) {
            let pods = objects.pods_of(self.workload);
            return pods.map(|(pod, _)| pod.uid.clone()).collect();
        }
        let objects = aim.targets.iter().chain(&aim.until_gone);
        objects
            .filter(|object| object.kind == "Pod")
            .map(|object| object.uid.clone())
            .collect()
    }
}

/// A refusal that is an answer to the drill's question: anything else is the drill's end.
fn refusal(error: FaultError) -> Result<(u16, String), FaultError> {
    if let FaultError::Refused {
        fault: Fault::Evict,
        source,
    } = &error
        && let kube::Error::Api(status) = source.as_ref()
        && status.code == TOO_MANY_REQUESTS
    {
        return Ok((status.code, status.message.clone()));
    }
    Err(error)
}

/// Objects as a wait for them calls them: `Pod db-0, Pod db-1`.
pub fn named<'o>(objects: impl IntoIterator<Item = &'o ObjectRef>) -> String {
    let objects = objects.into_iter();
    let names = objects.map(|object| format!("{} {}", object.kind, object.name));
    names.collect::<Vec<_>>().join(", ")
}
