use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use thiserror::Error;

/// How long the API server may take to answer the first question.
const DEADLINE: Duration = Duration::from_secs(15);

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
    /// The server refused, or cannot be reached.
    #[error("cannot reach the API server at {url}: {source}")]
    Unreachable {
        /// Its address.
        url: String,
        /// What happened.
        source: Box<kube::Error>,
    },
    /// The server does not answer.
    #[error("the API server at {url} gave no answer within {} s", DEADLINE.as_secs())]
    Silent {
        /// Its address.
        url: String,
    },
}

/// A client of the cluster that a kubeconfig file names, and the version of its API server.
///
/// # Errors
/// [`ConnectError`] when the file cannot be used, or the server refuses or is silent for 15 s.
pub async fn connect(kubeconfig: &Path) -> Result<(Client, String), ConnectError> {
    let config = read(kubeconfig).await?;
    let url = config.cluster_url.to_string();
    let unreachable = |source| ConnectError::Unreachable {
        url: url.clone(),
        source: Box::new(source),
    };
    let client = Client::try_from(config).map_err(unreachable)?;
    let version = tokio::time::timeout(DEADLINE, client.apiserver_version())
        .await
        .map_err(|_| ConnectError::Silent { url: url.clone() })?
        .map_err(unreachable)?;
    Ok((client, version.git_version))
}

/// A client that takes the API server's first answer, for faults: kube's own asks again for minutes after a 429, and
/// that is just what the eviction API answers where a budget forbids it.
///
/// # Errors
/// [`ConnectError`] when the file cannot be used.
pub async fn connect_without_retries(kubeconfig: &Path) -> Result<Client, ConnectError> {
    let mut config = read(kubeconfig).await?;
    config.default_retry = false;
    let url = config.cluster_url.to_string();
    Client::try_from(config).map_err(|source| ConnectError::Unreachable {
        url,
        source: Box::new(source),
    })
}

async fn read(kubeconfig: &Path) -> Result<Config, ConnectError> {
    let unusable = |source| ConnectError::Kubeconfig {
        path: kubeconfig.to_owned(),
        source: Box::new(source),
    };
    let file = Kubeconfig::read_from(kubeconfig).map_err(unusable)?;
    Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .map_err(unusable)
}
