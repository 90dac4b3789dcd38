use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{ListParams, ObjectMeta, PostParams};
use kube::{Api, Client, ResourceExt};

use super::Tenancy;
use super::lease::holder;
use super::occupants::occupants;
use crate::cluster::namespace::{self, is_ours};
use crate::cluster::removal::is_gone;
use crate::cluster::{FIELD_MANAGER, NamespaceError};

/// The annotation on a namespace that a run has made: which run.
const MADE_BY: &str = "stateproof.dev/run";

/// What there is of the namespaces that a run needs. Looking changes nothing.
#[derive(Debug)]
pub struct Vacancy(Vec<(String, Found)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// There is none of that name.
    Free,
    /// It is there, empty, and nobody is at work in it.
    Lent,
    /// A run made it that is dead.
    Left,
}

/// What a run does with a namespace in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has made it: [`remove_made`].
    Made(String),
    /// It was there: it is emptied.
    Lent(String),
}

impl Vacancy {
    /// Looks at these namespaces. Those that the set itself brings must not be there: applying them would change what is
    /// others'.
    ///
    /// # Errors
    /// [`NamespaceError::Occupied`], [`NamespaceError::Brought`], [`NamespaceError::InUse`] while another run is at work in
    /// one of them. Nothing has been touched.
    pub async fn of(client: &Client, names: &[String], brought: &[String]) -> Result<Self, NamespaceError> {
        let mut found = Vec::new();
        for name in names {
            found.push((name.clone(), look(client, name, brought.contains(name)).await?));
        }
        Ok(Self(found))
    }

    /// Makes those that are not there, removes first what dead runs have left, and takes the Lease of each. Whatever comes
    /// of it, `taken` has been told of every namespace that is to be given back.
    ///
    /// # Errors
    /// [`NamespaceError`], also when somebody else was quicker.
    pub async fn take(
        self,
        client: &Client,
        tenancy: &mut Tenancy,
        taken: &mut Vec<Taken>,
    ) -> Result<(), NamespaceError> {
        for (name, found) in self.0 {
            match found {
                Found::Lent => {
                    tenancy.take(&name).await?;
                    // Somebody may have moved in since it was looked at.
                    empty_or_occupied(client, &name).await?;
                    taken.push(Taken::Lent(name));
                    continue;
                }
                Found::Left => namespace::remove(client, &name).await?,
                Found::Free => {}
            }
            // Before it is made: should this end in between, it is known by the run's name whether it is there.
            taken.push(Taken::Made(name.clone()));
            make(client, &name, tenancy.holder()).await?;
            tenancy.take(&name).await?;
        }
        Ok(())
    }
}

async fn look(client: &Client, name: &str, is_brought: bool) -> Result<Found, NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let found = api.get_opt(name).await.map_err(|source| refused(name, source))?;
    let Some(found) = found else {
        return Ok(Found::Free);
    };
    let made = is_ours(&found);
    if let Some(holder) = holder(client, name, made).await? {
        return Err(NamespaceError::InUse {
            namespace: name.to_owned(),
            holder,
        });
    }
    if made {
        return Ok(Found::Left);
    }
    if is_brought {
        return Err(NamespaceError::Brought {
            namespace: name.to_owned(),
        });
    }
    empty_or_occupied(client, name).await?;
    Ok(Found::Lent)
}

async fn empty_or_occupied(client: &Client, name: &str) -> Result<(), NamespaceError> {
    let objects = occupants(client, name)
        .await
        .map_err(|source| refused(name, source))?;
    if objects.is_empty() {
        return Ok(());
    }
    Err(NamespaceError::Occupied {
        namespace: name.to_owned(),
        objects,
    })
}

async fn make(client: &Client, name: &str, run: &str) -> Result<(), NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let params = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    let namespace = Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            annotations: Some([(MADE_BY.to_owned(), run.to_owned())].into()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    match api.create(&params, &namespace).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 => Err(NamespaceError::InUse {
            namespace: name.to_owned(),
            holder: "which has just made it".to_owned(),
        }),
        Err(error) => Err(refused(name, error)),
    }
}

/// Removes a namespace with everything in it if this run has made it.
///
/// # Errors
/// [`NamespaceError`].
pub async fn remove_made(client: &Client, name: &str, run: &str) -> Result<(), NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let found = api.get_opt(name).await.map_err(|source| refused(name, source))?;
    let ours = found.is_some_and(|found| found.annotations().get(MADE_BY).is_some_and(|by| by == run));
    if ours {
        namespace::remove(client, name).await?;
    }
    Ok(())
}

/// Empties a namespace that was lent: its claims go, with the volumes that were made since, and what pods there still are.
/// What the run applied has been deleted before.
///
/// # Errors
/// [`NamespaceError::Stuck`] when something is still there after two minutes.
pub async fn empty_lent(client: &Client, name: &str, since: &Time) -> Result<(), NamespaceError> {
    namespace::empty(client, name, since).await?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), name);
    let left = pods.list_metadata(&ListParams::default()).await;
    for pod in left.map_err(|source| refused(name, source))? {
        if !is_gone(&pods, &pod.name_any(), &pod.uid().unwrap_or_default()).await {
            return Err(NamespaceError::Stuck {
                namespace: name.to_owned(),
                last: format!("Pod {} does not go", pod.name_any()),
            });
        }
    }
    Ok(())
}

fn refused(namespace: &str, source: kube::Error) -> NamespaceError {
    NamespaceError::Refused {
        namespace: namespace.to_owned(),
        source: Box::new(source),
    }
}
