use super::RunError;
use super::drill::Run;
use crate::fault::FaultError;
use crate::history::{Fault, container_id};

impl Run<'_> {
    /// Kills the member's server process from the node that it is on.
    pub(super) async fn crash(&self) -> Result<(), RunError> {
        let fault = Fault::Crash;
        let found = self.look(|objects| {
            let (object, pod) = objects.pod_of(self.workload, &self.member)?;
            let server = pod.container(&self.workload.engine.container)?;
            let running = server.id.clone().filter(|_| server.running);
            Some((object.clone(), running?, pod.node.clone()?))
        });
        let (pod, container, node) = found.ok_or_else(|| FaultError::NoTarget {
            fault,
            object: format!("running server in {}", self.workload.called(&self.member)),
        })?;
        let node = self.way_to(fault, &node)?;
        let id = container_id(&container).unwrap_or(&container);
        let what = format!("{} kills {id}", node.name);
        self.bench.watches.killing(&pod, &self.workload.engine.container);
        self.at_the_node(fault, &pod, what, node.kill_container(id))
            .await?;
        self.met.send_modify(|met| {
            met.insert(container.clone());
        });
        Ok(())
    }
}
