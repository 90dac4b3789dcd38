use std::collections::BTreeSet;

use kube::ResourceExt;

use super::apply::Object;
use super::context::rights::{IN_NAMESPACE, Right};
use super::removal::{self, REMOVAL_DEADLINE};
use super::{Application, ApplyError, namespace};

/// The set's objects that lie in no namespace, namespaces themselves not counted: StorageClasses, PersistentVolumes.
/// Nothing takes them away with it, and there is one of a name in the whole cluster.
impl Application {
    /// Their places, as [`super::provider::Cluster::lock_out`] takes them: `KIND.NAME`.
    #[must_use]
    pub fn cluster_scoped(&self) -> Vec<String> {
        let places = self
            .without_namespace()
            .map(|object| format!("{}.{}", object.resource.kind, object.body.name_any()));
        places.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Makes sure that none of them is there: what an earlier run left is removed, what others made is refused.
    ///
    /// # Errors
    /// [`ApplyError::Taken`] before anything is touched; [`ApplyError::Stuck`].
    pub async fn vacate_cluster_scope(&self) -> Result<(), ApplyError> {
        let mut left = Vec::new();
        for object in self.without_namespace() {
            let found = object.api(&self.client).get_opt(&object.body.name_any()).await;
            let Some(found) = found.map_err(|error| object.refused(error))? else {
                continue;
            };
            if !namespace::is_ours(&found) {
                return Err(ApplyError::Taken {
                    location: object.location.clone(),
                    object: named(object),
                });
            }
            let claimed_in = found.data.pointer("/spec/claimRef/namespace");
            let claimed_in = claimed_in.and_then(|name| name.as_str()).map(str::to_owned);
            left.push((object, found.uid().unwrap_or_default(), claimed_in));
        }
        for (object, uid, claimed_in) in left {
            // A volume does not go before its claim. Whoever made it is dead: its place would be locked.
            if let Some(namespace) = claimed_in {
                namespace::remove_left(&self.client, &namespace).await?;
            }
            remove(object, &uid, self).await?;
        }
        Ok(())
    }

    /// Makes sure that none of them is there, whoever made it: on a cluster of others nothing is removed that this run did
    /// not make.
    ///
    /// # Errors
    /// [`ApplyError::Taken`]; nothing has been touched.
    pub async fn find_cluster_scope_free(&self) -> Result<(), ApplyError> {
        self.find_free(self.without_namespace()).await
    }

    /// Makes sure that none of the set's objects is in a namespace that is there already: what may be in one that is lent
    /// (policies, roles, quotas) is its owner's.
    ///
    /// # Errors
    /// [`ApplyError::Taken`]; nothing has been touched.
    pub async fn find_namespace_free(&self, name: &str) -> Result<(), ApplyError> {
        let there = |object: &&Object| object.namespace.as_deref() == Some(name);
        self.find_free(self.all().filter(there)).await
    }

    /// What a run asks of the API server for the kinds of the set's objects, in a namespace or, without one, of the whole
    /// cluster: what every run asks for is not among it.
    #[must_use]
    pub fn rights(&self, namespace: Option<&str>) -> Vec<Right<'_>> {
        let objects = self
            .all()
            .filter(|object| object.namespace.as_deref() == namespace);
        let mut rights: Vec<Right<'_>> = Vec::new();
        for object in objects.filter(|object| object.resource.kind != "Namespace") {
            let (group, resource) = (&*object.resource.group, &*object.resource.plural);
            let same = |right: &Right<'_>| (right.group, right.resource) == (group, resource);
            let is_known = IN_NAMESPACE.iter().any(same) && namespace.is_some();
            if !is_known && !rights.iter().any(same) {
                rights.push(Right {
                    group,
                    resource,
                    verbs: &["get", "create", "patch", "delete"],
                });
            }
        }
        rights
    }

    async fn find_free(&self, objects: impl Iterator<Item = &Object>) -> Result<(), ApplyError> {
        for object in objects {
            let found = object.api(&self.client).get_opt(&object.body.name_any()).await;
            if found.map_err(|error| object.refused(error))?.is_some() {
                return Err(ApplyError::Taken {
                    location: object.location.clone(),
                    object: named(object),
                });
            }
        }
        Ok(())
    }

    /// The namespaces that the set itself brings.
    #[must_use]
    pub fn brought_namespaces(&self) -> Vec<String> {
        let names = self
            .all()
            .filter(|object| object.resource.kind == "Namespace")
            .map(|object| object.body.name_any());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Removes those that were applied and waits until they are gone: the next run may bring the same names.
    ///
    /// # Errors
    /// The first that does not go, [`ApplyError::Stuck`]; the others are removed all the same.
    pub async fn remove_cluster_scope(&self) -> Result<(), ApplyError> {
        let mut first = Ok(());
        for object in self.without_namespace() {
            let found = object.api(&self.client).get_opt(&object.body.name_any()).await;
            let removed = match found.map(|found| found.and_then(|found| found.uid())) {
                Ok(Some(uid)) if self.has_made(&uid) => remove(object, &uid, self).await,
                // Gone, or somebody else's.
                Ok(_) => Ok(()),
                Err(error) => Err(object.refused(error)),
            };
            first = first.and(removed);
        }
        first
    }

    fn without_namespace(&self) -> impl Iterator<Item = &Object> {
        self.all()
            .filter(|object| object.namespace.is_none() && object.resource.kind != "Namespace")
    }
}

async fn remove(object: &Object, uid: &str, application: &Application) -> Result<(), ApplyError> {
    let (api, name) = (object.api(&application.client), object.body.name_any());
    let removed = removal::remove(&api, &name, uid).await;
    let removed = removed.map_err(|error| object.refused(error))?;
    removed.map_err(|last| ApplyError::Stuck {
        object: named(object),
        waited_s: REMOVAL_DEADLINE.as_secs(),
        last,
    })
}

fn named(object: &Object) -> String {
    format!("{} {}", object.resource.kind, object.body.name_any())
}
