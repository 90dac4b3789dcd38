use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::ProviderError;
use super::docker::{Docker, Network};
use super::lock::FileLock;

/// The Docker network that all kind clusters of a machine share. kind makes it with the first one and never removes
/// it; we do, if it was not there before us and nobody uses it any more.
pub(super) struct SharedNetwork<'a> {
    docker: &'a Docker,
    state: &'a Path,
    name: String,
}

/// That the network was not there before us.
#[derive(Serialize, Deserialize)]
struct Record {
    name: String,
    /// When it was found absent.
    absent: Timestamp,
    /// Its ID, once a cluster was created.
    id: Option<String>,
}

impl Record {
    fn is_about(&self, network: &Network) -> bool {
        match &self.id {
            Some(id) => *id == network.id,
            // The creation was interrupted.
            None => network.created >= self.absent,
        }
    }
}

/// While a cluster is being created nobody removes the network under it.
pub(super) struct InUse(#[expect(dead_code, reason = "held for its lock")] FileLock);

impl<'a> SharedNetwork<'a> {
    pub(super) fn new(docker: &'a Docker, state: &'a Path) -> Self {
        // kind's own variable: whoever sets it has their clusters there.
        let name = std::env::var("KIND_EXPERIMENTAL_DOCKER_NETWORK").unwrap_or_default();
        let name = if name.is_empty() { "kind".to_owned() } else { name };
        Self { docker, state, name }
    }

    /// Before a cluster is created: notes if the network is not there yet.
    pub(super) async fn before_create(&self) -> Result<InUse, ProviderError> {
        let lock = FileLock::share(&self.lock_file()).await?;
        if self.docker.network(&self.name).await?.is_none() {
            self.write(&Record {
                name: self.name.clone(),
                absent: Timestamp::now(),
                id: None,
            })?;
        }
        Ok(InUse(lock))
    }

    /// After a cluster was created: notes which network it is.
    pub(super) async fn after_create(&self, _in_use: &InUse) -> Result<(), ProviderError> {
        let Some(mut record) = self.read()? else {
            return Ok(());
        };
        match self.docker.network(&record.name).await? {
            Some(network) if record.is_about(&network) => {
                record.id = Some(network.id);
                self.write(&record)
            }
            _ => self.forget(),
        }
    }

    /// Removes the network if we brought it and no cluster is left.
    pub(super) async fn remove_if_unused(&self) -> Result<(), ProviderError> {
        let Some(record) = self.read()? else { return Ok(()) };
        // Somebody who creates a cluster now removes it later.
        let Some(_lock) = FileLock::try_acquire(&self.lock_file())? else {
            return Ok(());
        };
        if let Some(network) = self.docker.network(&record.name).await?
            && record.is_about(&network)
        {
            if self.docker.is_used(&record.name).await? {
                return Ok(());
            }
            debug!(
                network = record.name,
                "removing the network that came with our first cluster"
            );
            self.docker.remove_network(&network.id).await?;
        }
        self.forget()
    }

    fn lock_file(&self) -> PathBuf {
        self.state.join("network.lock")
    }

    fn file(&self) -> PathBuf {
        self.state.join("network.json")
    }

    fn read(&self) -> Result<Option<Record>, ProviderError> {
        let path = self.file();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| ProviderError::Damaged {
                    path,
                    reason: error.to_string(),
                }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ProviderError::State {
                action: "reading",
                path,
                source,
            }),
        }
    }

    fn write(&self, record: &Record) -> Result<(), ProviderError> {
        let (path, new) = (
            self.file(),
            self.state.join(format!("network.json.{}", std::process::id())),
        );
        let write = || fs::write(&new, serde_json::to_vec(record)?).and_then(|()| fs::rename(&new, &path));
        write().map_err(|source| ProviderError::State {
            action: "writing",
            path: path.clone(),
            source,
        })
    }

    fn forget(&self) -> Result<(), ProviderError> {
        let path = self.file();
        fs::remove_file(&path).map_err(|source| ProviderError::State {
            action: "removing",
            path,
            source,
        })
    }
}
