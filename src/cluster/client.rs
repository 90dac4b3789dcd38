use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use thiserror::Error;

use super::context::{ContextError, ContextSpec};

/// How long the API server of a cluster of ours may take to answer the first question.
const DEADLINE: Duration = Duration::from_secs(15);

/// What an API server answers to credentials that it does not know, or no longer (RFC 9110, 15.5.2).
const UNAUTHORIZED: u16 = 401;

/// Why there is no connection to an API server.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The kubeconfig cannot be used.
    #[error("cannot use the kubeconfig {}: {source}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// The context cannot be used.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The server does not know who asks.
    #[error(
        "the API server at {url} does not accept these credentials (401 {reason}): they may have expired; log in again, \
         or name another context"
    )]
    Unauthorized {
        /// Its address.
        url: String,
        /// What it said.
        reason: String,
    },
    /// The server refused, or cannot be reached.
    #[error("cannot reach the API server at {url}: {source}")]
    Unreachable {
        /// Its address.
        url: String,
        /// What happened.
        source: Box<kube::Error>,
    },
    /// The server does not answer.
    #[error("the API server at {url} gave no answer within {:.1} s", .within.as_secs_f64())]
    Silent {
        /// Its address.
        url: String,
        /// How long it was given.
        within: Duration,
    },
}

/// The way to an API server.
#[derive(Clone)]
pub struct Access {
    config: Config,
    answers_within: Duration,
}

impl Access {
    /// To the cluster that a kubeconfig file names.
    ///
    /// # Errors
    /// [`ConnectError::Kubeconfig`] when the file cannot be used.
    pub async fn of_file(kubeconfig: &Path) -> Result<Self, ConnectError> {
        let unusable = |source| ConnectError::Kubeconfig {
            path: kubeconfig.to_owned(),
            source: Box::new(source),
        };
        let file = Kubeconfig::read_from(kubeconfig).map_err(unusable)?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        Ok(Self {
            config: config.map_err(unusable)?,
            answers_within: DEADLINE,
        })
    }

    /// To the cluster of a context.
    ///
    /// # Errors
    /// [`ConnectError::Context`]; nothing is asked of any cluster.
    pub async fn of_context(spec: &ContextSpec) -> Result<Self, ConnectError> {
        Ok(Self {
            config: spec.config().await?,
            answers_within: spec.answers_within,
        })
    }

    /// A client, and the version of the API server.
    ///
    /// # Errors
    /// [`ConnectError`] when the server refuses, or is silent for too long.
    pub async fn connect(&self) -> Result<(Client, String), ConnectError> {
        let client = Client::try_from(self.config.clone()).map_err(|error| self.unreachable(error))?;
        let version = tokio::time::timeout(self.answers_within, client.apiserver_version()).await;
        let version = version.map_err(|_| ConnectError::Silent {
            url: self.url(),
            within: self.answers_within,
        })?;
        let version = version.map_err(|error| self.unreachable(error))?;
        Ok((client, version.git_version))
    }

    /// A client that takes the API server's first answer, for faults: kube's own asks again for minutes after a 429, and
    /// that is just what the eviction API answers where a budget forbids it.
    ///
    /// # Errors
    /// [`ConnectError`] when none can be made.
    pub fn without_retries(&self) -> Result<Client, ConnectError> {
        let mut config = self.config.clone();
        config.default_retry = false;
        Client::try_from(config).map_err(|error| self.unreachable(error))
    }

    fn unreachable(&self, error: kube::Error) -> ConnectError {
        match error {
            kube::Error::Api(status) if status.code == UNAUTHORIZED => ConnectError::Unauthorized {
                url: self.url(),
                reason: status.message,
            },
            source => ConnectError::Unreachable {
                url: self.url(),
                source: Box::new(source),
            },
        }
    }

    fn url(&self) -> String {
        self.config.cluster_url.to_string()
    }
}

/// A client of the cluster that a kubeconfig file names, and the version of its API server.
///
/// # Errors
/// [`ConnectError`] when the file cannot be used, or the server refuses or is silent for 15 s.
pub async fn connect(kubeconfig: &Path) -> Result<(Client, String), ConnectError> {
    Access::of_file(kubeconfig).await?.connect().await
}
