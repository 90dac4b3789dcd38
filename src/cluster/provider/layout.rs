use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde_json::Value;
use thiserror::Error;

use super::{Provider, k3d, kind};
use crate::manifest::{Problem, Settings};

/// Which nodes a cluster has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// So many: the first is the control plane, the others are workers.
    Nodes(u32),
    /// Those of a configuration file.
    File(ConfigFile),
}

/// A provider's own configuration file: `kind.yaml` or `k3d.yaml`.
///
/// What stateproof needs of a cluster is added when one is created: a label on every node, the kubelet's consent to
/// version 1 of cgroups, and the image, where the file does not name one.
///
/// ```
/// use std::path::Path;
///
/// use stateproof::cluster::provider::{ClusterSpec, ConfigFile, Layout, Provider};
///
/// # fn main() -> Result<(), stateproof::manifest::Problem> {
/// let file = ConfigFile::read(Provider::K3d, Path::new("k3d.yaml"))?;
/// assert_eq!(file.nodes(), 2);
/// let spec = ClusterSpec {
///     provider: Provider::K3d,
///     layout: Some(Layout::File(file)),
///     ..ClusterSpec::default()
/// };
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    provider: Provider,
    path: PathBuf,
    settings: Settings,
    name: Option<String>,
    nodes: usize,
}

/// What can be wrong with a provider's configuration file.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// It is no configuration file of this provider.
    #[error("not a configuration of {provider}: {is} where `{kind}` of `{api_version}` was expected")]
    #[diagnostic(
        code(stateproof::provider::foreign_config),
        help("`--cluster` names the provider, `--cluster-config` its configuration file")
    )]
    Foreign {
        /// The provider that was asked for.
        provider: Provider,
        /// What the file says it is.
        is: String,
        /// The `kind` that was expected.
        kind: &'static str,
        /// The `apiVersion` that was expected.
        api_version: &'static str,
    },
    /// The provider does not take it.
    #[error("{provider} does not take this configuration: {reason}")]
    #[diagnostic(code(stateproof::provider::refused_config))]
    Refused {
        /// The provider.
        provider: Provider,
        /// Its words.
        reason: String,
    },
}

impl ConfigFile {
    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is not one YAML document, is not this provider's, or has a field of another type than
    /// stateproof knows. What else is wrong with it, the provider says when a cluster is created.
    pub fn read(provider: Provider, path: &Path) -> Result<Self, Problem> {
        Self::of(provider, path, Settings::read(path)?)
    }

    /// The provider's file in this directory, `kind.yaml` or `k3d.yaml`, if there is one.
    ///
    /// # Errors
    ///
    /// As [`ConfigFile::read`].
    pub fn find(provider: Provider, directory: &Path) -> Result<Option<Self>, Problem> {
        let path = directory.join(format!("{provider}.yaml"));
        // One that is there and cannot be read is not passed over.
        match path.try_exists() {
            Ok(false) => Ok(None),
            _ => Self::read(provider, &path).map(Some),
        }
    }

    fn of(provider: Provider, path: &Path, settings: Settings) -> Result<Self, Problem> {
        let (api_version, kind) = match provider {
            Provider::Kind => kind::CONFIG,
            Provider::K3d => k3d::CONFIG,
        };
        let text = |field: &str| settings.json().get(field).and_then(Value::as_str);
        let is = (text("apiVersion"), text("kind"));
        if is != (Some(api_version), Some(kind)) {
            let field = if is.0 == Some(api_version) {
                "/kind"
            } else {
                "/apiVersion"
            };
            let error = ConfigError::Foreign {
                provider,
                is: format!("`{}` of `{}`", is.1.unwrap_or_default(), is.0.unwrap_or_default()),
                kind,
                api_version,
            };
            return Err(Problem::new(error).at(settings.locate(field), "here"));
        }
        let (name, nodes) = match provider {
            Provider::Kind => kind::known(&settings)?,
            Provider::K3d => k3d::known(&settings)?,
        };
        Ok(Self {
            provider,
            path: path.to_owned(),
            settings,
            name,
            nodes,
        })
    }

    /// Whose it is.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name that it gives the cluster.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How many nodes it asks for.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    pub(super) fn json(&self) -> &Value {
        self.settings.json()
    }

    /// What the provider said against it, at the first field that it names.
    pub(super) fn refused(&self, words: &str) -> Problem {
        let reason = complaint(words);
        let place = reason
            .split(|c: char| !c.is_alphanumeric())
            // What these two say was looked at before, and they are words of any message.
            .filter(|word| !matches!(*word, "" | "kind" | "apiVersion"))
            .find_map(|word| self.settings.locate_key(word))
            .unwrap_or_else(|| self.settings.locate(""));
        let provider = self.provider;
        Problem::new(ConfigError::Refused { provider, reason }).at(place, "here")
    }
}

/// A tool's error without what it wrote before, and without the lines' numbers: they are not those of the file.
fn complaint(words: &str) -> String {
    let begins = |line: &&str| ["ERROR", "FATA"].iter().any(|sign| line.starts_with(sign));
    let from = words.lines().position(|line| begins(&line)).unwrap_or(0);
    let number = |line: &str| {
        let (digits, rest) = line.trim_start().strip_prefix("line ")?.split_once(": ")?;
        let only_digits = digits.chars().all(|c| c.is_ascii_digit());
        only_digits.then(|| rest.to_owned())
    };
    let lines = words.lines().skip(from);
    let lines = lines.map(|line| number(line).unwrap_or_else(|| line.trim().to_owned()));
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_tools_words_its_error_is_kept() {
        // From kind v0.33.0 and k3d v5.8.3.
        let kind = "cgroup v1 is deprecated in Kubernetes\n\
            ERROR: failed to create cluster: unable to decode config: yaml: unmarshal errors:\n  \
            line 12: field lables not found in type v1alpha4.Node";
        assert_eq!(
            complaint(kind),
            "ERROR: failed to create cluster: unable to decode config: yaml: unmarshal errors:; \
             field lables not found in type v1alpha4.Node"
        );
        let k3d = "FATA[0000] Schema Validation failed for config file -: - (root): Additional property agnets is not allowed";
        assert_eq!(complaint(k3d), k3d);
    }
}
