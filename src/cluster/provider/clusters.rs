use std::path::PathBuf;

use jiff::Timestamp;
use tracing::{info, warn};

use super::cluster::Cluster;
use super::directories;
use super::docker::Docker;
use super::found::Found;
use super::journal::{Entry, Journal};
use super::lock::FileLock;
use super::network::SharedNetwork;
use super::spec::{LONGEST_NAME, validate_name};
use super::{ClusterSpec, ProviderError, lease};

/// The clusters that stateproof has made on this machine, and makes.
///
/// Two processes, or two tasks of one, may do anything at once: who works on a cluster holds a lock, the others
/// wait, say so, and go on with what they find then.
#[derive(Clone, Debug)]
pub struct Clusters {
    pub(super) journal: Journal,
    pub(super) docker: Docker,
}

/// What became of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It was there, whole or in part, and is gone.
    Removed,
    /// There was nothing.
    Absent,
    /// It stays: somebody else uses it, or it is to be kept.
    InUse,
}

impl Clusters {
    /// With the journal in `$STATEPROOF_STATE`, else `$XDG_STATE_HOME/stateproof`, else
    /// `~/.local/state/stateproof`.
    ///
    /// # Errors
    ///
    /// When the `docker` command is missing, or the directory cannot be made.
    pub fn from_env() -> Result<Self, ProviderError> {
        Self::new(directories::state().ok_or(ProviderError::NoStateDir)?)
    }

    /// With the journal in this directory.
    ///
    /// # Errors
    ///
    /// When the `docker` command is missing, or the directory cannot be made.
    pub fn new(state: PathBuf) -> Result<Self, ProviderError> {
        Ok(Self {
            docker: Docker::find()?,
            journal: Journal::open(state)?,
        })
    }

    /// The cluster, reused if it runs and is ours, else created.
    ///
    /// What is left of one that was interrupted, or that went with the machine or the engine, is removed first.
    /// When the returned future is dropped, kind or k3d is killed; [`Clusters::remove`] then takes away what it had made.
    ///
    /// # Errors
    ///
    /// [`ProviderError::NotOurs`] when a cluster of that name exists that the journal does not know;
    /// [`ProviderError::Differs`] when ours is another than the one asked for; and whatever Docker, kind or k3d say.
    pub async fn ensure(&self, spec: &ClusterSpec) -> Result<Cluster, ProviderError> {
        spec.validate()?;
        let lock = self.lock(&spec.name).await?;
        let ensured = self.ensure_locked(spec).await;
        self.unlock(&spec.name, lock)?;
        ensured
    }

    /// Removes the cluster of that name with all that came with it, used or not.
    ///
    /// # Errors
    ///
    /// [`ProviderError::NotOurs`] when the cluster of that name is somebody else's, [`ProviderError::Damaged`] when
    /// the journal cannot be read and the nodes do not carry our label either, [`ProviderError::LeftBehind`] when
    /// something is still there afterwards; and whatever Docker, kind or k3d say.
    pub async fn remove(&self, name: &str) -> Result<Removal, ProviderError> {
        validate_name(name, LONGEST_NAME)?;
        let lock = self.lock(name).await?;
        let removed = self.remove_locked(name).await;
        self.unlock(name, lock)?;
        removed
    }

    /// Gives one use of the cluster by this process up, and removes the cluster unless it is to be kept, or its lease
    /// lasts longer, or somebody else uses it: another process, or another run of this one.
    ///
    /// # Errors
    ///
    /// As [`Clusters::remove`].
    pub async fn release(&self, name: &str) -> Result<Removal, ProviderError> {
        validate_name(name, LONGEST_NAME)?;
        let lock = self.lock(name).await?;
        let released = match self.journal.read(name) {
            Ok(Some(mut entry)) => {
                lease::release(&mut entry.leases);
                if entry.is_expired(Timestamp::now()) {
                    self.remove_locked(name).await
                } else {
                    self.journal.write(&entry).map(|()| Removal::InUse)
                }
            }
            Ok(None) => Ok(Removal::Absent),
            Err(error) => Err(error),
        };
        self.unlock(name, lock)?;
        released
    }

    /// From now on the cluster stays until it is removed by name.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read or written.
    pub async fn keep(&self, name: &str) -> Result<(), ProviderError> {
        validate_name(name, LONGEST_NAME)?;
        let lock = self.lock(name).await?;
        let kept = self.journal.read(name).and_then(|entry| match entry {
            Some(entry) => self.journal.write(&Entry { keep: true, ..entry }),
            None => Ok(()),
        });
        self.unlock(name, lock)?;
        kept
    }

    /// The names of the clusters that the journal knows, sorted.
    ///
    /// # Errors
    ///
    /// When the state directory cannot be read.
    pub fn names(&self) -> Result<Vec<String>, ProviderError> {
        self.journal.names()
    }

    /// The names of those that nobody uses any more: not kept, every lease's owner dead and its time over.
    ///
    /// # Errors
    ///
    /// When the state directory cannot be read.
    pub fn expired(&self) -> Result<Vec<String>, ProviderError> {
        let mut names = self.journal.names()?;
        names.retain(|name| match self.journal.read(name) {
            Ok(entry) => entry.is_none_or(|entry| entry.is_expired(Timestamp::now())),
            Err(error) => {
                warn!("whether {name} is still in use cannot be said: {error}");
                false
            }
        });
        Ok(names)
    }

    /// Removes the expired clusters, and what crashes left of others, and gives their names. Those that somebody is
    /// at work on are left alone.
    ///
    /// # Errors
    ///
    /// As [`Clusters::remove`]: the first error, after all were tried.
    pub async fn remove_expired(&self) -> Result<Vec<String>, ProviderError> {
        let mut removed = Vec::new();
        let mut failed = Ok(());
        for name in self.expired()? {
            let Some(lock) = FileLock::try_acquire(&self.journal.lock_file(&name))? else {
                continue;
            };
            // Somebody may have taken it up again before we had the lock.
            if self.expired()?.contains(&name) {
                match self.remove_locked(&name).await {
                    Ok(_) => removed.push(name.clone()),
                    Err(error) => failed = failed.and(Err(error)),
                }
            }
            self.unlock(&name, lock)?;
        }
        failed.map(|()| removed)
    }

    /// The clusters of ours that run, those left out that somebody is making or removing.
    ///
    /// # Errors
    ///
    /// When the state directory cannot be read, or Docker cannot be asked.
    pub async fn running(&self) -> Result<Vec<Cluster>, ProviderError> {
        let mut running = Vec::new();
        for name in self.journal.names()? {
            let Some(lock) = FileLock::try_acquire(&self.journal.lock_file(&name))? else {
                continue;
            };
            match self.look(&name, &[]).await {
                Ok(Found::Running(entry, containers)) => {
                    let cluster = Cluster::new(&entry, &containers, true, &self.journal, &self.docker);
                    running.push(cluster);
                }
                Ok(Found::Leftover(..) | Found::Nothing) => {}
                Err(error) => warn!("what dead runs have left on {name} cannot be said: {error}"),
            }
            self.unlock(&name, lock)?;
        }
        Ok(running)
    }

    async fn ensure_locked(&self, spec: &ClusterSpec) -> Result<Cluster, ProviderError> {
        match self.look(&spec.name, &[spec.provider]).await? {
            Found::Running(entry, containers) => return self.reuse(spec, entry, &containers),
            Found::Leftover(entry, containers) => {
                info!("removing what is left of an earlier cluster {}", spec.name);
                self.clear(&entry, &containers).await?;
            }
            Found::Nothing => {}
        }
        self.create(spec).await
    }

    async fn lock(&self, name: &str) -> Result<FileLock, ProviderError> {
        FileLock::acquire(&self.journal.lock_file(name), &format!("cluster {name}")).await
    }

    /// Gives the lock back; its file stays only where there is a cluster to lock.
    fn unlock(&self, name: &str, lock: FileLock) -> Result<(), ProviderError> {
        if self.journal.dir(name).exists() {
            Ok(())
        } else {
            lock.remove()
        }
    }

    pub(super) fn network(&self) -> SharedNetwork<'_> {
        SharedNetwork::new(&self.docker, self.journal.state())
    }
}
