use std::sync::Arc;

use futures::future::join_all;
use kube::Client;
use tokio::task::JoinSet;

use super::borrowed::{Cordons, Paused};
use super::stay::Stay;
use super::{Observer, RunError, hooks};
use crate::cluster::provider::{Cluster, Clusters, Locks, Removal, Share};
use crate::cluster::{Application, Watches, leftovers, namespace, volumes};

/// What a run has made so far, and so has to take away, on every way out.
pub struct Scene {
    pub(super) observer: Arc<dyn Observer>,
    /// The name of the cluster as soon as it may exist.
    pub(super) cluster_name: Option<String>,
    pub(super) cluster: Option<Cluster>,
    /// What the run has of a cluster of others.
    pub(super) stay: Option<Stay>,
    pub(super) client: Option<Client>,
    /// What was applied; not before it is: what has the same names until then is somebody else's.
    pub(super) application: Option<Application>,
    pub(super) watches: Option<Watches>,
    /// Namespaces that this run has made.
    pub(super) made: Vec<String>,
    /// Namespaces that were there, empty, and that this run has filled.
    pub(super) lent: Vec<String>,
    /// Keep other runs out of them.
    pub(super) locks: Option<Locks>,
    /// What of this machine is kept for this run.
    pub(super) share: Option<Share>,
    /// The nodes, held for this run.
    pub(super) nodes: Option<Locks>,
    /// Nodes that a drill has cordoned and not given back.
    pub(super) cordons: Cordons,
    /// Nodes that are cordoned for the whole run: no drill gives them back.
    pub(super) aside: Cordons,
    /// Nodes that a drill has paused.
    pub(super) paused: Paused,
    /// Tasks that live as long as the scene.
    pub(super) background: JoinSet<()>,
}

impl Scene {
    pub(super) fn new(observer: Arc<dyn Observer>) -> Self {
        Self {
            observer,
            cluster_name: None,
            cluster: None,
            stay: None,
            client: None,
            application: None,
            watches: None,
            made: Vec::new(),
            lent: Vec::new(),
            locks: None,
            share: None,
            nodes: None,
            cordons: Cordons::default(),
            aside: Cordons::default(),
            paused: Paused::default(),
            background: JoinSet::new(),
        }
    }

    /// Ends what runs in the background: nothing is added to the history afterwards.
    pub(super) async fn quiet(&mut self) {
        self.background.shutdown().await;
        if let Some(watches) = self.watches.take() {
            watches.stop().await;
        }
    }

    /// Takes away what the run has made: the whole cluster if nobody else uses it and it is not to be kept, else the
    /// objects, in reverse order, and the namespaces with everything in them.
    ///
    /// # Errors
    /// The first failure; what comes after it is taken away all the same.
    pub async fn clean_up(mut self) -> Result<(), RunError> {
        self.quiet().await;
        if self.cluster_name.is_none() && self.stay.is_none() {
            return Ok(());
        }
        self.observer.phase("taking away what was made");
        // First of all: the cluster may be others' as well.
        let mut first = self.give_nodes_back().await;
        if let Some(name) = self.cluster_name.take() {
            match release(&name).await {
                Ok(Removal::InUse) => {}
                // The nodes went with it.
                Ok(_) => return Ok(()),
                // It may be there still, and others in it.
                Err(error) => first = first.and(Err(error)),
            }
        }
        let Some(client) = &self.client else { return first };
        // By name, which may be another run's by now.
        let lost = self.stay.as_ref().is_some_and(Stay::has_lost_any);
        if let Some(application) = self.application.as_ref().filter(|_| !lost) {
            first = first.and(application.delete().await.map_err(RunError::from));
        }
        if let Some(stay) = self.stay.take() {
            return first.and(stay.end(client, self.application.as_ref()).await);
        }
        if let Some(cluster) = &self.cluster {
            let namespaces: Vec<_> = self.made.iter().chain(&self.lent).cloned().collect();
            first = first.and(hooks::end(client, cluster, &namespaces).await);
        }
        // The run's own namespace is among those that it made, and was made before anything was applied.
        let mut since = None;
        for name in &self.made {
            match volumes::made(client, name).await {
                Ok(made) => since = since.into_iter().chain(made).min(),
                Err(error) => first = first.and(Err(error.into())),
            }
        }
        let emptied = self.lent.iter().map(async |name| match &since {
            Some(since) => namespace::empty(client, name, since).await,
            // Without it nothing was applied.
            None => Ok(()),
        });
        let (removed, emptied) = futures::join!(
            join_all(self.made.iter().map(|name| namespace::remove(client, name))),
            join_all(emptied)
        );
        for done in removed.into_iter().chain(emptied) {
            first = first.and(done.map_err(RunError::from));
        }
        // The claims are gone now: nothing holds the volumes any more.
        if let Some(application) = &self.application {
            first = first.and(application.remove_cluster_scope().await.map_err(RunError::from));
        }
        // While something is left, its lock's file stays: `gc` removes both.
        if let (Ok(()), Some(locks)) = (&first, self.locks.take()) {
            first = locks.remove().map_err(RunError::from);
        }
        first
    }

    /// Leaves everything as it is, to be looked at, and says how. Only what a drill has cordoned is given back: nodes
    /// are everybody's.
    ///
    /// # Errors
    /// [`RunError::Provider`] when the journal cannot be told that the cluster stays; [`RunError::Fault`] when a node
    /// cannot be given back. The first failure; what comes after it is done all the same.
    pub async fn leave(self) -> Result<Option<String>, RunError> {
        let mut first = self.give_nodes_back().await;
        if let Some(stay) = self.stay {
            return first.map(|()| Some(stay.leave()));
        }
        let Some(cluster) = self.cluster else {
            return first.map(|()| None);
        };
        first = first.and(keep(&cluster.name).await);
        if let Some(client) = &self.client {
            for name in &self.made {
                let noted = leftovers::leave_on_purpose(client, name).await;
                first = first.and(noted.map_err(RunError::from));
            }
        }
        first?;
        Ok(Some(format!(
            "left as it is: KUBECONFIG={} kubectl get all -A; remove it with `stateproof down {}`",
            cluster.kubeconfig.display(),
            cluster.name
        )))
    }

    async fn give_nodes_back(&self) -> Result<(), RunError> {
        let mut first = self.paused.resume().await.map_err(RunError::from);
        if let Some(client) = &self.client {
            first = first.and(self.cordons.lift(client).await.map_err(RunError::from));
            first = first.and(self.aside.lift(client).await.map_err(RunError::from));
        }
        first
    }
}

async fn release(cluster: &str) -> Result<Removal, RunError> {
    Ok(Clusters::from_env()?.release(cluster).await?)
}

async fn keep(cluster: &str) -> Result<(), RunError> {
    Ok(Clusters::from_env()?.keep(cluster).await?)
}
