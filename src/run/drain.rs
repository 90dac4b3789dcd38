use super::RunError;
use super::drill::Run;
use super::fault::REMOVAL_DEADLINE;
use crate::cluster::{Objects, displaced, node_cordoned};
use crate::fault::{FaultError, cordon_node, uncordon_node};
use crate::history::{Fault, ObjectRef};

impl Run<'_> {
    /// Cordons the member's node. The scene knows of it before the API server does.
    pub(super) async fn cordon(&self) -> Result<(), RunError> {
        let aim = self.look(|objects| cordon_node(objects, self.workload, &self.member))?;
        let nodes = aim.targets.clone();
        for node in &nodes {
            self.bench.cordons.add(node);
        }
        self.fault(|_| Ok(aim)).await?;
        for node in &nodes {
            self.await_cordon(node, true).await?;
        }
        Ok(())
    }

    pub(super) async fn uncordon(&self) -> Result<(), RunError> {
        let node = self.bench.cordons.last().ok_or_else(|| FaultError::NoTarget {
            fault: Fault::Uncordon,
            object: "node that was cordoned".to_owned(),
        })?;
        self.fault(|_| Ok(uncordon_node(&node))).await?;
        self.bench.cordons.remove(&node);
        self.await_cordon(&node, false).await
    }

    /// Waits until the displaced member's next pod has found another node, or none.
    pub(super) async fn await_displaced(&self) -> Result<(), RunError> {
        let met = self.met.borrow().clone();
        let paused = self.bench.paused.last().map(|node| node.name);
        let node = paused.or_else(|| self.bench.cordons.last().map(|node| node.name));
        let Some(node) = node.filter(|_| !met.is_empty()) else {
            // The eviction was refused: nothing is displaced.
            return Ok(());
        };
        let check = |objects: &Objects| displaced(objects, self.workload, &self.member, &node, &met);
        let condition = format!("Ready on another node than {node}, or left without one");
        let (pod, deadline) = (format!("Pod {}", self.member.pod), self.bench.deadline);
        Ok(self.bench.watches.until(pod, &condition, deadline, check).await?)
    }

    async fn await_cordon(&self, node: &ObjectRef, cordoned: bool) -> Result<(), RunError> {
        let condition = if cordoned { "cordoned" } else { "uncordoned" };
        let check = |objects: &Objects| node_cordoned(objects, node, cordoned);
        let node = format!("Node {}", node.name);
        let wait = self.bench.watches.until(node, condition, REMOVAL_DEADLINE, check);
        Ok(wait.await?)
    }
}
