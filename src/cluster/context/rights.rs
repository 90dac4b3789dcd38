//! What a run asks of the API server of a cluster of others, and whether it is granted.

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};

/// What a run asks of the API server: these verbs on this resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right<'a> {
    /// The API group; empty for the core one.
    pub group: &'a str,
    /// The resource, and after a slash the subresource.
    pub resource: &'a str,
    /// The verbs.
    pub verbs: &'a [&'a str],
}

const fn right(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
) -> Right<'static> {
    Right {
        group,
        resource,
        verbs,
    }
}

const APPLIED: &[&str] = &["get", "list", "create", "patch", "delete"];
const FOLLOWED: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// What a run needs in every namespace that it uses: for ordinary sets of Services, Secrets, ConfigMaps, StatefulSets,
/// Deployments and budgets, and every drill but `drain`. `deploy/rbac.yaml` grants just this.
pub const IN_NAMESPACE: &[Right<'static>] = &[
    right("", "namespaces", &["get"]),
    right("", "pods", FOLLOWED),
    right("", "pods/exec", &["create", "get"]),
    right("", "pods/log", &["get"]),
    right("", "pods/eviction", &["create"]),
    right("", "persistentvolumeclaims", FOLLOWED),
    right("", "services", APPLIED),
    right("", "configmaps", APPLIED),
    right("", "secrets", APPLIED),
    right("", "serviceaccounts", APPLIED),
    right("", "events", &["list", "watch"]),
    right("apps", "statefulsets", FOLLOWED),
    right("apps", "deployments", FOLLOWED),
    right("apps", "replicasets", &["list"]),
    right("apps", "daemonsets", &["list"]),
    right("batch", "jobs", &["list"]),
    right("batch", "cronjobs", &["list"]),
    right("policy", "poddisruptionbudgets", FOLLOWED),
    right("coordination.k8s.io", "leases", FOLLOWED),
];

/// What it needs of the cluster: to see nodes and volumes, and to have the volumes that were made for it go with it.
pub const OF_CLUSTER: &[Right<'static>] = &[
    right("", "nodes", &["list", "watch"]),
    right("", "persistentvolumes", &["get", "list", "watch", "patch"]),
];

/// What it needs besides to make a namespace of its own, which `--namespace` does without.
pub const TO_MAKE: &[Right<'static>] = &[right(
    "",
    "namespaces",
    &["create", "list", "watch", "patch", "delete"],
)];

/// Questions under way at once.
const AT_ONCE: usize = 16;

/// Those of these rights that the API server would not grant, in words; without a namespace, those of the whole cluster.
/// Nothing is changed by asking.
///
/// # Errors
/// When the API server refuses the question.
pub async fn missing(
    client: &Client,
    rights: &[Right<'_>],
    namespace: Option<&str>,
) -> Result<Vec<String>, kube::Error> {
    let asked = rights
        .iter()
        .flat_map(|right| right.verbs.iter().map(move |verb| (right, *verb)));
    let answers = stream::iter(asked).map(|(right, verb)| async move {
        let granted = is_granted(client, right, verb, namespace).await?;
        Ok::<_, kube::Error>((!granted).then(|| in_words(right, verb, namespace)))
    });
    let answers: Vec<Option<String>> = answers.buffered(AT_ONCE).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

async fn is_granted(
    client: &Client,
    right: &Right<'_>,
    verb: &str,
    namespace: Option<&str>,
) -> Result<bool, kube::Error> {
    let (resource, subresource) = match right.resource.split_once('/') {
        Some((resource, subresource)) => (resource, Some(subresource.to_owned())),
        None => (right.resource, None),
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                group: Some(right.group.to_owned()),
                resource: Some(resource.to_owned()),
                subresource,
                verb: Some(verb.to_owned()),
                namespace: namespace.map(str::to_owned),
                ..ResourceAttributes::default()
            }),
            ..SelfSubjectAccessReviewSpec::default()
        },
        ..SelfSubjectAccessReview::default()
    };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let answer = reviews.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

fn in_words(right: &Right<'_>, verb: &str, namespace: Option<&str>) -> String {
    let Right { group, resource, .. } = right;
    let group = if group.is_empty() {
        String::new()
    } else {
        format!(".{group}")
    };
    match namespace {
        Some(namespace) => format!("{verb} {resource}{group} in namespace {namespace}"),
        None => format!("{verb} {resource}{group}"),
    }
}
