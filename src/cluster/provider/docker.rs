use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::path::find_on_path;
use super::tool::{Output, Tool};
use super::{Provider, ProviderError};

/// A question to the engine. It answers in milliseconds, unless it is busy copying a node's volume.
const QUESTION: Duration = Duration::from_mins(1);

/// How often it is tried whether a container's name is free: the engine has no event for it.
const NAME_TRIED_EVERY: Duration = Duration::from_millis(100);

/// The Docker engine, through its command line.
#[derive(Clone, Debug)]
pub(super) struct Docker {
    tool: Tool,
}

/// A container, as `docker inspect` shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Container {
    pub(super) id: String,
    /// Begins with a slash.
    name: String,
    pub(super) created: Timestamp,
    pub(super) state: ContainerState,
    pub(super) config: ContainerConfig,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerState {
    pub(super) running: bool,
    #[serde(default)]
    paused: bool,
    /// A restart changes it. Compared only, so it stays text.
    pub(super) started_at: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerConfig {
    /// The image by the name that it was asked for.
    pub(super) image: String,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(rename = "Type")]
    kind: String,
    /// A volume's name; bind mounts have none.
    #[serde(default)]
    name: String,
}

impl Container {
    pub(super) fn name(&self) -> &str {
        self.name.trim_start_matches('/')
    }

    pub(super) fn label(&self, key: &str) -> Option<&str> {
        Some(self.config.labels.as_ref()?.get(key)?.as_str())
    }

    /// The volumes that were made for it.
    pub(super) fn volumes(&self) -> impl Iterator<Item = &str> {
        self.mounts
            .iter()
            .filter(|mount| mount.kind == "volume")
            .map(|mount| mount.name.as_str())
    }
}

/// An image, as `docker image inspect` shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Image {
    pub(super) id: String,
    #[serde(default)]
    pub(super) repo_tags: Vec<String>,
    config: Option<ImageConfig>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ImageConfig {
    labels: Option<BTreeMap<String, String>>,
}

impl Image {
    /// What it really contains, where it is a stand-in built by `scripts/setup`.
    pub(super) fn stand_in(&self) -> Option<&str> {
        let labels = self.config.as_ref()?.labels.as_ref()?;
        labels.get("io.stateproof.stand-in-for")?;
        Some(
            labels
                .get("io.stateproof.contains")
                .map_or("contents not stated", String::as_str),
        )
    }
}

/// A network, as `docker network inspect` shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Network {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) labels: Option<BTreeMap<String, String>>,
}

/// A volume, as `docker volume inspect` shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Volume {
    pub(super) labels: Option<BTreeMap<String, String>>,
}

impl Docker {
    /// # Errors
    ///
    /// [`ProviderError::DockerMissing`].
    pub(super) fn find() -> Result<Self, ProviderError> {
        let program = find_on_path("docker").ok_or(ProviderError::DockerMissing)?;
        Ok(Self {
            tool: Tool::new("docker", program),
        })
    }

    pub(super) fn tool(&self) -> &Tool {
        &self.tool
    }

    /// The containers of a provider's cluster of that name, running or not, the control plane first.
    pub(super) async fn containers(
        &self,
        provider: Provider,
        cluster: &str,
    ) -> Result<Vec<Container>, ProviderError> {
        let filter = format!("label={}={cluster}", provider.label());
        let ids = self.container_ids(&filter).await?;
        let mut containers: Vec<Container> = self.inspect("container", &ids).await?;
        provider.sort(&mut containers);
        Ok(containers)
    }

    /// Whether any container is attached to the network, running or not.
    pub(super) async fn is_used(&self, network: &str) -> Result<bool, ProviderError> {
        Ok(!self
            .container_ids(&format!("network={network}"))
            .await?
            .is_empty())
    }

    /// Those of the containers that are paused.
    pub(super) async fn paused(&self, ids: &[String]) -> Result<Vec<String>, ProviderError> {
        let containers: Vec<Container> = self.inspect("container", ids).await?;
        let paused = containers.into_iter().filter(|container| container.state.paused);
        Ok(paused.map(|container| container.id).collect())
    }

    async fn container_ids(&self, filter: &str) -> Result<Vec<String>, ProviderError> {
        let out = self
            .ask(&["ps", "--all", "--quiet", "--no-trunc", "--filter", filter])
            .await?;
        Ok(out.lines().map(str::to_owned).collect())
    }

    /// Those of the named images that the engine has.
    pub(super) async fn images(&self, names: &[String]) -> Result<Vec<Image>, ProviderError> {
        self.inspect("image", names).await
    }

    /// The network, if there is one.
    pub(super) async fn network(&self, name: &str) -> Result<Option<Network>, ProviderError> {
        Ok(self.inspect("network", &[name.to_owned()]).await?.pop())
    }

    pub(super) async fn remove_network(&self, id: &str) -> Result<(), ProviderError> {
        self.ask(&["network", "rm", id]).await.map(drop)
    }

    /// The volume, if there is one.
    pub(super) async fn volume(&self, name: &str) -> Result<Option<Volume>, ProviderError> {
        Ok(self.inspect("volume", &[name.to_owned()]).await?.pop())
    }

    pub(super) async fn remove_volume(&self, name: &str) -> Result<(), ProviderError> {
        self.ask(&["volume", "rm", name]).await.map(drop)
    }

    /// The names of all volumes.
    pub(super) async fn volumes(&self) -> Result<Vec<String>, ProviderError> {
        let out = self.ask(&["volume", "ls", "--quiet"]).await?;
        Ok(out.lines().map(str::to_owned).collect())
    }

    /// Whether the engine runs containers under cgroup v1.
    pub(super) async fn has_cgroup_v1(&self) -> Result<bool, ProviderError> {
        let out = self.ask(&["info", "--format", "{{.CgroupVersion}}"]).await?;
        Ok(out.trim() == "1")
    }

    /// A file of a container, which need not run; none when it has no such file.
    pub(super) async fn read(&self, container: &str, path: &str) -> Result<Option<String>, ProviderError> {
        // A tar archive with the file's text in it, which is all that is asked of it.
        let output = self
            .tool
            .output(&["cp", &format!("{container}:{path}"), "-"], QUESTION)
            .await?;
        if output.status.success() {
            return Ok(Some(output.stdout));
        }
        if says_absent(&output.stderr) {
            Ok(None)
        } else {
            Err(refused(output))
        }
    }

    /// Waits until no container of this name is being made: there is one, or the name is free. Only by taking it is
    /// that found out; the container that takes it is removed at once, and carries the label in case it is not.
    pub(super) async fn name_settled(
        &self,
        name: &str,
        image: &str,
        label: &str,
    ) -> Result<(), ProviderError> {
        let mut tries = tokio::time::interval(NAME_TRIED_EVERY);
        loop {
            tries.tick().await;
            let there: Vec<Container> = self.inspect("container", &[name.to_owned()]).await?;
            if !there.is_empty() {
                return Ok(());
            }
            let create = ["create", "--name", name, "--label", label, image];
            let output = self.tool.output(&create, QUESTION).await?;
            if output.status.success() {
                return self.ask(&["rm", "--volumes", name]).await.map(drop);
            }
            if !output.stderr.contains("is already in use") {
                return Err(refused(output));
            }
        }
    }

    async fn ask(&self, args: &[&str]) -> Result<String, ProviderError> {
        let output = self.tool.output(args, QUESTION).await?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(refused(output))
        }
    }

    /// Inspects objects; those that do not exist are left out.
    async fn inspect<T: DeserializeOwned>(
        &self,
        kind: &str,
        names: &[String],
    ) -> Result<Vec<T>, ProviderError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = vec![kind, "inspect", "--format", "{{json .}}", "--"];
        args.extend(names.iter().map(String::as_str));
        let output = self.tool.output(&args, QUESTION).await?;
        if !output.status.success() && !says_absent(&output.stderr) {
            return Err(refused(output));
        }
        let parse = |line: &str| {
            serde_json::from_str(line).map_err(|error| ProviderError::Answer {
                command: output.command.clone(),
                reason: format!("{error} in {line}"),
            })
        };
        // A blank line stands in for what is not there.
        output
            .stdout
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(parse)
            .collect()
    }
}

/// Every line of standard error says that something does not exist.
fn says_absent(stderr: &str) -> bool {
    let absent = |line: &str| {
        let line = line.to_lowercase();
        line.contains("no such") || line.contains("could not find the file") || line.contains("not found")
    };
    !stderr.is_empty() && stderr.lines().all(absent)
}

/// The error of a failed command; that of an engine that does not answer says what to do.
pub(super) fn refused(output: Output) -> ProviderError {
    const UNREACHABLE: [&str; 4] = [
        "Cannot connect to the Docker daemon",
        "failed to connect to the docker API",
        "permission denied while trying to connect",
        "error during connect",
    ];
    match output
        .stderr
        .lines()
        .find(|line| UNREACHABLE.iter().any(|sign| line.contains(sign)))
    {
        Some(line) => ProviderError::DockerUnreachable {
            detail: line.to_owned(),
        },
        None => output.into_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_told_from_other_failures() {
        assert!(says_absent(
            "Error: No such image: a:1\nError: No such image: b:1"
        ));
        assert!(says_absent("Error response from daemon: network x not found"));
        assert!(!says_absent(
            "Error: No such image: a:1\nError response from daemon: disk full"
        ));
        assert!(!says_absent(""));
    }

    /// The engine's own words, from Docker 20.10 to 28.
    #[tokio::test]
    async fn an_engine_that_does_not_answer_is_told_from_one_that_refuses() {
        let shell = Tool::new("sh", "/bin/sh".into());
        let fail = async |stderr: &str| {
            let script = format!("echo '{stderr}' >&2; exit 1");
            refused(shell.output(&["-c", &script], QUESTION).await.unwrap())
        };
        for silent in [
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "error during connect: Get http://x/v1.41/containers/json: dial tcp: lookup x",
        ] {
            let error = fail(silent).await;
            assert!(
                matches!(&error, ProviderError::DockerUnreachable { detail } if detail == silent),
                "{error}"
            );
            assert!(
                error.to_string().contains("start Docker, or run scripts/setup"),
                "{error}"
            );
        }
        assert!(matches!(
            fail("Error response from daemon: disk full").await,
            ProviderError::Failed { .. }
        ));
    }

    #[test]
    fn a_container_is_read_from_what_docker_shows() {
        let shown = r#"{"Id":"abc","Created":"2026-11-21T12:00:00.5Z","Name":"/x-control-plane",
            "State":{"Status":"running","Running":true,"StartedAt":"2026-11-21T12:00:01Z"},
            "Mounts":[{"Type":"volume","Name":"v1","Destination":"/var"},
                      {"Type":"bind","Source":"/lib/modules","Destination":"/lib/modules"}],
            "Config":{"Image":"kindest/node:v1.36.3","Labels":{}}}"#;
        let container: Container = serde_json::from_str(shown).unwrap();
        assert_eq!(container.name(), "x-control-plane");
        assert_eq!(container.volumes().collect::<Vec<_>>(), ["v1"]);
        assert!(container.state.running);
    }

    #[test]
    fn a_stand_in_says_what_it_contains() {
        let image = |labels: &str| -> Image {
            serde_json::from_str(&format!(
                r#"{{"Id":"sha256:1","RepoTags":["a:1"],"Config":{{"Labels":{labels}}}}}"#
            ))
            .unwrap()
        };
        let labelled = image(
            r#"{"io.stateproof.stand-in-for":"postgres:16","io.stateproof.contains":"PostgreSQL 16.9"}"#,
        );
        assert_eq!(labelled.stand_in(), Some("PostgreSQL 16.9"));
        assert_eq!(image(r#"{"io.stateproof.contains":"x"}"#).stand_in(), None);
        assert_eq!(image("null").stand_in(), None);
    }
}
