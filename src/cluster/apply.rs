use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::{self, ApiCapabilities, Scope};
use kube::{Api, Client, ResourceExt};
use thiserror::Error;

use super::{definitions, removal};
use crate::history::ObjectRef;
use crate::manifest::{Manifest, ManifestSet};
use crate::workload::WorkloadId;

/// The field manager under which everything is applied, and by which it is recognised later.
pub const FIELD_MANAGER: &str = "stateproof";

/// The policy that lets pods start whose image is a stand-in; the runs on a cluster share it, and it stays.
pub const STAND_INS_POLICY: &str = "stateproof-stand-ins";

/// A set of manifests whose every kind the cluster knows, ready to be applied.
pub struct Application {
    pub(super) client: Client,
    pub(super) objects: Vec<Object>,
    /// What is applied over them later, if anything.
    pub(super) next: Vec<Object>,
    /// The UIDs of what was applied: nothing else of the same name is ours to remove.
    made: Mutex<HashSet<String>>,
}

pub(super) struct Object {
    pub(super) resource: ApiResource,
    pub(super) namespace: Option<String>,
    pub(super) location: String,
    pub(super) body: DynamicObject,
}

/// Why manifests could not be applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The cluster serves no such kind, and the set brings none.
    #[error(
        "{location}: the cluster knows no kind {kind} in {api_version}: add its CustomResourceDefinition to the \
         manifests, or install what brings it"
    )]
    UnknownKind {
        /// `file:line:column` of the manifest.
        location: String,
        /// Its kind.
        kind: String,
        /// Its apiVersion.
        api_version: String,
    },
    /// The manifest is not an object with a name.
    #[error("{location}: {message}")]
    Malformed {
        /// `file:line:column` of the manifest.
        location: String,
        /// What is wrong with it.
        message: String,
    },
    /// The API server refused it.
    #[error("{location}: the API server refused {object}: {message}")]
    Refused {
        /// `file:line:column` of the manifest.
        location: String,
        /// Kind and name.
        object: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// An object without a namespace, of the same kind and name, is there already, and is not ours.
    #[error(
        "{location}: the cluster has {object} already, and stateproof did not make it: applying the set would take \
         it over, and removing the set would remove it"
    )]
    Taken {
        /// `file:line:column` of the manifest.
        location: String,
        /// Kind and name.
        object: String,
    },
    /// What a dead run has left cannot be taken away.
    #[error(transparent)]
    Left(#[from] super::NamespaceError),
    /// The API server does not serve a kind that the set brings.
    #[error("{location}: {object} is not Established after {waited_s} s: {last}")]
    NotEstablished {
        /// `file:line:column` of the manifest.
        location: String,
        /// Kind and name.
        object: String,
        /// How long it was waited for, in seconds.
        waited_s: u64,
        /// Its last condition.
        last: String,
    },
    /// An object of the set does not go.
    #[error("{object} is still there after {waited_s} s: {last}")]
    Stuck {
        /// Kind and name.
        object: String,
        /// How long it was waited for, in seconds.
        waited_s: u64,
        /// Its last state.
        last: String,
    },
    /// The API server could not be asked.
    #[error("cannot ask the API server: {0}")]
    Unreachable(#[source] Box<kube::Error>),
}

impl Application {
    /// Looks every kind of the set up, in apply order. Nothing is applied yet: a set with an unknown kind leaves the
    /// cluster as it was.
    ///
    /// # Errors
    /// [`ApplyError::UnknownKind`] with the manifest's place, unless the set itself defines the kind;
    /// [`ApplyError::Unreachable`].
    pub async fn prepare(
        client: &Client,
        set: &ManifestSet,
        default_namespace: &str,
    ) -> Result<Self, ApplyError> {
        Ok(Self {
            client: client.clone(),
            objects: looked_up(client, set, default_namespace).await?,
            next: Vec::new(),
            made: Mutex::default(),
        })
    }

    /// With another set that is applied over this one later.
    ///
    /// # Errors
    /// As for [`Application::prepare`].
    pub async fn with_next(
        mut self,
        next: &ManifestSet,
        default_namespace: &str,
    ) -> Result<Self, ApplyError> {
        self.next = looked_up(&self.client, next, default_namespace).await?;
        Ok(self)
    }

    /// Applies everything, in order, except other workloads' own objects: what the drills of one have taken away is
    /// no concern of another's.
    ///
    /// # Errors
    /// As for [`Application::apply`].
    pub async fn apply_for(
        &self,
        workload: &WorkloadId,
        applied: impl FnMut(ObjectRef),
    ) -> Result<(), ApplyError> {
        let objects = self.objects.iter().filter(|object| object.concerns(workload));
        self.apply_all(objects, applied).await
    }

    /// Applies the other set, as [`Application::apply_for`] does this one.
    ///
    /// # Errors
    /// As for [`Application::apply`].
    pub async fn apply_next_for(
        &self,
        workload: &WorkloadId,
        applied: impl FnMut(ObjectRef),
    ) -> Result<(), ApplyError> {
        let objects = self.next.iter().filter(|object| object.concerns(workload));
        self.apply_all(objects, applied).await
    }

    /// Applies everything, in order, with server-side apply: fields of others are left alone, conflicts are taken
    /// over, since the manifests are what is to be proven. A CustomResourceDefinition is waited for before anything that
    /// may be of its kind.
    ///
    /// # Errors
    /// [`ApplyError::Refused`] with the manifest's place and the server's words; [`ApplyError::NotEstablished`]. Objects
    /// before it stay applied.
    pub async fn apply(&self, applied: impl FnMut(ObjectRef)) -> Result<(), ApplyError> {
        self.apply_all(self.objects.iter(), applied).await
    }

    async fn apply_all(
        &self,
        objects: impl Iterator<Item = &Object>,
        mut applied: impl FnMut(ObjectRef),
    ) -> Result<(), ApplyError> {
        let params = PatchParams::apply(FIELD_MANAGER).force();
        let mut defined: Vec<&Object> = Vec::new();
        for object in objects {
            if definitions::defines(object) {
                defined.push(object);
            } else {
                for definition in defined.drain(..) {
                    definitions::established(&self.client, definition).await?;
                }
            }
            let name = object.body.name_any();
            let answer = object
                .api(&self.client)
                .patch(&name, &params, &Patch::Apply(&object.body))
                .await;
            let made = answer.map_err(|error| object.refused(error))?;
            self.made
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(made.uid());
            applied(ObjectRef {
                kind: object.resource.kind.clone(),
                namespace: made.namespace().unwrap_or_default(),
                uid: made.uid().unwrap_or_default(),
                name,
            });
        }
        Ok(())
    }

    /// Asks for the deletion of everything, in reverse order. What is gone already is fine.
    ///
    /// # Errors
    /// [`ApplyError::Refused`] for the first object that the API server keeps; the others are deleted all the same.
    pub async fn delete(&self) -> Result<(), ApplyError> {
        let mut first = Ok(());
        for object in self.all().rev() {
            match self.delete_one(object).await {
                Ok(()) => {}
                Err(kube::Error::Api(status)) if status.code == 404 => {}
                Err(error) => first = first.and(Err(object.refused(error))),
            }
        }
        first
    }

    async fn delete_one(&self, object: &Object) -> Result<(), kube::Error> {
        let (api, name) = (object.api(&self.client), object.body.name_any());
        if object.namespace.is_some() || object.resource.kind == "Namespace" {
            return api.delete(&name, &DeleteParams::background()).await.map(drop);
        }
        // There is one of a name in the whole cluster, and it may be somebody else's by now.
        let found = api.get_opt(&name).await?.and_then(|found| found.uid());
        match found.filter(|uid| self.has_made(uid)) {
            Some(uid) => match api.delete(&name, &removal::only(&uid)).await {
                Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
                answer => answer.map(drop),
            },
            None => Ok(()),
        }
    }

    /// The namespaces that the set's objects lie in.
    #[must_use]
    pub fn namespaces(&self) -> Vec<String> {
        let mut names: Vec<_> = self.all().filter_map(|object| object.namespace.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether it was applied here.
    pub(super) fn has_made(&self, uid: &str) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.contains(uid)
    }

    /// Whatever is applied sooner or later; what is in both sets twice.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &Object> {
        self.objects.iter().chain(&self.next)
    }
}

impl Object {
    fn new(
        manifest: &Manifest,
        resource: &ApiResource,
        capabilities: &ApiCapabilities,
        default_namespace: &str,
    ) -> Result<Self, ApplyError> {
        let location = manifest.locate("").to_string();
        let mut body: DynamicObject =
            serde_json::from_value(manifest.json().clone()).map_err(|error| ApplyError::Malformed {
                location: location.clone(),
                message: error.to_string(),
            })?;
        let namespace = (capabilities.scope == Scope::Namespaced)
            .then(|| body.namespace().unwrap_or_else(|| default_namespace.to_owned()));
        body.metadata.namespace.clone_from(&namespace);
        Ok(Self {
            resource: resource.clone(),
            namespace,
            location,
            body,
        })
    }

    /// Whether it is the workload's, or no other workload's.
    fn concerns(&self, workload: &WorkloadId) -> bool {
        let makes_pods = self.resource.group == "apps" || self.resource.kind == "Pod";
        let same =
            self.namespace.as_ref() == Some(&workload.namespace) && self.body.name_any() == workload.name;
        same || !makes_pods
    }

    pub(super) fn api(&self, client: &Client) -> Api<DynamicObject> {
        match &self.namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &self.resource),
            None => Api::all_with(client.clone(), &self.resource),
        }
    }

    pub(super) fn refused(&self, error: kube::Error) -> ApplyError {
        match error {
            kube::Error::Api(status) => ApplyError::Refused {
                location: self.location.clone(),
                object: format!("{} {}", self.resource.kind, self.body.name_any()),
                status: status.code,
                message: status.message,
            },
            other => ApplyError::Unreachable(Box::new(other)),
        }
    }
}

/// A set's objects with what the cluster knows of their kinds, in apply order.
async fn looked_up(
    client: &Client,
    set: &ManifestSet,
    default_namespace: &str,
) -> Result<Vec<Object>, ApplyError> {
    let brought = definitions::of_set(set);
    let mut known: HashMap<_, (ApiResource, ApiCapabilities)> = HashMap::new();
    let mut objects = Vec::new();
    for manifest in set.in_apply_order() {
        let kind = (manifest.api_version().to_owned(), manifest.kind().to_owned());
        if !known.contains_key(&kind) {
            let found = match brought.get(&kind) {
                Some(brought) => brought.clone(),
                None => resolve(client, manifest).await?,
            };
            known.insert(kind.clone(), found);
        }
        let (resource, capabilities) = &known[&kind];
        objects.push(Object::new(manifest, resource, capabilities, default_namespace)?);
    }
    Ok(objects)
}

async fn resolve(client: &Client, manifest: &Manifest) -> Result<(ApiResource, ApiCapabilities), ApplyError> {
    let (group, version) = manifest
        .api_version()
        .split_once('/')
        .unwrap_or(("", manifest.api_version()));
    let kind = GroupVersionKind::gvk(group, version, manifest.kind());
    discovery::pinned_kind(client, &kind)
        .await
        .map_err(|error| match error {
            kube::Error::Discovery(_) => unknown(manifest),
            kube::Error::Api(status) if status.code == 404 => unknown(manifest),
            other => ApplyError::Unreachable(Box::new(other)),
        })
}

fn unknown(manifest: &Manifest) -> ApplyError {
    ApplyError::UnknownKind {
        location: manifest.locate("").to_string(),
        kind: manifest.kind().to_owned(),
        api_version: manifest.api_version().to_owned(),
    }
}
