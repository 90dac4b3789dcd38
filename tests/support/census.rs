//! What is in a cluster, whoever made it, and what of it is a run's.

use std::collections::BTreeSet;

use kube::api::{DynamicObject, ListParams};
use kube::core::PartialObjectMeta;
use kube::discovery::{ApiGroup, Discovery, verbs};
use kube::{Api, Client, ResourceExt};
use stateproof::cluster::connect;
use stateproof::cluster::provider::{ClusterSpec, Clusters};
use stateproof::history::{Event, ObjectRef, ObjectState};
use stateproof::run::Proven;

use super::block_on;

/// An object, with its kind.
pub type Listed = (String, PartialObjectMeta<DynamicObject>);

/// Every object of every kind that can be listed, but for what tells of objects that are no more.
pub async fn objects(client: &Client) -> Vec<Listed> {
    let known = Discovery::new(client.clone()).run_aggregated().await.unwrap();
    let mut all = Vec::new();
    for (resource, capabilities) in known.groups().flat_map(ApiGroup::recommended_resources) {
        let deprecated = matches!(resource.kind.as_str(), "Event" | "ComponentStatus");
        if deprecated || !capabilities.supports_operation(verbs::LIST) {
            continue;
        }
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        let found = api.list_metadata(&ListParams::default()).await.unwrap();
        all.extend(found.into_iter().map(|object| (resource.kind.clone(), object)));
    }
    assert!(all.len() > 50, "the cluster was not looked at: {all:?}");
    all
}

/// All there is at one time.
pub struct Census(Vec<Listed>);

impl Census {
    /// Of this cluster.
    pub fn of(cluster: &ClusterSpec) -> Self {
        Self(block_on(async {
            let cluster = Clusters::from_env().unwrap().ensure(cluster).await.unwrap();
            let (client, _) = connect(&cluster.kubeconfig).await.unwrap();
            objects(&client).await
        }))
    }

    /// What there is of a run, as `KIND NAMESPACE/NAME`: what it applied or saw made for it, by UID, since the names may be
    /// another run's by now; and the namespace that it has for itself, with everything in it.
    pub fn of_run(&self, proven: &Proven) -> Vec<String> {
        let (uids, own) = (uids(proven), own_namespaces(proven));
        let is_its = |kind: &str, object: &PartialObjectMeta<DynamicObject>| {
            let namespace = match kind {
                "Namespace" => object.name_any(),
                _ => object.namespace().unwrap_or_default(),
            };
            own.contains(&namespace) || object.uid().is_some_and(|uid| uids.contains(&uid))
        };
        let found = self.0.iter().filter(|(kind, object)| is_its(kind, object));
        found
            .map(|(kind, object)| {
                format!(
                    "{kind} {}/{}",
                    object.namespace().unwrap_or_default(),
                    object.name_any()
                )
            })
            .collect()
    }
}

/// The objects of a run. Nodes are the cluster's, and volumes that nobody has claimed may be other runs'.
fn uids(proven: &Proven) -> BTreeSet<String> {
    let volumes = volumes(proven);
    let records = proven.history.records.iter();
    let objects = records.filter_map(|record| match &record.event {
        Event::Applied { object } => Some(object),
        Event::Observed { object, .. } if !object.namespace.is_empty() => Some(object),
        _ => None,
    });
    objects.chain(volumes).map(|object| object.uid.clone()).collect()
}

/// The volumes that the run's claims were bound to. Other runs' volumes are in the same cluster.
pub fn volumes(proven: &Proven) -> BTreeSet<&ObjectRef> {
    let seen = || {
        let records = proven.history.records.iter();
        records.filter_map(|record| match &record.event {
            Event::Observed { object, state, .. } => Some((object, state)),
            _ => None,
        })
    };
    let claims: BTreeSet<_> = seen()
        .filter(|(_, state)| matches!(state, ObjectState::Claim(_)))
        .map(|(object, _)| &object.uid)
        .collect();
    let is_theirs = |state: &ObjectState| match state {
        ObjectState::Volume(volume) => volume
            .claim_uid
            .as_ref()
            .is_some_and(|claim| claims.contains(claim)),
        _ => false,
    };
    seen()
        .filter(|(_, state)| is_theirs(state))
        .map(|(object, _)| object)
        .collect()
}

/// The namespace that each run makes for itself: for the vantage, and for what names none.
fn own_namespaces(proven: &Proven) -> BTreeSet<String> {
    let records = proven.history.records.iter();
    let own: BTreeSet<_> = records
        .filter_map(|record| match &record.event {
            Event::Observed { object, .. } => Some(object.namespace.clone()),
            _ => None,
        })
        .filter(|namespace| namespace.starts_with("stateproof-"))
        .collect();
    assert!(!own.is_empty(), "the run has no namespace of its own");
    own
}
