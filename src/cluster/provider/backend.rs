use std::fmt;

use serde::{Deserialize, Serialize};

/// What makes a cluster out of containers of the local Docker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provider {
    /// [kind](https://kind.sigs.k8s.io).
    #[default]
    Kind,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kind => "kind",
        })
    }
}
