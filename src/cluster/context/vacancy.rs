use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{ListParams, ObjectMeta, PostParams, Preconditions};
use kube::{Api, Client, ResourceExt};

use super::lease::{Holder, holder};
use super::occupants::occupants;
use super::{Tenancy, rights};
use crate::cluster::namespace::{self, is_ours, refused};
use crate::cluster::{Application, FIELD_MANAGER, NamespaceError, removal};

/// The annotation on a namespace that a run has made: which run.
const MADE_BY: &str = "stateproof.dev/run";

/// What there is of the namespaces that a run needs. Looking changes nothing.
#[derive(Debug)]
pub struct Vacancy(Vec<(String, Found)>);

#[derive(Debug)]
enum Found {
    /// There is none of that name.
    Free,
    /// It is there, empty, and nobody is at work in it; the Lease that a dead run has left there.
    Lent(Option<Preconditions>),
    /// A run made it that is dead: its UID.
    Left(String),
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

    /// Those that were there, empty: what is in them besides is their owner's.
    pub fn lent(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(name, found)| match found {
            Found::Lent(_) => Some(name.as_str()),
            Found::Free | Found::Left(_) => None,
        })
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
                Found::Lent(dead) => {
                    tenancy.take(&name, dead).await?;
                    // Somebody may have moved in since it was looked at.
                    empty_or_occupied(client, &name).await?;
                    taken.push(Taken::Lent(name));
                    continue;
                }
                Found::Left(uid) => namespace::remove_only(client, &name, &uid).await?,
                Found::Free => {}
            }
            // Before it is made: should this end in between, it is known by the run's name whether it is there.
            taken.push(Taken::Made(name.clone()));
            make(client, &name, tenancy.holder()).await?;
            tenancy.take(&name, None).await?;
        }
        Ok(())
    }
}

/// The rights that a run needs in these namespaces and has not, in words. Nothing else is asked for before: who may not
/// look is told so first of all.
///
/// # Errors
/// [`NamespaceError::Refused`] when the API server does not say.
pub async fn missing_rights(
    client: &Client,
    names: &[String],
    application: &Application,
) -> Result<Vec<String>, NamespaceError> {
    let mut cluster = rights::OF_CLUSTER.to_vec();
    cluster.extend(application.rights(None));
    let mut makes = false;
    for name in names {
        makes |= is_to_be_made(client, name).await?;
    }
    if makes {
        cluster.extend(rights::TO_MAKE);
    }
    let asked = rights::missing(client, &cluster, None).await;
    let mut all = asked.map_err(|source| refused("of the cluster", source))?;
    for name in names {
        let mut needed = rights::IN_NAMESPACE.to_vec();
        needed.extend(application.rights(Some(name)));
        let asked = rights::missing(client, &needed, Some(name)).await;
        all.extend(asked.map_err(|source| refused(name, source))?);
    }
    Ok(all)
}

/// Whether a run has to make a namespace: there is none of that name, or a dead run has left it.
async fn is_to_be_made(client: &Client, name: &str) -> Result<bool, NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    match api.get_opt(name).await {
        Ok(found) => Ok(found.is_none_or(|found| is_ours(&found))),
        // The right to look is among those that are missing then.
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
        Err(source) => Err(refused(name, source)),
    }
}

async fn look(client: &Client, name: &str, is_brought: bool) -> Result<Found, NamespaceError> {
    let api: Api<Namespace> = Api::all(client.clone());
    let found = api.get_opt(name).await.map_err(|source| refused(name, source))?;
    let Some(found) = found else {
        return Ok(Found::Free);
    };
    let made = is_ours(&found);
    let dead = match holder(client, name, made).await? {
        Holder::Somebody(holder) => {
            return Err(NamespaceError::InUse {
                namespace: name.to_owned(),
                holder,
            });
        }
        Holder::Nobody(dead) => dead,
    };
    if made {
        return Ok(Found::Left(found.uid().unwrap_or_default()));
    }
    if is_brought {
        return Err(NamespaceError::Brought {
            namespace: name.to_owned(),
        });
    }
    empty_or_occupied(client, name).await?;
    Ok(Found::Lent(dead))
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
    let ours = found.filter(|found| found.annotations().get(MADE_BY).is_some_and(|by| by == run));
    match ours.and_then(|found| found.uid()) {
        Some(uid) => namespace::remove_only(client, name, &uid).await,
        None => Ok(()),
    }
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
        let gone = removal::gone(&pods, &pod.name_any(), &pod.uid().unwrap_or_default()).await;
        gone.map_err(|last| NamespaceError::Stuck {
            namespace: name.to_owned(),
            last: format!("Pod {} does not go: {last}", pod.name_any()),
        })?;
    }
    Ok(())
}
