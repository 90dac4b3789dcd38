use super::RunError;
use super::drill::Run;
use crate::cluster::{Objects, budget_settled};
use crate::fault::evict_pod;

impl Run<'_> {
    /// Evicts the member's pod and those after it, one after the other, whatever the answers: so many that a budget
    /// must refuse the last.
    pub(super) async fn evict(&self, pods: u32) -> Result<(), RunError> {
        for budget in &self.workload.budgets {
            let check = |objects: &Objects| budget_settled(objects, self.workload, &budget.name);
            let what = format!("PodDisruptionBudget {}", budget.name);
            let condition = "known to the disruption controller with all its pods Ready";
            let deadline = self.bench.deadline;
            self.bench.watches.until(what, condition, deadline, check).await?;
        }
        for offset in 0..pods.min(self.workload.replicas) {
            let ordinal = (self.member.ordinal + offset) % self.workload.replicas;
            let member = self.workload.member(ordinal);
            self.fault(|objects| evict_pod(objects, self.workload, &member))
                .await?;
        }
        Ok(())
    }
}
