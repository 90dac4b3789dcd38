use std::time::Duration;

use super::RunError;
use super::drill::Run;
use crate::cluster::{Objects, Progress, WaitError, all_ready, without_image};
use crate::fault::delete_this_pod;

/// How long a controller may take to replace a broken pod once the template is set back. One that does so does it at
/// once; the pods' way to Ready is in it.
const PATIENCE: Duration = Duration::from_secs(20);

impl Run<'_> {
    /// Waits until a pod waits for its image. It must not be the one that is Ready in the end.
    pub(super) async fn await_broken(&self) -> Result<(), RunError> {
        let what = format!("a pod of {}", self.workload.id());
        let check = |objects: &Objects| without_image(objects, self.workload);
        let wait = self
            .bench
            .watches
            .until(what, "waiting for its image", self.bench.deadline, check);
        let broken = wait.await?;
        self.met.send_modify(|met| {
            met.insert(broken.uid.clone());
        });
        Ok(())
    }

    /// Waits until every member is Ready again. A controller that waits for the broken pod is helped as Kubernetes'
    /// documentation has it ("StatefulSets", "Forced rollback").
    pub(super) async fn await_mended(&self) -> Result<(), RunError> {
        let members: Vec<_> = self.workload.members().collect();
        let not = self.met.borrow().clone();
        let by_itself = |objects: &Objects| match all_ready(objects, self.workload, &members, &not) {
            // A pod without its image is hopeless; whether it is taken away is the question.
            Progress::Hopeless { last, causes } => Progress::Pending { last, causes },
            progress => progress,
        };
        let what = format!("every member of {}", self.workload.id());
        let wait = self.bench.watches.until(what, "Ready", PATIENCE, by_itself);
        match wait.await {
            Err(WaitError::NotMet { .. }) => {}
            done => return Ok(done?),
        }
        if let Progress::Met(broken) = self.look(|objects| without_image(objects, self.workload)) {
            self.fault(|_| Ok(delete_this_pod(broken))).await?;
        }
        self.await_all_ready().await
    }
}
