use serde::{Deserialize, Serialize};

/// What a verdict and a report say of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterFacts {
    /// `kind`, `k3d` or `context`.
    pub provider: String,
    /// The cluster's name.
    pub name: String,
    /// The API server's version.
    pub kubernetes: String,
    /// Its nodes' names.
    pub nodes: Vec<String>,
    /// The images that the run needs, and what really stands behind their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageFact>,
}

/// An image name and what stands behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFact {
    /// The name that asked for it.
    pub name: String,
    /// What it really contains, where it is a stand-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<String>,
}
