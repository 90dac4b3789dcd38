use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cluster::provider::{Node, ProviderError};

/// The nodes that a run has paused and not let go on: known to the drill that does it and to the scene that cleans up
/// after it, whatever becomes of the drill.
#[derive(Clone, Default)]
pub struct Paused(Arc<Mutex<Vec<Node>>>);

impl Paused {
    /// To be called before the node is paused: one that runs is let go on needlessly, and that does no harm.
    pub fn add(&self, node: &Node) {
        self.nodes().push(node.clone());
    }

    /// The node that is paused now.
    pub fn last(&self) -> Option<Node> {
        self.nodes().last().cloned()
    }

    /// Lets every node go on.
    ///
    /// # Errors
    /// The first failure; the other nodes are let go on all the same, and the failed one stays known.
    pub async fn resume(&self) -> Result<(), ProviderError> {
        let mut first = Ok(());
        let nodes = self.nodes().clone();
        for node in &nodes {
            let done = node.resume().await;
            if done.is_ok() {
                self.nodes().retain(|known| known.container != node.container);
            }
            first = first.and(done);
        }
        first
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
