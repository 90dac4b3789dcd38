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
    match clusters.running().await {
        Ok(running) => {
            for cluster in running {
                let tell = |what: String| tell(&format!("cluster {}: {what}", cluster.name));
                first = first.and(collect(&cluster, tell).await);
            }
        }
        Err(error) => first = first.and(Err(error.into())),
    }
    first
}

async fn collect(cluster: &Cluster, mut tell: impl FnMut(String)) -> Result<(), RunError> {
    let mut first = Ok(());
    match cluster.resume_left().await {
        Ok(nodes) => nodes
            .iter()
            .for_each(|node| tell(format!("let node {node} go on"))),
        Err(error) => first = Err(RunError::from(error)),
    }
    let client = match connect(&cluster.kubeconfig).await {
        Ok((client, _)) => client,
        Err(error) => return first.and(Err(error.into())),
    };
    match leftovers::uncordon_left(&client).await {
        Ok(nodes) => nodes
            .iter()
            .for_each(|node| tell(format!("gave node {node} back"))),
        Err(error) => first = first.and(Err(error.into())),
    }
    let left = match leftovers::namespaces_left(cluster, &client).await {
        Ok(left) => left,
        Err(error) => {
            first = first.and(Err(error.into()));
            Vec::new()
        }
    };
    for (name, lock) in left {
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
    match leftovers::remove_cluster_scoped_left(cluster, &client).await {
        Ok(objects) => objects
            .iter()
            .for_each(|object| tell(format!("removed {object}"))),
        Err(error) => first = first.and(Err(error.into())),
    }
    first
}
