use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::Client;

use crate::fault::{FaultError, uncordon_node};
use crate::history::ObjectRef;

/// The nodes that a run has cordoned and not given back: known to the drill that does it and to the scene that
/// cleans up after it, whatever becomes of the drill.
#[derive(Clone, Default)]
pub struct Cordons(Arc<Mutex<Vec<ObjectRef>>>);

impl Cordons {
    /// To be called before the node is cordoned: what is taken back needlessly does no harm.
    pub fn add(&self, node: &ObjectRef) {
        self.nodes().push(node.clone());
    }

    /// Once the node is given back.
    pub fn remove(&self, node: &ObjectRef) {
        self.nodes().retain(|known| known != node);
    }

    /// The node that was cordoned last.
    pub fn last(&self) -> Option<ObjectRef> {
        self.nodes().last().cloned()
    }

    /// Gives every node back.
    ///
    /// # Errors
    /// The first failure; the other nodes are given back all the same, and the failed one stays known.
    pub async fn lift(&self, client: &Client) -> Result<(), FaultError> {
        let mut first = Ok(());
        let nodes = self.nodes().clone();
        for node in &nodes {
            let done = uncordon_node(node).carry_out(client).await;
            if done.is_ok() {
                self.remove(node);
            }
            first = first.and(done);
        }
        first
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<ObjectRef>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
