use kube::ResourceExt;
use kube::api::DeleteParams;

use super::apply::Object;
use super::removal::{REMOVAL_DEADLINE, is_gone};
use super::{Application, ApplyError, FIELD_MANAGER, namespace};

/// The set's objects that lie in no namespace, namespaces themselves not counted: StorageClasses, PersistentVolumes.
/// Nothing takes them away with it, and there is one of a name in the whole cluster.
impl Application {
    /// Their places, as [`super::provider::Cluster::lock_out`] takes them: `KIND.NAME`.
    #[must_use]
    pub fn cluster_scoped(&self) -> Vec<String> {
        self.without_namespace()
            .map(|object| format!("{}.{}", object.resource.kind, object.body.name_any()))
            .collect()
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
            let managers = found.metadata.managed_fields.iter().flatten();
            let mut managers = managers.filter_map(|entry| entry.manager.as_deref());
            if !managers.any(|manager| manager == FIELD_MANAGER) {
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
        for object in self.without_namespace() {
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
        let objects = self.objects.iter();
        objects
            .filter(|object| object.resource.kind == "Namespace")
            .map(|object| object.body.name_any())
            .collect()
    }

    /// Removes them and waits until they are gone: the next run may bring the same names.
    ///
    /// # Errors
    /// The first that does not go, [`ApplyError::Stuck`]; the others are removed all the same.
    pub async fn remove_cluster_scope(&self) -> Result<(), ApplyError> {
        let mut first = Ok(());
        for object in self.without_namespace() {
            let found = object.api(&self.client).get_opt(&object.body.name_any()).await;
            let removed = match found {
                Ok(Some(found)) => remove(object, &found.uid().unwrap_or_default(), self).await,
                Ok(None) => Ok(()),
                Err(error) => Err(object.refused(error)),
            };
            first = first.and(removed);
        }
        first
    }

    fn without_namespace(&self) -> impl Iterator<Item = &Object> {
        self.objects
            .iter()
            .filter(|object| object.namespace.is_none() && object.resource.kind != "Namespace")
    }
}

async fn remove(object: &Object, uid: &str, application: &Application) -> Result<(), ApplyError> {
    let (api, name) = (object.api(&application.client), object.body.name_any());
    match api.delete(&name, &DeleteParams::background()).await {
        Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
        answer => answer.map(drop).map_err(|error| object.refused(error))?,
    }
    if is_gone(&api, &name, uid).await {
        return Ok(());
    }
    Err(ApplyError::Stuck {
        object: named(object),
        waited_s: REMOVAL_DEADLINE.as_secs(),
    })
}

fn named(object: &Object) -> String {
    format!("{} {}", object.resource.kind, object.body.name_any())
}
