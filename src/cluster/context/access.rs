use kube::Config;
use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use thiserror::Error;

use super::{ContextSpec, IN_CLUSTER};

/// Why a context leads nowhere. Nothing has been asked of any cluster.
#[derive(Debug, Error)]
pub enum ContextError {
    /// There is none of that name.
    #[error("there is no context {name:?} in {looked}: {}", there_are(.known))]
    Unknown {
        /// The name.
        name: String,
        /// Where it was looked for.
        looked: String,
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// The kubeconfig cannot be used.
    #[error("cannot use the context {name:?} of {looked}: {source}")]
    Unusable {
        /// The context.
        name: String,
        /// The kubeconfig.
        looked: String,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// There is no pod's way to the API server here.
    #[error("{IN_CLUSTER} stands for the cluster that stateproof runs in, and this is no pod of one: {0}")]
    NotInCluster(#[source] Box<InClusterError>),
}

fn there_are(names: &[String]) -> String {
    if names.is_empty() {
        return "it has none".to_owned();
    }
    format!("it has {}", names.join(", "))
}

impl ContextSpec {
    /// How its API server is reached.
    ///
    /// # Errors
    /// [`ContextError`]; nothing is asked of any cluster.
    pub(crate) async fn config(&self) -> Result<Config, ContextError> {
        let mut config = self.read().await?;
        config.connect_timeout = Some(self.answers_within);
        Ok(config)
    }

    async fn read(&self) -> Result<Config, ContextError> {
        let unusable = |source| ContextError::Unusable {
            name: self.name.clone(),
            looked: self.looked(),
            source: Box::new(source),
        };
        let file = match &self.kubeconfig {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        };
        let has = |file: &Kubeconfig| file.contexts.iter().any(|context| context.name == self.name);
        let file = match file {
            Ok(file) if has(&file) => file,
            // A pod has no kubeconfig, and needs none.
            _ if self.name == IN_CLUSTER => {
                return Config::incluster().map_err(|error| ContextError::NotInCluster(Box::new(error)));
            }
            Ok(file) => {
                let mut known: Vec<_> = file.contexts.into_iter().map(|context| context.name).collect();
                known.sort();
                return Err(ContextError::Unknown {
                    name: self.name.clone(),
                    looked: self.looked(),
                    known,
                });
            }
            Err(error) => return Err(unusable(error)),
        };
        let options = KubeConfigOptions {
            context: Some(self.name.clone()),
            ..KubeConfigOptions::default()
        };
        Config::from_custom_kubeconfig(file, &options)
            .await
            .map_err(unusable)
    }

    /// Where the context is looked for, in words.
    fn looked(&self) -> String {
        match (&self.kubeconfig, std::env::var("KUBECONFIG")) {
            (Some(path), _) => path.display().to_string(),
            (None, Ok(paths)) if !paths.is_empty() => format!("KUBECONFIG={paths}"),
            _ => "~/.kube/config".to_owned(),
        }
    }
}
