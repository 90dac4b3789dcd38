use std::sync::atomic::Ordering;

use super::RunError;
use super::drill::Run;
use super::fault::REMOVAL_DEADLINE;
use crate::cluster::{Objects, all_ready, member_ready, scaled, template_changed};
use crate::fault::{Aim, FaultError, delete_pod, scale_set};
use crate::history::ObjectRef;
use crate::workload::{Member, Workload};

impl Run<'_> {
    /// Waits until the member is Ready as a pod that no fault was aimed at.
    pub(super) async fn await_ready(&self) -> Result<(), RunError> {
        self.ready(&self.member).await
    }

    /// Waits until all members that there should be are.
    pub(super) async fn await_all_ready(&self) -> Result<(), RunError> {
        let replicas = self.replicas.load(Ordering::Relaxed);
        let members: Vec<_> = (0..replicas)
            .map(|ordinal| self.workload.member(ordinal))
            .collect();
        let mut names: Vec<_> = members
            .iter()
            .map(|member| self.workload.called(member))
            .collect();
        names.dedup();
        let what = names.join(", ");
        let not = self.met.borrow().clone();
        let check = |objects: &Objects| all_ready(objects, self.workload, &members, &not);
        // They may come one after the other.
        let deadline = self.bench.deadline.saturating_mul(replicas.max(1));
        Ok(self.bench.watches.until(what, "Ready", deadline, check).await?)
    }

    /// Deletes the first member's pod and waits for the next: the newest pod is then not that of the last member.
    pub(super) async fn renew_first(&self) -> Result<(), RunError> {
        let first = self.workload.member(0);
        self.fault(|objects| delete_pod(objects, self.workload, &first, false))
            .await?;
        self.ready(&first).await
    }

    /// Changes the number of members; those that go are gone when it returns.
    pub(super) async fn scale(&self, replicas: u32) -> Result<(), RunError> {
        self.fault(|objects| scale_set(objects, self.workload, replicas))
            .await?;
        self.replicas.store(replicas, Ordering::Relaxed);
        let Some((set, _)) = self.set() else { return Ok(()) };
        let check = |objects: &Objects| scaled(objects, &set, replicas);
        let condition = format!("scaled to {replicas}");
        self.await_set(&set, &condition, check).await
    }

    /// Changes the pods' template; the controller has taken it in when it returns.
    pub(super) async fn change_template(
        &self,
        aim: impl FnOnce(&Objects, &Workload) -> Result<Aim, FaultError>,
    ) -> Result<(), RunError> {
        let before = self.set();
        self.fault(|objects| aim(objects, self.workload)).await?;
        let Some((set, revision)) = before else {
            return Ok(());
        };
        let check = |objects: &Objects| template_changed(objects, &set, revision.as_deref());
        self.await_set(&set, "given another updateRevision", check).await
    }

    /// The StatefulSet and its `updateRevision`.
    pub(super) fn set(&self) -> Option<(ObjectRef, Option<String>)> {
        self.look(|objects| {
            let (set, state) = objects.set(&self.workload.namespace, &self.workload.name)?;
            Some((set.clone(), state.update_revision.clone()))
        })
    }

    pub(super) async fn await_set(
        &self,
        set: &ObjectRef,
        condition: &str,
        check: impl FnMut(&Objects) -> crate::cluster::Progress<()>,
    ) -> Result<(), RunError> {
        let what = format!("StatefulSet {}", set.name);
        let wait = self.bench.watches.until(what, condition, REMOVAL_DEADLINE, check);
        Ok(wait.await?)
    }

    async fn ready(&self, member: &Member) -> Result<(), RunError> {
        let met = self.met.borrow().clone();
        let check = |objects: &Objects| member_ready(objects, self.workload, member, &met);
        let pod = self.workload.called(member);
        let deadline = self.bench.deadline;
        self.bench.watches.until(pod, "Ready", deadline, check).await?;
        Ok(())
    }
}
