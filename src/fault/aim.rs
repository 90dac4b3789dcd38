use futures::future::join_all;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::{DeleteParams, Preconditions};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::cordon::cordon;
use super::evict::evict;
use super::scale::scale;
use super::template::change;
use crate::history::{Fault, ObjectRef};

/// A fault and the objects it is aimed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aim {
    /// What will be done.
    pub fault: Fault,
    /// To what.
    pub targets: Vec<ObjectRef>,
    /// What must be gone before the drill goes on; empty where the drill goes on at once.
    pub until_gone: Vec<ObjectRef>,
    /// What the pods' template is changed to, in its strategic merge patch; none where it stays.
    pub template: Option<Value>,
}

/// Why a fault could not be done.
#[derive(Debug, Error)]
pub enum FaultError {
    /// There is nothing to do it to.
    #[error("cannot {fault}: there is no {object}")]
    NoTarget {
        /// The fault.
        fault: Fault,
        /// What should be there.
        object: String,
    },
    /// It is so already, by somebody else's doing, which must not be undone afterwards.
    #[error("cannot {fault}: {object} is {state} already")]
    Already {
        /// The fault.
        fault: Fault,
        /// The object.
        object: String,
        /// How it is.
        state: &'static str,
    },
    /// It is asked of a database's server or of a node, not of the cluster's.
    #[error("cannot {fault} through the API server")]
    NotTheClusters {
        /// The fault.
        fault: Fault,
    },
    /// The API server refused it.
    #[error("cannot {fault}: the API server refused: {source}")]
    Refused {
        /// The fault.
        fault: Fault,
        /// What it said.
        source: Box<kube::Error>,
    },
}

impl Aim {
    /// Does it, to all targets at once: returns when the API server has accepted it, not when it has come to pass.
    ///
    /// The UID goes with every request: should another object have taken a target's name meanwhile, the API server
    /// refuses (Kubernetes API, `Preconditions`).
    ///
    /// # Errors
    /// [`FaultError::Refused`].
    pub async fn carry_out(&self, client: &Client) -> Result<(), FaultError> {
        let all = join_all(self.targets.iter().map(|target| self.hit(client, target))).await;
        all.into_iter().collect()
    }

    async fn hit(&self, client: &Client, target: &ObjectRef) -> Result<(), FaultError> {
        let fault = self.fault;
        let done = match self.fault {
            Fault::DeletePod | Fault::DeletePods => delete::<Pod>(client, target, None).await,
            Fault::ForceDelete => delete::<Pod>(client, target, Some(0)).await,
            Fault::DeleteStatefulset => delete::<StatefulSet>(client, target, None).await,
            Fault::DeleteClaims => delete::<PersistentVolumeClaim>(client, target, None).await,
            Fault::Scale { replicas } => scale(client, target, replicas).await,
            Fault::Restart | Fault::Undo | Fault::BreakImage | Fault::MendImage => {
                let same = Value::default();
                change(client, target, self.template.as_ref().unwrap_or(&same)).await
            }
            Fault::Evict => evict(client, target).await,
            Fault::Cordon => cordon(client, target, true).await,
            Fault::Uncordon => cordon(client, target, false).await,
            Fault::Upgrade | Fault::StepDown | Fault::Crash | Fault::PauseNode | Fault::ResumeNode => {
                return Err(FaultError::NotTheClusters { fault });
            }
        };
        done.map_err(|source| FaultError::Refused {
            fault,
            source: Box::new(source),
        })
    }
}

async fn delete<K>(client: &Client, target: &ObjectRef, grace_seconds: Option<u32>) -> Result<(), kube::Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(client.clone(), &target.namespace);
    let params = DeleteParams {
        grace_period_seconds: grace_seconds,
        preconditions: Some(Preconditions {
            uid: Some(target.uid.clone()),
            resource_version: None,
        }),
        ..DeleteParams::background()
    };
    api.delete(&target.name, &params).await.map(drop)
}
