use std::time::Duration;

use super::Provider;
use super::tool::{Output, Tool};

/// A program that says its version does nothing else.
const ANSWERING: Duration = Duration::from_secs(10);

impl Provider {
    /// The version of its command that stateproof is tried with, and that `scripts/setup` installs.
    fn tried(self) -> &'static str {
        match self {
            Self::Kind => "v0.33.0",
            Self::K3d => "v5.8.3",
        }
    }

    /// What is to be known of a command that makes a cluster: nothing where its version is the one that was tried. What
    /// is on PATH is the user's choice, and is used whatever it is.
    pub(super) async fn untried(self, tool: &Tool) -> Option<String> {
        let said = tool.output(&["version"], ANSWERING).await;
        let said = said.and_then(Output::success).unwrap_or_default();
        let tried = self.tried();
        match version_in(&said) {
            Some(version) if version == tried => None,
            Some(version) => Some(format!(
                "the cluster was made by {self} {version}; stateproof was tried with {tried}"
            )),
            None => Some(format!(
                "the cluster was made by a {self} that does not say its version; stateproof was tried with {tried}"
            )),
        }
    }
}

/// `kind v0.33.0 go1.26.0 linux/amd64`, `k3d version v5.8.3`.
fn version_in(said: &str) -> Option<&str> {
    let digit = |word: &&str| {
        word.strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    said.split_whitespace().find(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_the_commands_words() {
        for (said, version) in [
            ("kind v0.33.0 go1.26.0 linux/amd64\n", Some("v0.33.0")),
            (
                "k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)\n",
                Some("v5.8.3"),
            ),
            ("k3d version dev\n", None),
            ("", None),
        ] {
            assert_eq!(version_in(said), version, "{said}");
        }
    }

    /// What set-up installs, and what is told to be tried, is one version.
    #[test]
    fn the_scripts_install_the_version_that_is_tried() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for (provider, variable) in [(Provider::Kind, "KIND_VERSION"), (Provider::K3d, "K3D_VERSION")] {
            let script = std::fs::read_to_string(root.join(format!("scripts/lib/{provider}.sh"))).unwrap();
            let line = format!("{variable}={}", provider.tried());
            assert!(script.lines().any(|one| one == line), "{line}");
        }
    }
}
