use std::io;
use std::time::Duration;

use super::docker::Container;
use super::journal::{Entry, Phase};
use super::process::end_group;
use super::{Clusters, Process, ProviderError};

/// How long the engine may take to create a node's container: it copies the image's `/var` into a volume.
const ENDING: Duration = Duration::from_mins(2);

/// What there is of a cluster of a name.
pub(super) enum Found {
    Nothing,
    /// Ours, just as it was created.
    Running(Entry, Vec<Container>),
    /// Ours, and of no use any more: an interrupted creation, or containers that are gone, stopped or restarted.
    Leftover(Vec<Container>),
}

impl Clusters {
    /// What there is, and whether it is ours: by the containers' IDs, not by their names.
    pub(super) async fn look(&self, name: &str) -> Result<Found, ProviderError> {
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

    pub(super) fn not_ours(&self, name: &str, containers: &[Container]) -> ProviderError {
        ProviderError::NotOurs {
            name: name.to_owned(),
            containers: containers
                .iter()
                .map(|container| container.name().to_owned())
                .collect(),
            journal: self.journal.file(name),
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
}
