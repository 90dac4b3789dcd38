use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::Client;

use crate::cluster::provider::{Node, ProviderError};
use crate::fault::{FaultError, uncordon_node};
use crate::history::ObjectRef;

/// What a run has taken from everybody and not given back: known to the drill that takes it and to the scene that cleans
/// up after it, whatever becomes of the drill.
pub struct Borrowed<T>(Arc<Mutex<Vec<T>>>);

/// Nodes that were cordoned.
pub type Cordons = Borrowed<ObjectRef>;

/// Nodes that were paused.
pub type Paused = Borrowed<Node>;

impl<T: Clone + PartialEq> Borrowed<T> {
    /// To be called before it is taken: what is given back needlessly does no harm.
    pub fn add(&self, one: &T) {
        self.all().push(one.clone());
    }

    /// Once it is given back.
    pub fn remove(&self, one: &T) {
        self.all().retain(|known| known != one);
    }

    /// What was taken last.
    pub fn last(&self) -> Option<T> {
        self.all().last().cloned()
    }

    /// Gives everything back. What fails stays known; the rest is given back all the same.
    async fn give_back<E, F>(&self, give: impl Fn(T) -> F) -> Result<(), E>
    where
        F: Future<Output = Result<(), E>>,
    {
        let mut first = Ok(());
        let all = self.all().clone();
        for one in all {
            let done = give(one.clone()).await;
            if done.is_ok() {
                self.remove(&one);
            }
            first = first.and(done);
        }
        first
    }

    fn all(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cordons {
    /// Gives every node back.
    ///
    /// # Errors
    /// The first failure; the other nodes are given back all the same, and the failed one stays known.
    pub async fn lift(&self, client: &Client) -> Result<(), FaultError> {
        self.give_back(|node| async move { uncordon_node(&node).carry_out(client).await })
            .await
    }
}

impl Paused {
    /// Lets every node go on.
    ///
    /// # Errors
    /// The first failure; the other nodes are let go on all the same, and the failed one stays known.
    pub async fn resume(&self) -> Result<(), ProviderError> {
        self.give_back(|node| async move { node.resume().await }).await
    }
}

impl<T> Clone for Borrowed<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Borrowed<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_given_back_stays_known_and_the_rest_is_given_back() {
        let borrowed = Borrowed::default();
        for one in [1, 2, 3] {
            borrowed.add(&one);
        }
        let other = borrowed.clone();
        let done = borrowed
            .give_back(|one| async move { if one == 2 { Err("not this one") } else { Ok(()) } })
            .await;
        assert_eq!(done, Err("not this one"));
        assert_eq!(*other.all(), [2]);
        assert_eq!(other.last(), Some(2));
    }
}
