use std::time::Duration;

use tracing::info;

use super::clusters::Removal;
use super::config::{KUBEADM_CONFIG, carries_our_label};
use super::directories::find_kind;
use super::docker::{Container, refused};
use super::found::Found;
use super::{Clusters, ProviderError};

/// Removing a node with gigabytes in its volume, by a busy engine.
const REMOVING: Duration = Duration::from_mins(3);

impl Clusters {
    pub(super) async fn remove_locked(&self, name: &str) -> Result<Removal, ProviderError> {
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
    pub(super) async fn clear(&self, name: &str, containers: &[Container]) -> Result<(), ProviderError> {
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
