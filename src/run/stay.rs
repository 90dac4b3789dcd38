use futures::future::join_all;
use kube::Client;

use super::RunError;
use crate::cluster::context::{Taken, Tenancy, empty_lent, remove_made};
use crate::cluster::{Application, remove_aliases};
use crate::vantage::Vantage;

/// What a run has made on a cluster of others, and so has to take away.
pub struct Stay {
    pub context: String,
    pub tenancy: Tenancy,
    pub taken: Vec<Taken>,
    /// Storage classes that were made as aliases.
    pub aliases: Vec<String>,
    /// The namespace that the vantage is in.
    pub run_namespace: String,
}

impl Stay {
    /// Takes everything away; what was applied has been deleted by then.
    ///
    /// # Errors
    /// The first failure; what comes after it is taken away all the same.
    pub async fn end(self, client: &Client, application: Option<&Application>) -> Result<(), RunError> {
        let mut first = Ok(());
        let ours: Vec<_> = self.taken.iter().filter(|taken| !self.has_lost(taken)).collect();
        if ours.contains(&&Taken::Lent(self.run_namespace.clone())) {
            first = Vantage::remove(client, &self.run_namespace)
                .await
                .map_err(RunError::from);
        }
        let given_back = ours.into_iter().map(async |taken| match taken {
            Taken::Made(name) => remove_made(client, name, self.tenancy.holder()).await,
            Taken::Lent(name) => match self.tenancy.since(name) {
                Some(since) => empty_lent(client, name, &since).await,
                None => Ok(()),
            },
        });
        for done in join_all(given_back).await {
            first = first.and(done.map_err(RunError::from));
        }
        if let Some(application) = application {
            first = first.and(application.remove_cluster_scope().await.map_err(RunError::from));
        }
        first = first.and(
            remove_aliases(client, &self.aliases, self.tenancy.holder())
                .await
                .map_err(RunError::from),
        );
        first.and(self.tenancy.give_back().await.map_err(RunError::from))
    }

    /// Whether another run has a namespace of this one by now.
    pub fn has_lost_any(&self) -> bool {
        self.taken.iter().any(|taken| self.has_lost(taken))
    }

    fn has_lost(&self, taken: &Taken) -> bool {
        let (Taken::Made(name) | Taken::Lent(name)) = taken;
        self.tenancy.has_lost(name)
    }

    /// How to look at what was left.
    pub fn leave(self) -> String {
        let context = &self.context;
        let lines = self.taken.iter().map(|taken| match taken {
            Taken::Made(name) => format!(
                "left as it is: kubectl --context {context} -n {name} get all,pvc; remove it with kubectl --context \
                 {context} delete namespace {name}"
            ),
            Taken::Lent(name) => format!(
                "left as it is: kubectl --context {context} -n {name} get all,pvc; the namespace was there before: what \
                 is in it is yours to remove"
            ),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Does something, unless another run takes a namespace of this one meanwhile.
///
/// # Errors
/// Those of the work, and [`NamespaceError::Lost`](crate::cluster::NamespaceError::Lost).
pub async fn unless_lost<T>(
    stay: Option<&Stay>,
    work: impl Future<Output = Result<T, RunError>>,
) -> Result<T, RunError> {
    let Some(stay) = stay else { return work.await };
    tokio::select! {
        lost = stay.tenancy.lost() => Err(lost.into()),
        done = work => done,
    }
}
