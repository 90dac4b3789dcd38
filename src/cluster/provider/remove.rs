use std::time::Duration;

use tracing::info;

use super::clusters::Removal;
use super::docker::{Container, refused};
use super::found::Found;
use super::journal::Entry;
use super::{Clusters, Provider, ProviderError, k3d};

/// Removing a node with gigabytes in its volume, by a busy engine.
const REMOVING: Duration = Duration::from_mins(3);

impl Clusters {
    pub(super) async fn remove_locked(&self, name: &str) -> Result<Removal, ProviderError> {
        let removed = match self.look(name, &Provider::ALL).await {
            Ok(Found::Nothing) => {
                self.journal.forget(name)?;
                Removal::Absent
            }
            Ok(Found::Running(entry, containers) | Found::Leftover(entry, containers)) => {
                self.clear(&entry, &containers).await?;
                Removal::Removed
            }
            Err(damaged @ ProviderError::Damaged { .. }) => self.remove_labelled(name, damaged).await?,
            Err(error) => return Err(error),
        };
        self.network().remove_if_unused().await?;
        Ok(removed)
    }

    /// Removes ours, sees that all of it is gone, and forgets the cluster.
    pub(super) async fn clear(&self, entry: &Entry, containers: &[Container]) -> Result<(), ProviderError> {
        self.delete(entry.provider, &entry.name, containers).await?;
        let mut left = match entry.provider {
            Provider::Kind => Vec::new(),
            Provider::K3d => self.clear_surroundings(entry).await?,
        };
        left.extend(self.left(entry.provider, &entry.name, containers).await?);
        self.forget_unless_left(&entry.name, left)
    }

    /// Without a journal only the label that our containers carry can tell whose they are.
    async fn remove_labelled(&self, name: &str, damaged: ProviderError) -> Result<Removal, ProviderError> {
        let mut all = Vec::new();
        for provider in Provider::ALL {
            let containers = self.docker.containers(provider, name).await?;
            for container in &containers {
                if !provider.made_by_us(&self.docker, container).await? {
                    return Err(damaged);
                }
            }
            all.push((provider, containers));
        }
        let mut left = Vec::new();
        for (provider, containers) in all {
            self.delete(provider, name, &containers).await?;
            left.extend(self.left(provider, name, &containers).await?);
        }
        self.forget_unless_left(name, left)?;
        Ok(Removal::Removed)
    }

    async fn delete(
        &self,
        provider: Provider,
        name: &str,
        containers: &[Container],
    ) -> Result<(), ProviderError> {
        if containers.is_empty() {
            return Ok(());
        }
        info!("removing the {provider} cluster {name}");
        let dir = self.journal.dir(name);
        let args = provider.deletion_args(name, &dir);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = provider.tool(&dir)?.output(&args, REMOVING).await?;
        if output.status.success() {
            Ok(())
        } else {
            Err(refused(output))
        }
    }

    /// What is still there of a cluster with these containers.
    async fn left(
        &self,
        provider: Provider,
        name: &str,
        containers: &[Container],
    ) -> Result<Vec<String>, ProviderError> {
        let left = self.docker.containers(provider, name).await?;
        let left = left.iter().map(|left| format!("container {}", left.name()));
        let volumes = self.docker.volumes().await?;
        let ours = containers.iter().flat_map(Container::volumes);
        let ours = ours.filter(|ours| volumes.iter().any(|volume| volume == ours));
        Ok(left.chain(ours.map(|ours| format!("volume {ours}"))).collect())
    }

    /// Removes the network and the volume that k3d made before the first container: it does not find them without
    /// one, and does not say so when it cannot remove them. Gives what is still there.
    async fn clear_surroundings(&self, entry: &Entry) -> Result<Vec<String>, ProviderError> {
        let (network, volume) = k3d::surroundings(&entry.name, &entry.config);
        let mut left = Vec::new();
        let (key, value) = k3d::ANY_LABEL;
        if let Some(found) = self.docker.network(&network).await?
            // One that was there before is used by k3d, and not removed.
            && found.created >= entry.begun
            && found.labels.is_some_and(|labels| labels.get(key).is_some_and(|is| is == value))
        {
            if self.docker.is_used(&network).await? {
                left.push(format!("network {network}"));
            } else {
                self.docker.remove_network(&found.id).await?;
            }
        }
        if let Some(found) = self.docker.volume(&volume).await?
            && found
                .labels
                .is_some_and(|labels| labels.get(k3d::CLUSTER_LABEL) == Some(&entry.name))
        {
            self.docker.remove_volume(&volume).await?;
        }
        Ok(left)
    }

    fn forget_unless_left(&self, name: &str, left: Vec<String>) -> Result<(), ProviderError> {
        if left.is_empty() {
            self.journal.forget(name)
        } else {
            Err(ProviderError::LeftBehind {
                name: name.to_owned(),
                what: left,
            })
        }
    }
}
