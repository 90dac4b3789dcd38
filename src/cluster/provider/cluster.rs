use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::docker::{Container, Docker};
use super::journal::{Entry, Journal, Phase};
use super::lease::{Lease, extend};
use super::lock::FileLock;
use super::node::Node;
use super::{Provider, ProviderError};

/// A running cluster of ours.
///
/// Running means that its provider has set it up. Whether its API server answers and its nodes are Ready is for the caller
/// to wait for.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// What made it.
    pub provider: Provider,
    /// Its name. The kubeconfig's context is called `kind-NAME` or `k3d-NAME`.
    pub name: String,
    /// Its nodes, the control plane first.
    pub nodes: Vec<Node>,
    /// The kubeconfig that leads to it, ours alone.
    pub kubeconfig: PathBuf,
    /// The image that its nodes run, by the name that it was asked for.
    pub node_image: String,
    /// What is to be known of the command that made it, where it was not the version that stateproof was tried with.
    pub untried: Option<String>,
    /// Whether it was there already. Who reuses a cluster leaves it to its lease and does not remove it.
    pub reused: bool,
    journal: Journal,
    docker: Docker,
}

/// The lock on a cluster's nodes, and the one for the turn to take it. No namespace and no kind has such a name: an
/// underscore stands in no DNS label.
const NODES: &str = "_nodes.lock";
const NODES_TURN: &str = "_nodes.turn.lock";

/// Places that one run is at work in.
#[derive(Debug)]
pub struct Locks {
    locks: Vec<FileLock>,
}

impl From<FileLock> for Locks {
    fn from(lock: FileLock) -> Self {
        Self { locks: vec![lock] }
    }
}

impl Locks {
    /// Whether another run was at work in one of them, and was waited for.
    #[must_use]
    pub fn waited(&self) -> bool {
        self.locks.iter().any(|lock| lock.waited)
    }

    /// Gives the places up together with the locks' files: what they were about is no more.
    ///
    /// # Errors
    ///
    /// When a file cannot be removed.
    pub fn remove(self) -> Result<(), ProviderError> {
        self.locks.into_iter().try_for_each(FileLock::remove)
    }
}

impl Cluster {
    pub(super) fn new(
        entry: &Entry,
        containers: &[Container],
        reused: bool,
        journal: &Journal,
        docker: &Docker,
    ) -> Self {
        Self {
            provider: entry.provider,
            name: entry.name.clone(),
            nodes: containers
                .iter()
                .filter(|container| entry.provider.is_node(container))
                .map(|container| Node::new(container, docker))
                .collect(),
            kubeconfig: entry.kubeconfig.clone(),
            node_image: entry.node_image.clone(),
            untried: entry.untried.clone(),
            reused,
            journal: journal.clone(),
            docker: docker.clone(),
        }
    }

    /// Keeps the cluster from expiring for this long beyond the end of this process. A longer lease of this process
    /// stays as it is.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Gone`] when it was removed meanwhile, and when the journal cannot be read or written.
    pub async fn lease(&self, duration: Duration) -> Result<(), ProviderError> {
        let lock = self.lock().await?;
        self.change(&lock, |entry| extend(&mut entry.leases, Lease::new(duration)))
    }

    /// Keeps other runs of stateproof out of these places until the locks are dropped: namespaces by their names,
    /// objects without one as `KIND.NAME`. Waits while another run, of this process or another, is at work in one of
    /// them: what is left of a dead run is removed, and a run that still lives must not be taken for one.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be made.
    pub async fn lock_out(&self, places: &[String]) -> Result<Locks, ProviderError> {
        // In one order everywhere, so that no two runs wait for each other.
        let names: BTreeSet<_> = places.iter().collect();
        let mut locks = Vec::new();
        for name in names {
            let path = self.journal.dir(&self.name).join(format!("{name}.lock"));
            locks.push(FileLock::acquire(&path, name).await?);
        }
        Ok(Locks { locks })
    }

    /// Keeps other runs out of one place, unless one is at work in it. See [`Cluster::lock_out`].
    ///
    /// # Errors
    ///
    /// When a lock file cannot be made.
    pub fn try_lock_out(&self, place: &str) -> Result<Option<Locks>, ProviderError> {
        let path = self.journal.dir(&self.name).join(format!("{place}.lock"));
        let lock = FileLock::try_acquire(&path)?;
        Ok(lock.map(Locks::from))
    }

    /// Lets those nodes go on that a dead run has left paused, and gives their names. None while a run lives that
    /// pauses nodes itself.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be made, or Docker cannot be asked.
    pub async fn resume_left(&self) -> Result<Vec<String>, ProviderError> {
        let path = self.journal.dir(&self.name).join(NODES);
        let Some(_held) = FileLock::try_share(&path)? else {
            return Ok(Vec::new());
        };
        self.resume().await
    }

    /// Keeps the nodes for this run: beside others, or, for one that silences nodes, alone. Waits until that can be. A
    /// node that a dead run has left paused is let go on.
    ///
    /// # Errors
    ///
    /// When a lock file cannot be made, or Docker cannot be asked.
    pub async fn hold_nodes(&self, alone: bool) -> Result<Locks, ProviderError> {
        let directory = self.journal.dir(&self.name);
        let path = directory.join(NODES);
        // Whoever comes later waits behind the one that wants them alone, so that its turn comes.
        let turn = FileLock::acquire(&directory.join(NODES_TURN), "the nodes").await?;
        let held = if alone {
            FileLock::acquire(&path, "the nodes").await?
        } else {
            FileLock::share(&path).await?
        };
        drop(turn);
        self.resume().await?;
        Ok(held.into())
    }

    /// Lets every node go on that is paused, and gives their names.
    async fn resume(&self) -> Result<Vec<String>, ProviderError> {
        let containers: Vec<_> = self.nodes.iter().map(|node| node.container.clone()).collect();
        let paused = self.docker().paused(&containers).await?;
        let mut resumed = Vec::new();
        for node in self.nodes.iter().filter(|node| paused.contains(&node.container)) {
            node.resume().await?;
            resumed.push(node.name.clone());
        }
        Ok(resumed)
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn docker(&self) -> &Docker {
        &self.docker
    }

    pub(super) async fn lock(&self) -> Result<FileLock, ProviderError> {
        let what = format!("cluster {}", self.name);
        FileLock::acquire(&self.journal.lock_file(&self.name), &what).await
    }

    /// The images that were loaded into it: name, and ID in the local Docker.
    pub(super) fn loaded(&self) -> Result<BTreeMap<String, String>, ProviderError> {
        Ok(self.entry()?.loaded)
    }

    pub(super) fn note_loaded(
        &self,
        lock: &FileLock,
        images: BTreeMap<String, String>,
    ) -> Result<(), ProviderError> {
        self.change(lock, |entry| entry.loaded.extend(images))
    }

    fn change(&self, _lock: &FileLock, change: impl FnOnce(&mut Entry)) -> Result<(), ProviderError> {
        let mut entry = self.entry()?;
        change(&mut entry);
        self.journal.write(&entry)
    }

    /// The journal's entry, if it is still about this very cluster.
    fn entry(&self) -> Result<Entry, ProviderError> {
        let ours = |entry: &Entry| match &entry.phase {
            Phase::Ready { nodes } => self
                .nodes
                .iter()
                .all(|ours| nodes.iter().any(|node| node.container == ours.container)),
            Phase::Creating { .. } => false,
        };
        let entry = self.journal.read(&self.name)?.filter(ours);
        entry.ok_or_else(|| ProviderError::Gone {
            name: self.name.clone(),
        })
    }
}
