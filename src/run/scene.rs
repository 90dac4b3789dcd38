use std::sync::Arc;

use futures::future::join_all;
use kube::Client;
use tokio::task::JoinSet;

use super::{Observer, RunError};
use crate::cluster::provider::{Cluster, Kind};
use crate::cluster::{Application, Watches, namespace};

/// What a run has made so far, and so has to take away, on every way out.
pub struct Scene {
    pub(super) kind: Kind,
    pub(super) observer: Arc<dyn Observer>,
    /// The name of the cluster as soon as it may exist.
    pub(super) cluster_name: Option<String>,
    pub(super) cluster: Option<Cluster>,
    pub(super) client: Option<Client>,
    pub(super) application: Option<Application>,
    pub(super) watches: Option<Watches>,
    /// Namespaces that this run has made or filled.
    pub(super) namespaces: Vec<String>,
    /// Tasks that live as long as the scene.
    pub(super) background: JoinSet<()>,
    /// Whether the cluster stays for the next run.
    pub(super) keep: bool,
}

impl Scene {
    pub(super) fn new(kind: Kind, observer: Arc<dyn Observer>, keep: bool) -> Self {
        Self {
            kind,
            observer,
            cluster_name: None,
            cluster: None,
            client: None,
            application: None,
            watches: None,
            namespaces: Vec::new(),
            background: JoinSet::new(),
            keep,
        }
    }

    /// Ends what runs in the background: nothing is added to the history afterwards.
    pub(super) async fn quiet(&mut self) {
        self.background.shutdown().await;
        if let Some(watches) = self.watches.take() {
            watches.stop().await;
        }
    }

    /// Takes away what the run has made: the whole cluster if the run created it and it is not to be kept, else the
    /// objects, in reverse order, and the namespaces with everything in them.
    ///
    /// # Errors
    /// The first failure; what comes after it is taken away all the same.
    pub async fn clean_up(mut self) -> Result<(), RunError> {
        self.quiet().await;
        let Some(name) = self.cluster_name.take() else { return Ok(()) };
        let reused = self.cluster.as_ref().is_some_and(|cluster| cluster.reused);
        if !reused && !self.keep {
            self.observer.phase(&format!("removing cluster {name}"));
            self.kind.remove(&name).await?;
            return Ok(());
        }
        let Some(client) = &self.client else { return Ok(()) };
        self.observer.phase("removing what was applied");
        let mut first = Ok(());
        if let Some(application) = &self.application {
            first = application.delete().await.map_err(RunError::from);
        }
        for removed in join_all(self.namespaces.iter().map(|name| namespace::remove(client, name))).await {
            first = first.and(removed.map_err(RunError::from));
        }
        first
    }

    /// Leaves everything as it is, to be looked at, and says how.
    #[must_use]
    pub fn abandon(self) -> Option<String> {
        let cluster = self.cluster?;
        Some(format!(
            "left as it is: KUBECONFIG={} kubectl get all -A; remove it with `stateproof down {}`",
            cluster.kubeconfig.display(),
            cluster.name
        ))
    }
}
