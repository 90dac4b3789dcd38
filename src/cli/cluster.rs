use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use stateproof::cluster::provider::{self, ClusterSpec, ConfigFile, DEFAULT_NAME, Layout};
use stateproof::config::{ClusterTable, ProviderName};
use stateproof::run::RunError;

#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// What provides the cluster [default: kind]
    #[arg(long, value_enum)]
    pub cluster: Option<Provider>,

    /// The provider's configuration file; by default `kind.yaml` or `k3d.yaml` in the current directory, if there is
    /// one. What stateproof needs besides is added
    #[arg(long, value_name = "FILE")]
    pub cluster_config: Option<PathBuf>,

    /// The cluster's name; by default the one in the configuration file, else `stateproof`
    #[arg(long, value_name = "NAME", env = "STATEPROOF_CLUSTER")]
    pub name: Option<String>,

    /// How many nodes a cluster that is created gets; no configuration file is read then
    #[arg(long, value_name = "N", conflicts_with = "cluster_config")]
    pub nodes: Option<u32>,

    /// The node image; by default the one in the configuration file, else the one that `scripts/setup` built, else
    /// the provider's own
    #[arg(long, value_name = "IMAGE", env = "STATEPROOF_NODE_IMAGE")]
    pub node_image: Option<String>,
}

impl ClusterArgs {
    /// What the command line says, then what the file beside the manifests says, then what there is.
    pub fn spec(&self, keep: bool, table: Option<&ClusterTable>) -> Result<ClusterSpec, Box<RunError>> {
        let none = ClusterTable::default();
        let table = table.unwrap_or(&none);
        let of_file = table.provider.map_or(provider::Provider::Kind, of_file);
        let provider = self.cluster.map_or(of_file, provider::Provider::from);
        // Another provider cannot read the configuration of the file's, nor run its node image.
        let (file_config, file_image) = if provider == of_file {
            (table.config.as_ref(), table.node_image.as_ref())
        } else {
            (None, None)
        };
        let named = self.cluster_config.as_ref();
        let (nodes, path) = match (self.nodes, named) {
            (None, None) => (table.nodes, file_config),
            given => given,
        };
        let layout = match (nodes, path) {
            (Some(nodes), _) => Some(Layout::Nodes(nodes)),
            (None, Some(path)) => ConfigFile::read(provider, path)
                .map(|file| Some(Layout::File(file)))
                .map_err(boxed)?,
            (None, None) => ConfigFile::find(provider, Path::new(""))
                .map_err(boxed)?
                .map(Layout::File),
        };
        let named = match &layout {
            Some(Layout::File(file)) => file.name(),
            _ => None,
        };
        // A variable that is set to nothing asks for nothing.
        let given = |argument: &Option<String>, of_file: Option<&String>| {
            let argument = argument.clone().filter(|text| !text.is_empty());
            argument.or_else(|| of_file.cloned())
        };
        let name = given(&self.name, table.name.as_ref());
        let spec = ClusterSpec {
            provider,
            name: name.as_deref().or(named).unwrap_or(DEFAULT_NAME).to_owned(),
            node_image: given(&self.node_image, file_image),
            layout,
            keep,
            ..ClusterSpec::default()
        };
        spec.validate().map_err(boxed)?;
        Ok(spec)
    }
}

fn of_file(name: ProviderName) -> provider::Provider {
    match name {
        ProviderName::Kind => provider::Provider::Kind,
        ProviderName::K3d => provider::Provider::K3d,
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Provider {
    /// Kubernetes in Docker
    Kind,
    /// k3s in Docker
    K3d,
}

impl From<Provider> for provider::Provider {
    fn from(chosen: Provider) -> Self {
        match chosen {
            Provider::Kind => Self::Kind,
            Provider::K3d => Self::K3d,
        }
    }
}

fn boxed(error: impl Into<RunError>) -> Box<RunError> {
    Box::new(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_of_one_provider_is_not_asked_of_another() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kind.yaml");
        std::fs::write(&file, "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n").unwrap();
        let table = ClusterTable {
            name: Some("ours".to_owned()),
            config: Some(file),
            node_image: Some("kindest/node:v1.35.0".to_owned()),
            ..ClusterTable::default()
        };
        let spec = |cluster: Option<Provider>| {
            let args = ClusterArgs {
                cluster,
                cluster_config: None,
                name: None,
                nodes: None,
                node_image: None,
            };
            args.spec(false, Some(&table)).unwrap()
        };
        for named in [None, Some(Provider::Kind)] {
            assert_eq!(spec(named).node_image, table.node_image);
        }
        let other = spec(Some(Provider::K3d));
        assert_eq!(other.provider, provider::Provider::K3d);
        assert_eq!((other.node_image, other.name.as_str()), (None, "ours"));
    }
}
