use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ProviderError;
use super::docker::{Container, Docker, refused};

/// A question to a node's container runtime.
const QUESTION: Duration = Duration::from_mins(1);

/// How long a node is tried to be frozen, and how long until the next try.
const FREEZING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_millis(100));

/// A node of a cluster of ours: a container of the local Docker.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name, in Kubernetes and in Docker.
    pub name: String,
    /// Its container's ID.
    pub container: String,
    docker: Docker,
}

/// `ctr` on a node, in the containerd namespace in which the kubelet has its containers.
pub(super) const CTR: [&str; 2] = ["ctr", "--namespace=k8s.io"];

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.container == other.container
    }
}

impl Node {
    pub(super) fn new(container: &Container, docker: &Docker) -> Self {
        Self {
            name: container.name().to_owned(),
            container: container.id.clone(),
            docker: docker.clone(),
        }
    }

    pub(super) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// The names of the images that its containerd has.
    pub(super) async fn images(&self) -> Result<BTreeSet<String>, ProviderError> {
        let names = self.ctr(&["images", "ls", "--quiet"]).await?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Kills the process of a pod's container with SIGKILL. One that has none is fine.
    ///
    /// # Errors
    ///
    /// When the node's container runtime cannot be asked.
    pub async fn kill(&self, pod_uid: &str, container: &str) -> Result<(), ProviderError> {
        let of_the_pod = format!(
            "labels.\"io.kubernetes.pod.uid\"=={pod_uid},labels.\"io.kubernetes.container.name\"=={container}"
        );
        let found = self.ctr(&["containers", "ls", "--quiet", &of_the_pod]).await?;
        for id in found.lines() {
            // It may have ended by itself meanwhile.
            if let Err(error) = self.kill_container(id).await {
                tracing::debug!("cannot kill {container}: {error}");
            }
        }
        Ok(())
    }

    /// Kills the process of the container with this ID with SIGKILL, and with it every process in the container.
    ///
    /// # Errors
    ///
    /// When the node's container runtime cannot be asked, or has no running process of that container.
    pub async fn kill_container(&self, id: &str) -> Result<(), ProviderError> {
        self.ctr(&["tasks", "kill", "--signal", "SIGKILL", id]).await?;
        Ok(())
    }

    /// Stands all its processes still, those of its pods among them: nothing on it answers any more, and nothing ends.
    ///
    /// # Errors
    ///
    /// When Docker refuses it.
    pub async fn pause(&self) -> Result<(), ProviderError> {
        let (within, between) = FREEZING;
        let begun = Instant::now();
        loop {
            let output = self
                .docker
                .tool()
                .output(&["pause", &self.container], QUESTION)
                .await?;
            if output.status.success() {
                return Ok(());
            }
            // With version 1 of the cgroups, a container whose processes are busy starting others may escape runc,
            // which gives up after a third of a second, lets all of it go on, and leaves trying anew to whoever asked:
            // https://github.com/opencontainers/runc/pull/4388
            if !output.stderr.contains("unable to freeze") || begun.elapsed() > within {
                return Err(refused(output));
            }
            tracing::debug!("{} could not be frozen yet", self.name);
            sleep(between).await;
        }
    }

    /// Lets a paused node go on. One that is not paused is fine.
    ///
    /// # Errors
    ///
    /// When Docker refuses it.
    pub async fn resume(&self) -> Result<(), ProviderError> {
        let this = [self.container.clone()];
        if !self.docker.paused(&this).await?.is_empty() {
            self.ask_docker(&["unpause", &self.container]).await?;
        }
        Ok(())
    }

    async fn ctr(&self, command: &[&str]) -> Result<String, ProviderError> {
        let mut args = vec!["exec", &self.container];
        args.extend(CTR);
        args.extend(command);
        self.ask_docker(&args).await
    }

    async fn ask_docker(&self, args: &[&str]) -> Result<String, ProviderError> {
        let output = self.docker.tool().output(args, QUESTION).await?;
        if !output.status.success() {
            return Err(refused(output));
        }
        Ok(output.stdout)
    }
}
