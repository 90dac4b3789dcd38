use std::time::Duration;

use super::{Provider, ProviderError};

/// The cluster's name when none is given.
pub const DEFAULT_NAME: &str = "stateproof";

/// The node image that `scripts/setup` builds on machines without a container registry. It is used when the local
/// Docker has it and no other image was asked for.
pub const STAND_IN_NODE: &str = "stateproof/node:v1.36.3";

/// kind appends `-control-plane` (14 characters), and a host name ends at 64.
const LONGEST_NAME: usize = 50;

/// The cluster that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSpec {
    /// What makes it.
    pub provider: Provider,
    /// Its name.
    pub name: String,
    /// The node image. Without it [`STAND_IN_NODE`] where the local Docker has that, else kind's own default.
    pub node_image: Option<String>,
    /// How many nodes: the first is the control plane, the others are workers.
    pub nodes: u32,
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
            nodes: 1,
            keep: false,
            lease: Duration::ZERO,
        }
    }
}

impl ClusterSpec {
    /// Whether it can be had at all.
    pub(super) fn validate(&self) -> Result<(), ProviderError> {
        validate_name(&self.name)?;
        if self.nodes == 0 {
            return Err(ProviderError::NoNodes);
        }
        Ok(())
    }
}

/// A DNS label: kind allows dots as well, but the name is also a directory of ours.
pub(super) fn validate_name(name: &str) -> Result<(), ProviderError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let inner = !name.starts_with('-') && !name.ends_with('-');
    if name.is_empty() || name.len() > LONGEST_NAME || !inner || !name.chars().all(allowed) {
        return Err(ProviderError::Name {
            name: name.to_owned(),
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
            assert!(validate_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "A", "-a", "a-", "a.b", &"x".repeat(51)] {
            assert!(validate_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cluster_has_nodes() {
        let none = ClusterSpec {
            nodes: 0,
            ..ClusterSpec::default()
        };
        assert!(matches!(none.validate(), Err(ProviderError::NoNodes)));
        assert!(ClusterSpec::default().validate().is_ok());
    }
}
