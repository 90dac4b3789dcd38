use super::{RunError, hooks};
use crate::cluster::provider::{Cluster, Clusters};
use crate::cluster::{connect, leftovers};

/// Takes away what dead runs have left, and says what that was, a sentence fragment each: clusters that nobody uses any
/// more; on those that stay, nodes that were paused or cordoned, namespaces with everything in them, and objects
/// without one. What belongs to a run that lives, or was left on purpose, is not touched.
///
/// # Errors
/// The first failure, after everything was tried.
pub async fn collect_garbage(clusters: &Clusters) -> Result<Vec<String>, RunError> {
    let mut done = Vec::new();
    let mut first = Ok(());
    match clusters.remove_expired().await {
        Ok(names) => done.extend(names.iter().map(|name| format!("removed cluster {name}"))),
        Err(error) => first = Err(error.into()),
    }
    for cluster in clusters.running().await? {
        let mut told = Vec::new();
        let collected = collect(&cluster, &mut told).await;
        done.extend(
            told.iter()
                .map(|what| format!("cluster {}: {what}", cluster.name)),
        );
        first = first.and(collected);
    }
    first.map(|()| done)
}

async fn collect(cluster: &Cluster, done: &mut Vec<String>) -> Result<(), RunError> {
    for node in cluster.resume_left().await? {
        done.push(format!("let node {node} go on"));
    }
    let (client, _) = connect(&cluster.kubeconfig).await?;
    for node in leftovers::uncordon_left(&client).await? {
        done.push(format!("gave node {node} back"));
    }
    let mut first = Ok(());
    for (name, lock) in leftovers::namespaces_left(cluster, &client).await? {
        let removed = async {
            hooks::end(&client, cluster, std::slice::from_ref(&name)).await?;
            Ok::<_, RunError>(leftovers::remove_namespace(&client, &name, lock).await?)
        };
        match removed.await {
            Ok(()) => done.push(format!("removed namespace {name}")),
            Err(error) => first = first.and(Err(error)),
        }
    }
    // After the namespaces: a volume does not go before its claim.
    for object in leftovers::remove_cluster_scoped_left(cluster, &client).await? {
        done.push(format!("removed {object}"));
    }
    first
}
