use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::docker::{Container, Docker};
use super::tool::{Output, Tool};
use super::{ClusterSpec, ProviderError, directories, k3d, kind};

/// What makes a cluster out of containers of the local Docker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provider {
    /// [kind](https://kind.sigs.k8s.io): upstream Kubernetes.
    #[default]
    Kind,
    /// [k3d](https://k3d.io): k3s.
    K3d,
}

/// How a provider is told to create a cluster.
pub(super) struct Creation {
    pub(super) tool: Tool,
    pub(super) args: Vec<String>,
    /// The configuration, which the tool reads from its standard input before it does anything. JSON: every JSON text
    /// is YAML, and needs no quoting rules of its own.
    pub(super) config: Value,
    /// The nodes' image, where it is known beforehand.
    pub(super) image: Option<String>,
}

impl Provider {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Kind, Self::K3d];

    /// The label on its containers; the value is the cluster's name.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Kind => kind::CLUSTER_LABEL,
            Self::K3d => k3d::CLUSTER_LABEL,
        }
    }

    /// How many characters a cluster's name may have.
    pub(super) fn longest_name(self) -> usize {
        match self {
            Self::Kind => kind::LONGEST_NAME,
            Self::K3d => k3d::LONGEST_NAME,
        }
    }

    /// The programs that work in the process group of a creation.
    pub(super) fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Kind => &["kind", "docker"],
            Self::K3d => &["k3d"],
        }
    }

    /// The command by which a person would delete a cluster.
    pub(super) fn deletion(self, name: &str) -> String {
        match self {
            Self::Kind => format!("kind delete cluster --name {name}"),
            Self::K3d => format!("k3d cluster delete {name}"),
        }
    }

    /// Whether a container is a node of the cluster; others balance loads and the like.
    pub(super) fn is_node(self, container: &Container) -> bool {
        match self {
            Self::Kind => true,
            Self::K3d => k3d::is_node(container),
        }
    }

    /// Puts a cluster's containers in order, the first control plane first.
    pub(super) fn sort(self, containers: &mut [Container]) {
        match self {
            // `-control-plane` comes before `-worker`.
            Self::Kind => containers.sort_by(|a, b| a.name().cmp(b.name())),
            Self::K3d => containers.sort_by_key(k3d::rank),
        }
    }

    /// Its command, for a cluster whose directory this is.
    pub(super) fn tool(self, dir: &Path) -> Result<Tool, ProviderError> {
        match self {
            Self::Kind => directories::find_tool("kind"),
            Self::K3d => Ok(k3d::confined(directories::find_tool("k3d")?, dir)),
        }
    }

    pub(super) async fn creation(
        self,
        docker: &Docker,
        spec: &ClusterSpec,
        dir: &Path,
    ) -> Result<Creation, ProviderError> {
        let tool = self.tool(dir)?;
        match self {
            Self::Kind => kind::creation(tool, docker, spec, dir).await,
            Self::K3d => k3d::creation(tool, docker, spec).await,
        }
    }

    /// Whether a creation ended because there is a cluster of that name.
    pub(super) fn says_taken(self, output: &Output) -> bool {
        output.stderr.contains(match self {
            Self::Kind => "already exist for a cluster with the name",
            Self::K3d => "because a cluster with that name already exists",
        })
    }

    /// Whether a creation ended before it made anything.
    pub(super) fn says_nothing_begun(self, output: &Output) -> bool {
        let first_step = match self {
            Self::Kind => "Creating cluster ",
            Self::K3d => "Prep: Network",
        };
        // kind writes its steps to standard error, k3d to standard output.
        output.is_whole() && !output.stderr.contains(first_step) && !output.stdout.contains(first_step)
    }

    /// The arguments that delete a cluster.
    pub(super) fn deletion_args(self, name: &str, dir: &Path) -> Vec<String> {
        let own = |args: &[&str]| args.iter().map(|&arg| arg.to_owned()).collect();
        match self {
            Self::Kind => {
                let kubeconfig = dir.join("kubeconfig").to_string_lossy().into_owned();
                own(&["delete", "cluster", "--name", name, "--kubeconfig", &kubeconfig])
            }
            Self::K3d => own(&["cluster", "delete", name]),
        }
    }

    /// Whether a container carries our label, which is on every node that we make.
    pub(super) async fn made_by_us(
        self,
        docker: &Docker,
        container: &Container,
    ) -> Result<bool, ProviderError> {
        match self {
            Self::Kind => kind::made_by_us(docker, container).await,
            Self::K3d => Ok(k3d::made_by_us(container)),
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind => "kind",
            Self::K3d => "k3d",
        })
    }
}
