use std::time::Duration;

use super::RunError;
use super::drill::Run;
use super::fault::REMOVAL_DEADLINE;
use crate::cluster::provider::{Node, ProviderError};
use crate::cluster::{Objects, node_ready};
use crate::fault::FaultError;
use crate::history::{Event, Fault, ObjectRef, container_id};

/// How long the API server may take to notice that a node is silent, or that it is there again: the controller
/// manager's `node-monitor-grace-period` is 40 s or 50 s, by its version.
const NOTICED: Duration = Duration::from_mins(2);

impl Run<'_> {
    /// Pauses the member's node, and waits until the cluster takes it for dead.
    pub(super) async fn pause_node(&self) -> Result<(), RunError> {
        let nothing = |object: String| FaultError::NoTarget {
            fault: Fault::PauseNode,
            object,
        };
        let called = self.workload.called(&self.member);
        let found = self.look(|objects| {
            let (_, pod) = objects.pod_of(self.workload, &self.member)?;
            let server = pod.container(&self.workload.engine.container)?.id.clone()?;
            let (object, _) = objects.node(pod.node.as_deref()?)?;
            Some((object.clone(), server))
        });
        let (object, server) = found.ok_or_else(|| nothing(format!("node of {called}")))?;
        let node = self.way_to(Fault::PauseNode, &object.name)?;
        self.bench.paused.add(node);
        // What runs there now is what must have ended.
        self.met.send_modify(|met| {
            met.insert(server);
        });
        let what = format!("{} {}", Fault::PauseNode, object.name);
        self.at_the_node(Fault::PauseNode, &object, what, node.pause())
            .await?;
        self.await_node(&object, false).await
    }

    /// Lets the node go on, and waits until the cluster has noticed.
    pub(super) async fn resume_node(&self) -> Result<(), RunError> {
        let fault = Fault::ResumeNode;
        let node = self.bench.paused.last();
        let found =
            node.and_then(|node| self.look(|objects| objects.node(&node.name).map(|(node, _)| node.clone())));
        let object = found.ok_or_else(|| FaultError::NoTarget {
            fault,
            object: "node that was paused".to_owned(),
        })?;
        let what = format!("{fault} {}", object.name);
        self.at_the_node(fault, &object, what, self.bench.paused.resume())
            .await?;
        self.await_node(&object, true).await
    }

    /// Waits until the server that was on the paused node has ended, as the node itself says.
    pub(super) async fn await_ended(&self) -> Result<(), RunError> {
        let old: Vec<String> = self
            .met
            .borrow()
            .iter()
            .filter_map(|id| container_id(id).map(str::to_owned))
            .collect();
        self.timed("the old server's process ended".to_owned(), async {
            let mut ended = self.bench.ended.clone();
            let all = ended.wait_for(|ended| old.iter().all(|id| ended.contains(id)));
            // Should it not, the verdict says that the node did not report it.
            let _ = tokio::time::timeout(REMOVAL_DEADLINE, all).await;
            Ok(())
        })
        .await
    }

    /// Does a fault that is a node's to do, not the API server's.
    pub(super) async fn at_the_node(
        &self,
        fault: Fault,
        object: &ObjectRef,
        what: String,
        work: impl Future<Output = Result<(), ProviderError>>,
    ) -> Result<(), RunError> {
        let drill = self.ledger.drill.clone();
        self.begin_fault(fault, vec![object.clone()]).await?;
        self.timed(what, async { Ok(work.await?) }).await?;
        self.record(Event::FaultAccepted { drill, fault })
    }

    async fn await_node(&self, node: &ObjectRef, ready: bool) -> Result<(), RunError> {
        let condition = if ready { "Ready" } else { "taken for dead" };
        let check = |objects: &Objects| node_ready(objects, node, ready);
        let what = format!("Node {}", node.name);
        Ok(self.bench.watches.until(what, condition, NOTICED, check).await?)
    }

    /// The node, as it is reached without the API server.
    pub(super) fn way_to(&self, fault: Fault, name: &str) -> Result<&Node, FaultError> {
        let mut nodes = self.bench.nodes.iter();
        let node = nodes.find(|node| node.name == name);
        node.ok_or_else(|| FaultError::NoTarget {
            fault,
            object: format!("way to node {name} but through the API server"),
        })
    }
}
