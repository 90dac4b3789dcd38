use std::time::{Duration, Instant};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Node;
use kube::runtime::wait::{Condition, await_condition, conditions};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

use super::WaitError;

/// Waits until every node is Ready and the cluster's DNS is served.
///
/// # Errors
/// [`WaitError`] with the object that is not there yet.
pub async fn await_usable(client: &Client, nodes: &[String], deadline: Duration) -> Result<(), WaitError> {
    let all_nodes: Api<Node> = Api::all(client.clone());
    for node in nodes {
        until(&all_nodes, node, "Ready", is_ready, deadline).await?;
    }
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), "kube-system");
    until(
        &deployments,
        "coredns",
        "available",
        conditions::is_deployment_completed(),
        deadline,
    )
    .await
}

fn is_ready(node: Option<&Node>) -> bool {
    let conditions = node
        .and_then(|node| node.status.as_ref())
        .and_then(|status| status.conditions.as_ref());
    conditions
        .into_iter()
        .flatten()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

async fn until<K>(
    api: &Api<K>,
    name: &str,
    condition: &str,
    met: impl Condition<K>,
    deadline: Duration,
) -> Result<(), WaitError>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let begun = Instant::now();
    let last = match tokio::time::timeout(deadline, await_condition(api.clone(), name, met)).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "its conditions do not say so".to_owned(),
    };
    Err(WaitError::NotMet {
        object: format!("{} {name}", K::kind(&())),
        condition: condition.to_owned(),
        waited: begun.elapsed(),
        last,
        causes: Vec::new(),
        hopeless: false,
    })
}
