use std::time::Duration;

use tracing::{info, warn};

use super::cluster::Cluster;
use super::config::cluster_config;
use super::directories::find_kind;
use super::docker::{Container, refused};
use super::journal::{Entry, Phase, RecordedNode};
use super::lease::{Lease, renew};
use super::spec::STAND_IN_NODE;
use super::{ClusterSpec, Clusters, Process, ProviderError};

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

    pub(super) async fn create(&self, spec: &ClusterSpec) -> Result<Cluster, ProviderError> {
        let kind = find_kind()?;
        let config = cluster_config(spec.nodes, self.docker.has_cgroup_v1().await?);
        let image = match &spec.node_image {
            Some(image) => Some(image.clone()),
            None => self.stand_in().await?,
        };
        let network = self.network();
        let network_in_use = network.before_create().await?;

        let kubeconfig = self.journal.kubeconfig(&spec.name);
        let mut entry = Entry::new(spec, kubeconfig);
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
}

fn recorded(container: &Container) -> RecordedNode {
    RecordedNode {
        name: container.name().to_owned(),
        container: container.id.clone(),
        started_at: container.state.started_at.clone(),
    }
}
