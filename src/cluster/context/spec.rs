use std::path::PathBuf;
use std::time::Duration;

/// The context that stands for the cluster in whose pod stateproof itself runs, where no kubeconfig has one of that name:
/// the service account's token leads there (Kubernetes, "Accessing the Kubernetes API from a Pod").
pub const IN_CLUSTER: &str = "in-cluster";

/// A cluster of somebody else's, and what may be done there.
///
/// ```
/// use stateproof::cluster::context::ContextSpec;
///
/// let staging = ContextSpec { allow_disruption: true, ..ContextSpec::named("staging") };
/// assert!(!staging.allow_node_faults);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextSpec {
    /// The context's name. There is no default: a cluster of others is used only when it is named.
    pub name: String,
    /// The kubeconfig that has it; without one the files in `KUBECONFIG`, else `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// The namespace for what names none, and for the vantage; without one a run makes its own.
    pub namespace: Option<String>,
    /// Whether pods, claims and StatefulSets that the run itself applied may be killed, deleted and scaled.
    pub allow_disruption: bool,
    /// Whether nodes may be cordoned, and pods evicted from them.
    pub allow_node_faults: bool,
    /// How long the API server may take to answer the first question.
    pub answers_within: Duration,
}

impl ContextSpec {
    /// The cluster of this context, in which nothing is allowed yet but to look.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kubeconfig: None,
            namespace: None,
            allow_disruption: false,
            allow_node_faults: false,
            answers_within: Duration::from_secs(15),
        }
    }
}
