use std::time::Duration;

use tracing::{info, warn};

use super::cluster::Cluster;
use super::docker::{Container, refused};
use super::journal::{Entry, Phase, RecordedNode};
use super::lease::{Lease, renew};
use super::tool::Output;
use super::{ClusterSpec, Clusters, Layout, Process, Provider, ProviderError};

/// kubeadm itself gives up after some minutes; before it the node image may have to be pulled.
const CREATING: Duration = Duration::from_mins(15);

impl Clusters {
    pub(super) fn reuse(
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
        if entry.provider != spec.provider {
            return Err(differs(
                format!("provider {}", entry.provider),
                spec.provider.to_string(),
            ));
        }
        let nodes = containers
            .iter()
            .filter(|container| spec.provider.is_node(container));
        let nodes = nodes.count();
        match &spec.layout {
            Some(Layout::Nodes(asked)) if nodes != *asked as usize => {
                return Err(differs(format!("{nodes} node(s)"), asked.to_string()));
            }
            Some(Layout::File(file)) if entry.asked.as_ref() != Some(file.json()) => {
                let has = format!("{nodes} node(s) and another configuration");
                return Err(differs(has, file.path().display().to_string()));
            }
            _ => {}
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

    pub(super) async fn create(&self, spec: &ClusterSpec) -> Result<Cluster, ProviderError> {
        let provider = spec.provider;
        let dir = self.journal.dir(&spec.name);
        let creation = provider.creation(&self.docker, spec, &dir).await?;
        let network = self.network();
        // k3d makes a network for each cluster.
        let network_in_use = match provider {
            Provider::Kind => Some(network.before_create().await?),
            Provider::K3d => None,
        };

        let mut entry = Entry::new(spec, self.journal.kubeconfig(&spec.name));
        entry.node_image = creation.image.unwrap_or_default();
        entry.config = creation.config;
        entry.untried = provider.untried(&creation.tool).await;
        if let Some(untried) = &entry.untried {
            warn!("{untried}");
        }
        self.journal.write(&entry)?;
        info!("creating the {provider} cluster {}", spec.name);
        let args: Vec<&str> = creation.args.iter().map(String::as_str).collect();
        let running = creation.tool.start(&args)?;
        // The tool does nothing before it has its configuration: by then the journal knows who it is.
        entry.phase = Phase::Creating {
            creator: running.pid().map(Process::of),
        };
        self.journal.write(&entry)?;
        let config = format!("{:#}", entry.config);
        let output = running.finish(config.as_bytes(), CREATING).await;
        let created = match output {
            Ok(output) if output.status.success() => self.docker.containers(provider, &spec.name).await,
            Ok(output) if provider.says_taken(&output) => {
                // Somebody was faster than we could see. Nothing of it is ours.
                self.journal.forget(&spec.name)?;
                let containers = self.docker.containers(provider, &spec.name).await?;
                return Err(self.not_ours(provider, &spec.name, &containers));
            }
            Ok(output) => Err(why_not(spec, output)),
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
        if let Some(in_use) = &network_in_use {
            network.after_create(in_use).await?;
        }
        Ok(Cluster::new(
            &entry,
            &containers,
            false,
            &self.journal,
            &self.docker,
        ))
    }
}

/// Why there is no cluster: an engine that does not answer, a configuration that the provider does not take, or what
/// the provider says.
fn why_not(spec: &ClusterSpec, output: Output) -> ProviderError {
    let begun = !spec.provider.says_nothing_begun(&output);
    match (&spec.layout, refused(output)) {
        (Some(Layout::File(file)), ProviderError::Failed { stderr, .. }) if !begun => {
            ProviderError::Config(Box::new(file.refused(&stderr)))
        }
        (_, error) => error,
    }
}

fn recorded(container: &Container) -> RecordedNode {
    RecordedNode {
        name: container.name().to_owned(),
        container: container.id.clone(),
        started_at: container.state.started_at.clone(),
    }
}
