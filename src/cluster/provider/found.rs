use std::io;
use std::time::Duration;

use futures::future::try_join_all;

use super::docker::Container;
use super::journal::{Entry, Phase};
use super::process::end_group;
use super::{Clusters, Process, Provider, ProviderError, k3d};

/// How long the engine may take to create a node's container: it copies the image's `/var` into a volume.
const ENDING: Duration = Duration::from_mins(2);

/// What there is of a cluster of a name.
pub(super) enum Found {
    Nothing,
    /// Ours, just as it was created.
    Running(Entry, Vec<Container>),
    /// Ours, and of no use any more: an interrupted creation, or containers that are gone, stopped or restarted.
    Leftover(Entry, Vec<Container>),
}

impl Clusters {
    /// What there is, and whether it is ours: by the containers' IDs, not by their names. Of what the journal does not
    /// know, only these providers' is looked for.
    pub(super) async fn look(&self, name: &str, of: &[Provider]) -> Result<Found, ProviderError> {
        let entry = self.journal.read(name)?;
        let Some(entry) = entry else {
            for &provider in of {
                let containers = self.docker.containers(provider, name).await?;
                if !containers.is_empty() {
                    return Err(self.not_ours(provider, name, &containers));
                }
            }
            return Ok(Found::Nothing);
        };
        if let Phase::Creating {
            creator: Some(creator),
        } = entry.phase
        {
            self.end_creation(&entry, creator).await?;
        }
        let provider = entry.provider;
        let containers = self.docker.containers(provider, name).await?;
        let nodes = match &entry.phase {
            // Providers refuse a name that is taken, so what came after the creation began came with it.
            Phase::Creating { .. }
                if containers
                    .iter()
                    .all(|container| container.created >= entry.begun) =>
            {
                return Ok(Found::Leftover(entry, containers));
            }
            Phase::Creating { .. } => return Err(self.not_ours(provider, name, &containers)),
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
            Err(self.not_ours(provider, name, &containers))
        } else if containers.len() == nodes.len() && containers.iter().all(intact) {
            Ok(Found::Running(entry, containers))
        } else {
            Ok(Found::Leftover(entry, containers))
        }
    }

    pub(super) fn not_ours(&self, provider: Provider, name: &str, containers: &[Container]) -> ProviderError {
        ProviderError::NotOurs {
            provider,
            name: name.to_owned(),
            containers: containers
                .iter()
                .map(|container| container.name().to_owned())
                .collect(),
            journal: self.journal.file(name),
        }
    }

    /// Ends an interrupted creation and waits for what the engine is still doing for it.
    async fn end_creation(&self, entry: &Entry, creator: Process) -> Result<(), ProviderError> {
        let ended = tokio::time::timeout(ENDING, async {
            end_group(creator, entry.provider.programs())
                .await
                .map_err(|source| ProviderError::StillCreating {
                    name: entry.name.clone(),
                    source,
                })?;
            match entry.provider {
                // The `docker run` of kind's own was waited for.
                Provider::Kind => Ok(()),
                Provider::K3d => self.await_engine(entry).await,
            }
        });
        ended.await.unwrap_or_else(|_| {
            Err(ProviderError::StillCreating {
                name: entry.name.clone(),
                source: io::ErrorKind::TimedOut.into(),
            })
        })
    }

    /// Waits until the engine makes none of a creation's containers any more. It finishes one whose client is gone,
    /// and shows it only then; but the name is taken from the beginning.
    async fn await_engine(&self, entry: &Entry) -> Result<(), ProviderError> {
        let image = std::slice::from_ref(&entry.node_image);
        if self.docker.images(image).await?.is_empty() {
            // It was still to be pulled, or never could be.
            return Ok(());
        }
        let label = format!("{}={}", entry.provider.label(), entry.name);
        let names = k3d::container_names(&entry.name, &entry.config);
        let settled = names
            .iter()
            .map(|name| self.docker.name_settled(name, &entry.node_image, &label));
        try_join_all(settled).await.map(drop)
    }
}
