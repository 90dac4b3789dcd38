//! Ctrl-C and SIGTERM: the run ends and leaves no container behind.
//!
//! testcontainers' own watchdog is not used: it expects every removal to succeed, which none does that a test is faster
//! at, and lets tests start further containers meanwhile. Tried, the signal was lost and the run went on.

use std::collections::HashMap;
use std::sync::Once;
use std::thread;

use anyhow::{Context, Result};
use futures::future::join_all;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::RwLock;

use super::docker::docker;

/// What the names of all containers of this process begin with.
pub fn prefix() -> String {
    format!("stateproof-engines-{}-", std::process::id())
}

/// Closed when the process is about to end.
static GATE: RwLock<()> = RwLock::const_new(());

/// Starts a container, if there is time to: it must not come to be after the others were removed.
pub async fn starting<T>(start: impl Future<Output = T>) -> T {
    watch();
    let _open = GATE.read().await;
    start.await
}

/// From now on a signal that ends the process removes its containers first.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let ended = runtime
                .map_err(Into::into)
                .and_then(|runtime| runtime.block_on(interrupted()));
            if let Err(error) = ended {
                eprintln!("containers are left behind: {error:#}");
            }
            std::process::exit(130);
        });
    });
}

async fn interrupted() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
    // Whoever starts a container now has it listed here, and nobody starts another.
    let _closed = GATE.write().await;
    let docker = docker().await?;
    let named = HashMap::from([("name", vec![prefix()])]);
    let list = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&named)
        .build();
    let containers = docker.list_containers(Some(list)).await?;
    let removals = containers
        .into_iter()
        .filter_map(|container| container.id)
        .map(async |id| {
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            match docker.remove_container(&id, Some(options)).await {
                // The test that it belongs to was faster.
                Err(DockerError::DockerResponseServerError {
                    status_code: 404 | 409,
                    ..
                }) => Ok(()),
                removed => removed.with_context(|| format!("removing {id}")),
            }
        });
    join_all(removals).await.into_iter().collect()
}
