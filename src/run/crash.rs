use super::RunError;
use super::drill::Run;
use crate::cluster::provider::Node;
use crate::fault::FaultError;
use crate::history::{Event, Fault, ObjectRef};

/// A server's process.
struct Server<'a> {
    pod: ObjectRef,
    /// Its container as the API server has it: `containerd://…`.
    container: String,
    node: &'a Node,
}

impl Run<'_> {
    /// Kills the member's server process from the node that it is on.
    pub(super) async fn crash(&self) -> Result<(), RunError> {
        let Server { pod, container, node } = self.server()?;
        let (drill, fault) = (self.ledger.drill.clone(), Fault::Crash);
        self.record(Event::FaultBegun {
            drill: drill.clone(),
            fault,
            targets: vec![pod],
        })?;
        let id = container.rsplit('/').next().unwrap_or(&container);
        self.timed(format!("{} kills {id}", node.name), async {
            Ok(node.kill_container(id).await?)
        })
        .await?;
        self.met.send_modify(|met| {
            met.insert(container.clone());
        });
        self.record(Event::FaultAccepted { drill, fault })
    }

    fn server(&self) -> Result<Server<'_>, FaultError> {
        let found = self.look(|objects| {
            let (object, pod) = objects.pod_of(self.workload, &self.member)?;
            let container = pod.container(&self.workload.engine.container)?;
            let running = container.id.clone().filter(|_| container.running);
            Some((object.clone(), running?, pod.node.clone()?))
        });
        let nothing = |object| FaultError::NoTarget {
            fault: Fault::Crash,
            object,
        };
        let called = self.workload.called(&self.member);
        let (pod, container, node) = found.ok_or_else(|| nothing(format!("running server in {called}")))?;
        let mut nodes = self.bench.nodes.iter();
        let node = nodes
            .find(|known| known.name == node)
            .ok_or_else(|| nothing(format!("way to node {node} but through the API server")))?;
        Ok(Server { pod, container, node })
    }
}
