use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, Secret, ServiceAccount};
use kube::api::{AttachParams, AttachedProcess, DeleteParams, ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::io::AsyncReadExt;

use crate::cluster::{FIELD_MANAGER, Progress, WaitError, Watches, cause};

/// The image of the vantage where none is chosen: the shell, `nc` and `nslookup` of busybox are all it needs.
pub const DEFAULT_IMAGE: &str = "busybox:1.36";

const NAME: &str = "vantage";

/// What the pod is labelled with, and what it needs.
const LABEL: (&str, &str) = ("app.kubernetes.io/name", "stateproof-vantage");

/// How long a command in the vantage may take: a name that does not resolve takes `nslookup` up to 5 s a server.
const COMMAND_DEADLINE: Duration = Duration::from_secs(10);

/// A running vantage.
pub struct Vantage {
    client: Client,
    pods: Api<Pod>,
}

/// Why the vantage could not be used.
#[derive(Debug, Error)]
pub enum VantageError {
    /// It did not start.
    #[error("cannot start the vantage: {0}")]
    NotStarted(#[source] Box<kube::Error>),
    /// It cannot be taken away.
    #[error("cannot remove the vantage: {0}")]
    NotRemoved(#[source] Box<kube::Error>),
    /// It did not become Ready.
    #[error("cannot start the vantage: {0}")]
    NotReady(#[from] WaitError),
    /// The API server did not let a command be run in it.
    #[error("cannot run {command} in the vantage: {source}")]
    Exec {
        /// The command.
        command: String,
        /// What the API server said.
        source: Box<kube::Error>,
    },
    /// A command in it did not end in time.
    #[error("{command} in the vantage gave no answer within {} s", COMMAND_DEADLINE.as_secs())]
    TimedOut {
        /// The command.
        command: String,
    },
    /// Its output could not be read.
    #[error("lost the connection to {command} in the vantage: {source}")]
    Lost {
        /// The command.
        command: String,
        /// What the connection said.
        source: std::io::Error,
    },
}

impl Vantage {
    /// Asks for the pod, on a node of its own where one is named, cordoned or not. It starts while other things are done;
    /// see [`Vantage::ready`].
    ///
    /// # Errors
    /// [`VantageError::NotStarted`] when the API server refuses it.
    pub async fn start(
        client: &Client,
        namespace: &str,
        image: &str,
        node: Option<&str>,
    ) -> Result<Self, VantageError> {
        Self::start_with(client, namespace, image, node, &[]).await
    }

    /// The same with Secrets to pull the image with. A pod has those of its own namespace only: they are copied there,
    /// and are the set's own where that brings them to the same place.
    ///
    /// # Errors
    /// As for [`Vantage::start`].
    pub async fn start_with(
        client: &Client,
        namespace: &str,
        image: &str,
        node: Option<&str>,
        pull_secrets: &[&Value],
    ) -> Result<Self, VantageError> {
        let params = PatchParams::apply(FIELD_MANAGER).force();
        let refused = |error| VantageError::NotStarted(Box::new(error));
        // A service account of its own: the namespace's default one is made by a controller, some time later.
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": NAME, "namespace": namespace},
            "automountServiceAccountToken": false,
        });
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
        accounts
            .patch(NAME, &params, &Patch::Apply(&account))
            .await
            .map_err(refused)?;
        let (label, value) = LABEL;
        let mut pulled_with = Vec::new();
        for secret in pull_secrets {
            let name = secret["metadata"]["name"].as_str().unwrap_or_default();
            let mut copy = (*secret).clone();
            copy["metadata"] = json!({"name": name, "namespace": namespace, "labels": {label: value}});
            let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
            let applied = secrets.patch(name, &params, &Patch::Apply(&copy)).await;
            applied.map_err(refused)?;
            pulled_with.push(json!({"name": name}));
        }
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": NAME, "namespace": namespace, "labels": {label: value}},
            "spec": {
                "serviceAccountName": NAME,
                "imagePullSecrets": pulled_with,
                "nodeName": node,
                "enableServiceLinks": false,
                "terminationGracePeriodSeconds": 0,
                "containers": [{
                    "name": NAME,
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sleep", "86400"],
                    "securityContext": {
                        "allowPrivilegeEscalation": false,
                        "runAsNonRoot": true,
                        "runAsUser": 65534,
                        "capabilities": {"drop": ["ALL"]},
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                }],
            },
        });
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        pods.patch(NAME, &params, &Patch::Apply(&pod))
            .await
            .map_err(refused)?;
        Ok(Self {
            client: client.clone(),
            pods,
        })
    }

    /// Takes it away again, from a namespace that stays. One that is gone is fine.
    ///
    /// # Errors
    /// [`VantageError::NotRemoved`] when the API server refuses.
    pub async fn remove(client: &Client, namespace: &str) -> Result<(), VantageError> {
        let gone = |error: kube::Error| match error {
            kube::Error::Api(status) if status.code == 404 => Ok(()),
            error => Err(VantageError::NotRemoved(Box::new(error))),
        };
        let params = DeleteParams::default();
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        pods.delete(NAME, &params).await.map(drop).or_else(gone)?;
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
        accounts.delete(NAME, &params).await.map(drop).or_else(gone)?;
        let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
        let (label, value) = LABEL;
        let copies = ListParams::default().labels(&format!("{label}={value}"));
        let copies = secrets.list(&copies).await;
        for copy in copies.map_err(|error| VantageError::NotRemoved(Box::new(error)))? {
            secrets
                .delete(&copy.name_any(), &params)
                .await
                .map(drop)
                .or_else(gone)?;
        }
        Ok(())
    }

    /// Waits until it runs.
    ///
    /// # Errors
    /// [`VantageError::NotReady`] with the cause.
    pub async fn ready(
        &self,
        watches: &Watches,
        namespace: &str,
        deadline: Duration,
    ) -> Result<(), VantageError> {
        let check = |objects: &crate::cluster::Objects| match objects.pod(namespace, NAME) {
            Some((_, pod)) if pod.ready => Progress::Met(()),
            found => {
                let last = found.map_or("not there yet".to_owned(), |(_, pod)| pod.phase.clone());
                let cause = cause::pod_not_ready(objects, namespace, NAME);
                if cause.hopeless {
                    Progress::Hopeless {
                        last,
                        causes: cause.chain,
                    }
                } else {
                    Progress::Pending {
                        last,
                        causes: cause.chain,
                    }
                }
            }
        };
        watches
            .until(format!("Pod {NAME}"), "Ready", deadline, check)
            .await?;
        Ok(())
    }

    /// Runs a command and gives what it wrote to standard output and standard error.
    pub(super) async fn run(&self, argv: &[&str]) -> Result<(String, String), VantageError> {
        let command = argv.join(" ");
        let work = async {
            let params = AttachParams::default().stdin(false);
            let mut process = self.exec(argv, &params).await?;
            let (mut out, mut err) = (String::new(), String::new());
            let lost = |source| VantageError::Lost {
                command: command.clone(),
                source,
            };
            if let (Some(mut stdout), Some(mut stderr)) = (process.stdout(), process.stderr()) {
                tokio::try_join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err))
                    .map_err(lost)?;
            }
            Ok((out, err))
        };
        tokio::time::timeout(COMMAND_DEADLINE, work)
            .await
            .map_err(|_| VantageError::TimedOut {
                command: command.clone(),
            })?
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Begins a command.
    pub(super) async fn exec(
        &self,
        argv: &[&str],
        params: &AttachParams,
    ) -> Result<AttachedProcess, VantageError> {
        self.pods
            .exec(NAME, argv.iter().copied(), params)
            .await
            .map_err(|error| VantageError::Exec {
                command: argv.join(" "),
                source: Box::new(error),
            })
    }
}
