use super::{RunError, hooks};
use crate::cluster::provider::{Cluster, Clusters};
use crate::cluster::{connect, leftovers};

/// Takes away what dead runs have left, and tells of each thing, a sentence fragment: clusters that nobody uses any more;
/// on those that stay, nodes that were paused or cordoned, namespaces with everything in them, and objects without one.
/// What belongs to a run that lives, or was left on purpose, is not touched.
///
/// # Errors
/// The first failure, after everything was tried.
pub async fn collect_garbage(clusters: &Clusters, mut tell: impl FnMut(&str)) -> Result<(), RunError> {
    let mut first = Ok(());
    match clusters.remove_expired().await {
        Ok(names) => names
            .iter()
            .for_each(|name| tell(&format!("removed cluster {name}"))),
        Err(error) => first = Err(error.into()),
    }
    for cluster in clusters.running().await? {
        let tell = |what: String| tell(&format!("cluster {}: {what}", cluster.name));
        first = first.and(collect(&cluster, tell).await);
    }
    first
}

async fn collect(cluster: &Cluster, mut tell: impl FnMut(String)) -> Result<(), RunError> {
    for node in cluster.resume_left().await? {
        tell(format!("let node {node} go on"));
    }
    let (client, _) = connect(&cluster.kubeconfig).await?;
    for node in leftovers::uncordon_left(&client).await? {
        tell(format!("gave node {node} back"));
    }
    let mut first = Ok(());
    for (name, lock) in leftovers::namespaces_left(cluster, &client).await? {
        let removed = async {
            hooks::end(&client, cluster, std::slice::from_ref(&name)).await?;
            Ok::<_, RunError>(leftovers::remove_namespace(&client, &name, lock).await?)
        };
        match removed.await {
            Ok(()) => tell(format!("removed namespace {name}")),
            Err(error) => first = first.and(Err(error)),
        }
    }
    // After the namespaces: a volume does not go before its claim.
    for object in leftovers::remove_cluster_scoped_left(cluster, &client).await? {
        tell(format!("removed {object}"));
    }
    first
}
