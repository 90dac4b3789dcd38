use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tracing::{info, warn};

use super::cluster::Cluster;
use super::config::{KUBEADM_CONFIG, carries_our_label, cluster_config};
use super::docker::{Container, Docker, find_on_path, is_executable, refused};
use super::journal::{Entry, Journal, Phase, RecordedNode};
use super::lease::{Lease, renew};
use super::lock::FileLock;
use super::network::SharedNetwork;
use super::process::end_group;
use super::spec::{STAND_IN_NODE, validate_name};
use super::tool::Tool;
use super::{ClusterSpec, Process, ProviderError};

/// kubeadm itself gives up after some minutes; before it the node image may have to be pulled.
const CREATING: Duration = Duration::from_mins(15);

/// Removing a node with gigabytes in its volume, by a busy engine.
const REMOVING: Duration = Duration::from_mins(3);

/// How long the engine may take to create a node's container: it copies the image's `/var` into a volume.
const ENDING: Duration = Duration::from_mins(2);

/// Clusters made with [kind](https://kind.sigs.k8s.io).
///
/// Two processes, or two tasks of one, may do anything at once: who works on a cluster holds a lock, the others
/// wait, say so, and go on with what they find then.
#[derive(Clone, Debug)]
pub struct Kind {
    journal: Journal,
    docker: Docker,
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

/// What there is of a cluster of a name.
enum Found {
    Nothing,
    /// Ours, just as it was created.
    Running(Entry, Vec<Container>),
    /// Ours, and of no use any more: an interrupted creation, or containers that are gone, stopped or restarted.
    Leftover(Vec<Container>),
}

impl Kind {
    /// With the journal in `$STATEPROOF_STATE`, else `$XDG_STATE_HOME/stateproof`, else
    /// `~/.local/state/stateproof`.
    ///
    /// # Errors
    ///
    /// When the `docker` command is missing, or the directory cannot be made.
    pub fn from_env() -> Result<Self, ProviderError> {
        let state = own_directory("STATEPROOF_STATE", "XDG_STATE_HOME", ".local/state");
        Self::new(state.ok_or(ProviderError::NoStateDir)?)
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
    /// When the returned future is dropped, kind is killed; [`Kind::remove`] then takes away what it had made.
    ///
    /// # Errors
    ///
    /// [`ProviderError::NotOurs`] when a kind cluster of that name exists that the journal does not know;
    /// [`ProviderError::Differs`] when ours is another than the one asked for; and whatever Docker or kind say.
    pub async fn ensure(&self, spec: &ClusterSpec) -> Result<Cluster, ProviderError> {
        spec.validate()?;
        let lock = self.lock(&spec.name).await?;
        let ensured = match self.look(&spec.name).await {
            Ok(Found::Running(entry, containers)) => self.reuse(spec, entry, &containers),
            Ok(Found::Leftover(containers)) => {
                info!("removing what is left of an earlier cluster {}", spec.name);
                match self.clear(&spec.name, &containers).await {
                    Ok(()) => self.create(spec).await,
                    Err(error) => Err(error),
                }
            }
            Ok(Found::Nothing) => self.create(spec).await,
            Err(error) => Err(error),
        };
        self.unlock(&spec.name, lock)?;
        ensured
    }

    /// Removes the cluster of that name with all that came with it, used or not.
    ///
    /// # Errors
    ///
    /// [`ProviderError::NotOurs`] when the cluster of that name is somebody else's, [`ProviderError::Damaged`] when
    /// the journal cannot be read and the nodes do not carry our label either, [`ProviderError::LeftBehind`] when
    /// something is still there afterwards; and whatever Docker or kind say.
    pub async fn remove(&self, name: &str) -> Result<Removal, ProviderError> {
        validate_name(name)?;
        let lock = self.lock(name).await?;
        let removed = self.remove_locked(name).await;
        self.unlock(name, lock)?;
        removed
    }

    /// Gives this process's use of the cluster up, and removes the cluster unless it is to be kept or another
    /// process uses it.
    ///
    /// # Errors
    ///
    /// As [`Kind::remove`].
    pub async fn release(&self, name: &str) -> Result<Removal, ProviderError> {
        validate_name(name)?;
        let lock = self.lock(name).await?;
        let released = match self.journal.read(name) {
            Ok(Some(mut entry)) => {
                entry.leases.retain(|lease| lease.owner != Process::current());
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
        validate_name(name)?;
        let lock = self.lock(name).await?;
        let kept = self.journal.read(name).and_then(|entry| match entry {
            Some(entry) => self.journal.write(&Entry { keep: true, ..entry }),
            None => Ok(()),
        });
        self.unlock(name, lock)?;
        kept
    }

    /// Removes all clusters that the journal knows, and gives their names.
    ///
    /// # Errors
    ///
    /// As [`Kind::remove`]: the first error, after all were tried.
    pub async fn remove_all(&self) -> Result<Vec<String>, ProviderError> {
        let mut removed = Vec::new();
        let mut failed = Ok(());
        for name in self.names()? {
            match self.remove(&name).await {
                Ok(_) => removed.push(name),
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        failed.map(|()| removed)
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
    /// As [`Kind::remove`]: the first error, after all were tried.
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

    fn network(&self) -> SharedNetwork<'_> {
        SharedNetwork::new(&self.docker, self.journal.state())
    }

    fn not_ours(&self, name: &str, containers: &[Container]) -> ProviderError {
        ProviderError::NotOurs {
            name: name.to_owned(),
            containers: containers
                .iter()
                .map(|container| container.name().to_owned())
                .collect(),
            journal: self.journal.file(name),
        }
    }

    /// What there is, and whether it is ours: by the containers' IDs, not by their names.
    async fn look(&self, name: &str) -> Result<Found, ProviderError> {
        let entry = self.journal.read(name)?;
        if let Some(Entry {
            phase: Phase::Creating {
                creator: Some(creator),
            },
            ..
        }) = entry
        {
            self.end_creation(name, creator).await?;
        }
        let containers = self.docker.nodes(name).await?;
        let Some(entry) = entry else {
            return if containers.is_empty() {
                Ok(Found::Nothing)
            } else {
                Err(self.not_ours(name, &containers))
            };
        };
        let nodes = match &entry.phase {
            // kind refuses a name that is taken, so what came after the creation began came with it.
            Phase::Creating { .. }
                if containers
                    .iter()
                    .all(|container| container.created >= entry.begun) =>
            {
                return Ok(Found::Leftover(containers));
            }
            Phase::Creating { .. } => return Err(self.not_ours(name, &containers)),
            Phase::Ready { nodes } => nodes,
        };
        let recorded = |container: &Container| nodes.iter().find(|node| node.container == container.id);
        let intact = |container: &Container| {
            container.state.running
                && recorded(container).is_some_and(|node| node.started_at == container.state.started_at)
        };
        if containers.iter().any(|container| recorded(container).is_none()) {
            if !containers.iter().any(|container| recorded(container).is_some()) {
                // Ours is gone and somebody made another one: the entry is about nothing.
                self.journal.forget(name)?;
            }
            Err(self.not_ours(name, &containers))
        } else if containers.len() == nodes.len() && containers.iter().all(intact) {
            Ok(Found::Running(entry, containers))
        } else {
            Ok(Found::Leftover(containers))
        }
    }

    /// Ends an interrupted `kind create cluster` and waits for what the engine is still doing for it.
    async fn end_creation(&self, name: &str, creator: Process) -> Result<(), ProviderError> {
        let ended = tokio::time::timeout(ENDING, end_group(creator)).await;
        ended
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|source| ProviderError::StillCreating {
                name: name.to_owned(),
                source,
            })
    }

    fn reuse(
        &self,
        spec: &ClusterSpec,
        mut entry: Entry,
        containers: &[Container],
    ) -> Result<Cluster, ProviderError> {
        let differs = |has: String, asked: String| ProviderError::Differs {
            name: spec.name.clone(),
            has,
            asked,
        };
        if containers.len() != spec.nodes as usize {
            return Err(differs(
                format!("{} node(s)", containers.len()),
                format!("{}", spec.nodes),
            ));
        }
        if let Some(image) = spec
            .node_image
            .as_ref()
            .filter(|image| **image != entry.node_image)
        {
            return Err(differs(format!("node image {}", entry.node_image), image.clone()));
        }
        renew(&mut entry.leases, Lease::new(spec.lease));
        entry.keep |= spec.keep;
        self.journal.write(&entry)?;
        Ok(Cluster::new(
            &entry,
            containers,
            true,
            &self.journal,
            &self.docker,
        ))
    }

    async fn create(&self, spec: &ClusterSpec) -> Result<Cluster, ProviderError> {
        let kind = find_kind()?;
        let config = cluster_config(spec.nodes, self.docker.has_cgroup_v1().await?);
        let image = match &spec.node_image {
            Some(image) => Some(image.clone()),
            None => self.stand_in().await?,
        };
        let network = self.network();
        let network_in_use = network.before_create().await?;

        let kubeconfig = self.journal.kubeconfig(&spec.name);
        let mut entry = Entry::new(&spec.name, kubeconfig, Lease::new(spec.lease), spec.keep);
        self.journal.write(&entry)?;
        let path = entry.kubeconfig.to_string_lossy().into_owned();
        let mut args = vec![
            "create",
            "cluster",
            "--name",
            &spec.name,
            "--kubeconfig",
            &path,
            "--config",
            "-",
        ];
        if let Some(image) = &image {
            args.extend(["--image", image]);
        }
        info!("creating cluster {} with {} node(s)", spec.name, spec.nodes);
        let running = kind.start(&args)?;
        // kind does nothing before it has its configuration: by then the journal knows who it is.
        entry.phase = Phase::Creating {
            creator: running.pid().map(Process::of),
        };
        self.journal.write(&entry)?;
        let output = running.finish(config.as_bytes(), CREATING).await;
        let created = match output {
            Ok(output) if output.status.success() => self.docker.nodes(&spec.name).await,
            Ok(output)
                if output
                    .stderr
                    .contains("already exist for a cluster with the name") =>
            {
                // Somebody was faster than we could see. Nothing of it is ours.
                self.journal.forget(&spec.name)?;
                return Err(self.not_ours(&spec.name, &self.docker.nodes(&spec.name).await?));
            }
            Ok(output) => Err(refused(output)),
            Err(error) => Err(error),
        };
        let containers = match created {
            Ok(containers) => containers,
            Err(error) => {
                // Or the network would count as in use.
                drop(network_in_use);
                if let Err(left) = self.remove_locked(&spec.name).await {
                    warn!("what was made of cluster {} is still there: {left}", spec.name);
                }
                return Err(error);
            }
        };

        entry.node_image = containers
            .first()
            .map_or_else(String::new, |node| node.config.image.clone());
        entry.phase = Phase::Ready {
            nodes: containers.iter().map(recorded).collect(),
        };
        self.journal.write(&entry)?;
        network.after_create(&network_in_use).await?;
        Ok(Cluster::new(
            &entry,
            &containers,
            false,
            &self.journal,
            &self.docker,
        ))
    }

    async fn stand_in(&self) -> Result<Option<String>, ProviderError> {
        let name = STAND_IN_NODE.to_owned();
        let there = self.docker.images(std::slice::from_ref(&name)).await?;
        Ok((!there.is_empty()).then_some(name))
    }

    async fn remove_locked(&self, name: &str) -> Result<Removal, ProviderError> {
        let removed = match self.look(name).await {
            Ok(Found::Nothing) => {
                self.journal.forget(name)?;
                Removal::Absent
            }
            Ok(Found::Running(_, containers) | Found::Leftover(containers)) => {
                self.clear(name, &containers).await?;
                Removal::Removed
            }
            Err(damaged @ ProviderError::Damaged { .. }) => {
                let containers = self.docker.nodes(name).await?;
                for container in &containers {
                    let config = self.docker.read(&container.id, KUBEADM_CONFIG).await?;
                    if !config.is_some_and(|config| carries_our_label(&config)) {
                        return Err(damaged);
                    }
                }
                self.clear(name, &containers).await?;
                Removal::Removed
            }
            Err(error) => return Err(error),
        };
        self.network().remove_if_unused().await?;
        Ok(removed)
    }

    /// Removes our containers, sees that they and their volumes are gone, and forgets the cluster.
    async fn clear(&self, name: &str, containers: &[Container]) -> Result<(), ProviderError> {
        if !containers.is_empty() {
            info!("removing cluster {name}");
            let kubeconfig = self.journal.kubeconfig(name);
            let kubeconfig = kubeconfig.to_string_lossy();
            let args = ["delete", "cluster", "--name", name, "--kubeconfig", &kubeconfig];
            let output = find_kind()?.output(&args, REMOVING).await?;
            if !output.status.success() {
                return Err(refused(output));
            }
        }
        let left = self.docker.nodes(name).await?;
        let mut left: Vec<String> = left
            .iter()
            .map(|left| format!("container {}", left.name()))
            .collect();
        let volumes = self.docker.volumes().await?;
        let ours = containers.iter().flat_map(Container::volumes);
        left.extend(
            ours.filter(|ours| volumes.iter().any(|v| v == ours))
                .map(|ours| format!("volume {ours}")),
        );
        if !left.is_empty() {
            return Err(ProviderError::LeftBehind {
                name: name.to_owned(),
                what: left,
            });
        }
        self.journal.forget(name)
    }
}

fn recorded(container: &Container) -> RecordedNode {
    RecordedNode {
        name: container.name().to_owned(),
        container: container.id.clone(),
        started_at: container.state.started_at.clone(),
    }
}

/// kind on PATH, else the one that `scripts/setup` installs, in `$STATEPROOF_CACHE/bin`.
fn find_kind() -> Result<Tool, ProviderError> {
    let cache = own_directory("STATEPROOF_CACHE", "XDG_CACHE_HOME", ".cache").unwrap_or_default();
    let installed = cache.join("bin/kind");
    find_on_path("kind")
        .or_else(|| is_executable(&installed).then(|| installed.clone()))
        .map(|program| Tool::new("kind", program))
        .ok_or(ProviderError::KindMissing { looked: installed })
}

/// `$OWN`, else `$XDG/stateproof`, else `~/HOME/stateproof`.
fn own_directory(own: &str, xdg: &str, home: &str) -> Option<PathBuf> {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|value: &OsString| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = || set(xdg).or_else(|| Some(env::home_dir()?.join(home)));
    set(own).or_else(|| Some(base()?.join("stateproof")))
}
