use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams, Preconditions};
use kube::runtime::wait::await_condition;
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cluster::namespace::refused;
use crate::cluster::{FIELD_MANAGER, NamespaceError};

/// The Lease's name, in every namespace that a run uses.
const NAME: &str = "stateproof";

/// How long a Lease holds after it was last renewed.
const HOLDS: Duration = Duration::from_secs(30);

/// How often it is renewed.
const RENEWED: Duration = Duration::from_secs(10);

/// The namespaces that a run has to itself on a cluster of others, as long as this lives.
pub struct Tenancy {
    client: Client,
    holder: String,
    held: Vec<Held>,
    renewals: JoinSet<()>,
    /// The namespaces whose Lease another run has by now.
    lost: watch::Sender<Vec<String>>,
}

#[derive(Debug)]
struct Held {
    namespace: String,
    uid: String,
    since: Option<Time>,
}

impl Tenancy {
    /// Of a run by this name, which holds nothing yet.
    #[must_use]
    pub fn of(client: &Client, run: &str) -> Self {
        Self {
            client: client.clone(),
            holder: run.to_owned(),
            held: Vec::new(),
            renewals: JoinSet::new(),
            lost: watch::Sender::default(),
        }
    }

    /// The run that it is of.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Since when a namespace is held, by the API server's clock.
    #[must_use]
    pub fn since(&self, namespace: &str) -> Option<Time> {
        let mut held = self.held.iter();
        held.find(|held| held.namespace == namespace)?.since.clone()
    }

    /// Waits until another run has a Lease that was this one's, as it may take it from a run that did not renew it for long
    /// enough: its machine was asleep, or the API server out of reach.
    pub fn lost(&self) -> impl Future<Output = NamespaceError> + use<> {
        let mut lost = self.lost.subscribe();
        async move {
            let first = lost.wait_for(|lost| !lost.is_empty()).await;
            match first.ok().and_then(|lost| lost.first().cloned()) {
                Some(namespace) => NamespaceError::Lost { namespace },
                None => std::future::pending().await,
            }
        }
    }

    /// Whether another run has the Lease of a namespace by now: nothing in it may be touched any more.
    #[must_use]
    pub fn has_lost(&self, namespace: &str) -> bool {
        self.lost.borrow().iter().any(|lost| lost == namespace)
    }

    /// Takes the Lease of a namespace in which nobody holds one, and renews it from then on. `dead` is the one that was
    /// seen to be a dead run's: whatever else is there by now is of a run that was quicker.
    ///
    /// # Errors
    /// [`NamespaceError::InUse`] when another run was quicker, [`NamespaceError::Refused`].
    pub(super) async fn take(
        &mut self,
        namespace: &str,
        dead: Option<Preconditions>,
    ) -> Result<(), NamespaceError> {
        let api: Api<Lease> = Api::namespaced(self.client.clone(), namespace);
        let refused = |source| refused(namespace, source);
        let in_use = || NamespaceError::InUse {
            namespace: namespace.to_owned(),
            holder: "which was quicker".to_owned(),
        };
        if let Some(dead) = dead {
            let params = DeleteParams::default().preconditions(dead);
            match api.delete(NAME, &params).await {
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(kube::Error::Api(status)) if status.code == 409 => return Err(in_use()),
                answer => answer.map(drop).map_err(refused)?,
            }
        }
        let params = PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PostParams::default()
        };
        let taken = match api.create(&params, &self.lease()).await {
            Ok(taken) => taken,
            Err(kube::Error::Api(status)) if status.code == 409 => return Err(in_use()),
            Err(error) => return Err(refused(error)),
        };
        let uid = taken.uid().unwrap_or_default();
        self.held.push(Held {
            namespace: namespace.to_owned(),
            uid: uid.clone(),
            since: taken.creation_timestamp(),
        });
        let (namespace, lost, client) = (namespace.to_owned(), self.lost.clone(), self.client.clone());
        self.renewals.spawn(async move {
            let mut turn = tokio::time::interval(RENEWED);
            loop {
                turn.tick().await;
                // Only this very one: see the API conventions, "Concurrency Control and Consistency".
                let renewed = json!({
                    "metadata": {"uid": uid},
                    "spec": {"renewTime": MicroTime(Timestamp::now())},
                });
                let answer = api
                    .patch(NAME, &PatchParams::default(), &Patch::Merge(renewed))
                    .await;
                match answer {
                    Ok(_) => {}
                    Err(kube::Error::Api(status)) if status.code == 409 => {
                        lost.send_modify(|lost| lost.push(namespace));
                        return;
                    }
                    // A namespace that is gone holds nothing to be kept from others: the run itself takes it away.
                    Err(kube::Error::Api(status)) if status.code == 404 => {
                        if !goes(&client, &namespace).await {
                            tracing::warn!("the Lease of namespace {namespace} is gone");
                        }
                        return;
                    }
                    // The next turn tries again.
                    Err(error) => {
                        tracing::warn!("cannot renew the Lease of namespace {namespace}: {error}");
                    }
                }
            }
        });
        Ok(())
    }

    /// Gives the Leases back.
    ///
    /// # Errors
    /// [`NamespaceError::Refused`]: the first, after all were tried.
    pub async fn give_back(mut self) -> Result<(), NamespaceError> {
        self.renewals.shutdown().await;
        let mut first = Ok(());
        for held in &self.held {
            let api: Api<Lease> = Api::namespaced(self.client.clone(), &held.namespace);
            let params = DeleteParams {
                preconditions: Some(Preconditions {
                    uid: Some(held.uid.clone()),
                    resource_version: None,
                }),
                ..DeleteParams::default()
            };
            let gone = match api.delete(NAME, &params).await {
                Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
                answer => answer
                    .map(drop)
                    .map_err(|source| refused(&held.namespace, source)),
            };
            first = first.and(gone);
        }
        first
    }

    fn lease(&self) -> Lease {
        let now = MicroTime(Timestamp::now());
        Lease {
            metadata: ObjectMeta {
                name: Some(NAME.to_owned()),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.holder.clone()),
                lease_duration_seconds: i32::try_from(HOLDS.as_secs()).ok(),
                acquire_time: Some(now.clone()),
                renew_time: Some(now),
                ..LeaseSpec::default()
            }),
        }
    }
}

/// Who holds the Lease of a namespace.
#[derive(Debug)]
pub enum Holder {
    /// A run that lives, in words.
    Somebody(String),
    /// Nobody; the Lease that a dead run has left, as it was seen.
    Nobody(Option<Preconditions>),
}

/// Who holds the Lease of a namespace, if somebody alive does.
///
/// One that was renewed lately is alive. The clocks of two machines may differ, so one that was not is watched for as long
/// as it would hold: whoever lives renews it meanwhile, as Kubernetes' own leader election has it. So is a namespace
/// that has none yet although a run has made it, where `made` says so.
///
/// # Errors
/// [`NamespaceError::Refused`].
pub async fn holder(client: &Client, namespace: &str, made: bool) -> Result<Holder, NamespaceError> {
    let api: Api<Lease> = Api::namespaced(client.clone(), namespace);
    let found = api.get_opt(NAME).await;
    let found = found.map_err(|source| refused(namespace, source))?;
    let seen = match &found {
        Some(lease) if is_fresh(lease) => return Ok(Holder::Somebody(words(lease))),
        None if !made => return Ok(Holder::Nobody(None)),
        found => found.as_ref().and_then(ResourceExt::resource_version),
    };
    let changed = move |lease: Option<&Lease>| lease.and_then(ResourceExt::resource_version) != seen;
    match tokio::time::timeout(HOLDS, await_condition(api, NAME, changed)).await {
        // It went: a run that has just ended is no longer in the way.
        Ok(Ok(None)) => Ok(Holder::Nobody(None)),
        Err(_) => Ok(Holder::Nobody(found.map(|dead| Preconditions {
            uid: dead.uid(),
            resource_version: dead.resource_version(),
        }))),
        Ok(Ok(Some(lease))) => Ok(Holder::Somebody(words(&lease))),
        Ok(Err(error)) => Ok(Holder::Somebody(format!(
            "of which nothing can be learnt: {error}"
        ))),
    }
}

/// Whether a namespace is gone, or is being taken away.
async fn goes(client: &Client, namespace: &str) -> bool {
    match Api::<Namespace>::all(client.clone()).get_opt(namespace).await {
        Ok(found) => found.is_none_or(|found| found.metadata.deletion_timestamp.is_some()),
        Err(_) => false,
    }
}

fn is_fresh(lease: &Lease) -> bool {
    let renewed = lease.spec.as_ref().and_then(|spec| spec.renew_time.as_ref());
    renewed.is_some_and(|MicroTime(renewed)| {
        let age = Timestamp::now().duration_since(*renewed);
        age.unsigned_abs() < HOLDS
    })
}

fn words(lease: &Lease) -> String {
    let spec = lease.spec.as_ref();
    let holder = spec.and_then(|spec| spec.holder_identity.as_deref());
    let holder = holder.unwrap_or("of which the name is not known");
    match spec.and_then(|spec| spec.renew_time.as_ref()) {
        Some(MicroTime(renewed)) => format!("{holder}, last heard of at {renewed:.0}"),
        None => holder.to_owned(),
    }
}
