use std::time::Duration;

use super::{Layout, Provider, ProviderError};

/// The cluster's name when none is given.
pub const DEFAULT_NAME: &str = "stateproof";

/// The node image for kind that `scripts/setup` builds on machines without a container registry. It is used when the
/// local Docker has it and no other image was asked for. k3d's has the name of the image that it stands in for.
pub const STAND_IN_NODE: &str = "stateproof/node:v1.36.3";

/// The label on every node of ours. Not one of Kubernetes' recommended labels: a kubelet refuses to start with a
/// label under `kubernetes.io` that it does not know.
pub(super) const OWNER_KEY: &str = "stateproof.io/owner";
pub(super) const OWNER_VALUE: &str = "stateproof";

/// The cluster that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSpec {
    /// What makes it.
    pub provider: Provider,
    /// Its name.
    pub name: String,
    /// The node image. Without it the one that the configuration file names; else, for kind, [`STAND_IN_NODE`] where
    /// the local Docker has that and kind's own default where not, and for k3d the one of stateproof's own `k3d.yaml`.
    pub node_image: Option<String>,
    /// Its nodes. `None` is content with those of a cluster that is there, and creates one node.
    pub layout: Option<Layout>,
    /// Whether the cluster stays until it is removed by name: it then never expires.
    pub keep: bool,
    /// How long this process's use of it outlives the process, see [`super::Clusters::remove_expired`].
    pub lease: Duration,
}

impl Default for ClusterSpec {
    fn default() -> Self {
        Self {
            provider: Provider::default(),
            name: DEFAULT_NAME.to_owned(),
            node_image: None,
            layout: None,
            keep: false,
            lease: Duration::ZERO,
        }
    }
}

/// How long a cluster for tests outlives the process that used it last: long enough for the next test binary, and for
/// whoever runs a failed test again.
const TESTS_LEASE: Duration = Duration::from_mins(15);

impl ClusterSpec {
    /// The cluster that the tests of a crate share, each run of them and one after the other: named by
    /// `STATEPROOF_CLUSTER`, else `stateproof`, with the node image of `STATEPROOF_NODE_IMAGE`, if that is set, as the
    /// command has it. It is there for the next run until `stateproof gc` finds that nobody has used it for 15 minutes, or
    /// `stateproof down` removes it.
    ///
    /// ```
    /// use stateproof::cluster::provider::ClusterSpec;
    ///
    /// let spec = ClusterSpec::for_tests();
    /// assert!(!spec.keep && !spec.lease.is_zero());
    /// ```
    #[must_use]
    pub fn for_tests() -> Self {
        // A variable that is set to nothing asks for nothing.
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            name: set("STATEPROOF_CLUSTER").unwrap_or_else(|| DEFAULT_NAME.to_owned()),
            node_image: set("STATEPROOF_NODE_IMAGE"),
            lease: TESTS_LEASE,
            ..Self::default()
        }
    }

    /// Whether it can be had at all, whatever there is: nothing is asked of Docker.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Name`], [`ProviderError::NoNodes`] or [`ProviderError::OtherConfig`].
    ///
    /// ```
    /// use stateproof::cluster::provider::ClusterSpec;
    ///
    /// let spec = ClusterSpec { name: "Shop_1".into(), ..ClusterSpec::default() };
    /// assert!(spec.validate().unwrap_err().to_string().contains("lower-case letters"));
    /// ```
    pub fn validate(&self) -> Result<(), ProviderError> {
        validate_name(&self.name, self.provider.longest_name())?;
        match &self.layout {
            Some(Layout::Nodes(0)) => Err(ProviderError::NoNodes),
            Some(Layout::File(file)) if file.provider() != self.provider => Err(ProviderError::OtherConfig {
                path: file.path().to_owned(),
                provider: self.provider,
            }),
            _ => Ok(()),
        }
    }
}

/// The longest name that any provider takes.
pub(super) const LONGEST_NAME: usize = 50;

/// A DNS label: kind allows dots as well, but the name is also a directory of ours.
pub(super) fn validate_name(name: &str, longest: usize) -> Result<(), ProviderError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let inner = !name.starts_with('-') && !name.ends_with('-');
    if name.is_empty() || name.len() > longest || !inner || !name.chars().all(allowed) {
        return Err(ProviderError::Name {
            name: name.to_owned(),
            longest,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_directories_and_host_names() {
        for good in ["stateproof", "a", "a-1", &"x".repeat(50)] {
            assert!(validate_name(good, LONGEST_NAME).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "A", "-a", "a-", "a.b", &"x".repeat(51)] {
            assert!(validate_name(bad, LONGEST_NAME).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cluster_has_nodes() {
        let none = ClusterSpec {
            layout: Some(Layout::Nodes(0)),
            ..ClusterSpec::default()
        };
        assert!(matches!(none.validate(), Err(ProviderError::NoNodes)));
        assert!(ClusterSpec::default().validate().is_ok());
    }
}
