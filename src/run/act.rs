use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::{try_join, try_join_all};
use kube::Client;
use tokio::sync::RwLock;

use super::applied::apply;
use super::background::{follow_tasks, relay};
use super::cadence::CADENCE;
use super::connection::Route;
use super::despair::{unless_hopeless, with_causes};
use super::drill::{Bench, timed};
use super::first_session::first_session;
use super::move_in::Place;
use super::preparation::Prepared;
use super::roles::Roles;
use super::site::Site;
use super::spans::Spans;
use super::stay::unless_lost;
use super::{RunError, Scene, Verification, aside, rounds, stand_ins};
use crate::cluster::namespace::Standing;
use crate::cluster::provider::Cluster;
use crate::cluster::{
    Application, Objects, WaitError, Watches, alias_classes, alias_default_classes, leftovers, member_ready,
    namespace, room_for,
};
use crate::history::{Event, FORMAT_VERSION, Recorder};
use crate::manifest::ManifestSet;
use crate::plan::{Drill, Plan};
use crate::vantage::Vantage;
use crate::workload::{Demand, Workload};

/// A run whose drills usually take so long is a long one.
const LONG_SECONDS: u64 = 120;

impl Verification {
    /// Gets the cluster, applies the manifests and carries the plans out.
    pub(super) async fn act(
        &self,
        prepared: &Prepared,
        recorder: &Recorder,
        scene: &mut Scene,
    ) -> Result<(), RunError> {
        let run_namespace = &prepared.run_namespace;
        let set = &*prepared.everything();
        let mut spans = Spans::begin(recorder);
        self.observer
            .phase(&format!("getting cluster {}", self.wanted.name()));
        let site = self.wanted.get(scene).await?;
        spans.took("cluster there");
        let (client, kubernetes) = site.access.connect().await?;
        let blunt = site.access.without_retries()?;
        let application = prepared.application(&client).await?;
        let crowded = self.admitted(prepared, &site, &client, &application).await?;
        scene.client = Some(client.clone());
        let Place {
            namespaces,
            vantage_node,
            notes,
        } = self.settle(prepared, &site, &client, &application, scene).await?;
        spans.took("kinds known, and room for the run in namespaces and on this machine");
        self.observer.phase("looking at the images on the nodes");
        let images = site.images(&self.images(set)).await?;
        spans.took("images on the nodes");
        let facts = site.facts(&client, kubernetes, images.clone()).await?;
        let (version, plans) = (env!("CARGO_PKG_VERSION").to_owned(), prepared.plans.clone());
        recorder.record(Event::RunStarted {
            format: FORMAT_VERSION,
            version,
            plans,
            cluster: Box::new(facts),
        })?;
        if let Some(sharded) = &prepared.sharded {
            recorder.record(Event::Sharded(sharded.clone()))?;
        }
        recorder.record(prepared.linted.clone())?;
        spans.record()?;
        let made = scene.made.clone();
        let application = &*scene.application.insert(application);
        let watches =
            &*scene
                .watches
                .insert(Watches::start(&client, recorder, &namespaces, self.secrets(set)));
        relay(watches, self.observer.clone(), &mut scene.background);
        let ended = follow_tasks(site.nodes(), recorder, &mut scene.background);
        let (vantage, more) = timed(recorder, "manifests applied".to_owned(), async {
            for name in &made {
                namespace::create(&client, name).await?;
            }
            let mut notes = Vec::new();
            if site.own.is_some() {
                notes = alias_classes(&client, set, &self.aliases(), &prepared.run, &mut Vec::new()).await?;
                notes.extend(alias_default_classes(&client, set).await?);
            }
            let (image, node) = (self.vantage_image_used(), vantage_node.as_deref());
            let secrets = self.pull_secrets(prepared);
            let vantage = Vantage::start_with(&client, run_namespace, image, node, &secrets).await?;
            notes.extend(stand_ins::let_in(&client, set, &images, run_namespace).await?);
            apply(application, None, recorder).await?;
            Ok((Arc::new(vantage), notes))
        })
        .await?;
        let notes = crowded.into_iter().chain(notes).chain(more);
        for text in notes.chain([cadence_note()]) {
            recorder.record(Event::Note { text })?;
        }
        let (cordons, paused) = (scene.cordons.clone(), scene.paused.clone());
        vantage.ready(watches, run_namespace, self.any_deadline()).await?;
        let quiet = RwLock::new(());
        let workloads = prepared.discovered.iter().zip(&prepared.plans);
        let drills = try_join_all(workloads.map(|(found, plan)| {
            let roles = Roles::follow(found, vantage.clone(), recorder, &mut scene.background);
            let route = Route::to(&vantage, recorder, found);
            let (client, machines) = (&blunt, site.nodes());
            let (cordons, paused, quiet) = (&cordons, &paused, &quiet);
            let ended = ended.clone();
            async move {
                let bench = Bench {
                    run: &prepared.run,
                    client,
                    nodes: machines,
                    watches,
                    recorder,
                    application,
                    route,
                    next_credentials: prepared.next_credentials(&found.workload),
                    cordons,
                    paused,
                    ended,
                    roles: roles.as_deref(),
                    deadline: self.deadline_of(&found.workload, run_namespace),
                };
                self.drill(&bench, plan, quiet).await
            }
        }));
        unless_lost(scene.stay.as_ref(), drills).await?;
        Ok(())
    }

    /// What the run needs, each once: the vantage's image may be one of the set's.
    fn images(&self, set: &ManifestSet) -> Vec<String> {
        let named = set.images().into_iter().chain([self.vantage_image_used()]);
        let named: BTreeSet<&str> = named.collect();
        named.into_iter().map(str::to_owned).collect()
    }

    /// Looks whether the run may be there and has room, and gives what is to be known of it. Rights come before anything
    /// that may be refused: what is missing is told at once, and all of it.
    async fn admitted(
        &self,
        prepared: &Prepared,
        site: &Site,
        client: &Client,
        application: &Application,
    ) -> Result<Vec<String>, RunError> {
        if site.own.is_none() {
            self.has_rights(prepared, site, client, application).await?;
        }
        has_room(client, prepared).await
    }

    /// Takes what the run needs of the cluster, and keeps other runs out of it.
    async fn settle(
        &self,
        prepared: &Prepared,
        site: &Site,
        client: &Client,
        application: &Application,
        scene: &mut Scene,
    ) -> Result<Place, RunError> {
        let Some(cluster) = &site.own else {
            return self.move_in(prepared, site, client, application, scene).await;
        };
        Ok(Place {
            namespaces: self.occupy(prepared, cluster, client, application, scene).await?,
            vantage_node: self.hold_nodes(prepared, cluster, client, scene).await?,
            notes: cluster.untried.iter().cloned().collect(),
        })
    }

    /// Makes sure that the run has its namespaces to itself, and its part of the machine.
    async fn occupy(
        &self,
        prepared: &Prepared,
        cluster: &Cluster,
        client: &Client,
        application: &Application,
        scene: &mut Scene,
    ) -> Result<Vec<String>, RunError> {
        let namespaces = prepared.namespaces(application);
        self.observer
            .phase("waiting until no other run is at work in the same namespaces");
        let places: Vec<_> = namespaces
            .iter()
            .cloned()
            .chain(application.cluster_scoped())
            .collect();
        // Who has waited for another run once does not wait again behind those that came later; and the others fit in
        // beside a long one, which would be left over if it came last.
        let waited = scene.locks.insert(cluster.lock_out(&places).await?).waited();
        let usually: u64 = prepared.plans.iter().map(Plan::usual_seconds).sum();
        let urgent = waited || usually >= LONG_SECONDS;
        self.observer
            .phase("waiting until this machine has room beside other runs");
        scene.share = Some(cluster.share(Demand::of(&prepared.set), urgent).await?);
        // A pod on a node that a dead run has left paused does not go, nor does its namespace.
        cluster.resume_left().await?;
        let (mut made, mut lent) = (Vec::new(), Vec::new());
        for name in &namespaces {
            match namespace::vacate(client, name).await? {
                Standing::Free => made.push(name.clone()),
                Standing::Lent => lent.push(name.clone()),
            }
        }
        application.vacate_cluster_scope().await?;
        (scene.made, scene.lent) = (made, lent);
        Ok(namespaces)
    }

    /// Keeps the nodes for the run, alone where it silences one. Gives the node that the vantage must be on, where it
    /// matters.
    async fn hold_nodes(
        &self,
        prepared: &Prepared,
        cluster: &Cluster,
        client: &Client,
        scene: &mut Scene,
    ) -> Result<Option<String>, RunError> {
        self.observer
            .phase("waiting until no other run needs the nodes for itself");
        let alone = aside::is_needed(&prepared.plans);
        scene.nodes = Some(cluster.hold_nodes(alone).await?);
        leftovers::uncordon_left(client).await?;
        if !alone {
            return Ok(None);
        }
        Ok(Some(aside::set_aside(cluster, client, scene).await?))
    }

    /// Waits for the workload to come up, then runs its drills one after the other, beside those of other workloads.
    /// What is done to a node meets everything on it: such a drill runs alone.
    async fn drill(&self, bench: &Bench<'_>, plan: &Plan, quiet: &RwLock<()>) -> Result<(), RunError> {
        let is_to_fail = plan
            .drills
            .iter()
            .any(|planned| planned.drill == Drill::ExpectFailure);
        let came_up = if is_to_fail {
            Ok(())
        } else {
            // Another workload may be up sooner, and its drill may be done to a node that this one starts on.
            let _beside = quiet.read().await;
            self.come_up(bench, &plan.workload).await
        };
        if let Err(error) = came_up {
            let (RunError::Wait(WaitError::NotMet { .. })
            | RunError::NoSession { .. }
            | RunError::Unsettled { .. }) = error
            else {
                return Err(error);
            };
            let error = with_causes(bench, &plan.workload.member(0), &error);
            let workload = plan.workload.id();
            bench.recorder.record(Event::NotUp { workload, error })?;
            return Ok(());
        }
        rounds::run(bench, plan, quiet).await
    }

    /// Waits until every member is Ready and the first accepts a session.
    async fn come_up(&self, bench: &Bench<'_>, workload: &Workload) -> Result<(), RunError> {
        let ready = async {
            for member in workload.members() {
                let check = |objects: &Objects| member_ready(objects, workload, &member, &BTreeSet::new());
                bench
                    .watches
                    .until(workload.called(&member), "Ready", bench.deadline, check)
                    .await?;
            }
            Ok(())
        };
        let first = workload.member(0);
        let session = unless_hopeless(bench, &first, first_session(bench, workload, bench.deadline));
        try_join(ready, session).await?;
        self.elect(bench, workload).await
    }

    /// Waits until a replica set has its PRIMARY; initiates it first, if that was asked for.
    async fn elect(&self, bench: &Bench<'_>, workload: &Workload) -> Result<(), RunError> {
        let Some(roles) = bench.roles else { return Ok(()) };
        roles.begin();
        let replica_set = async {
            if self.initiates() {
                roles.initiate(bench.deadline).await?;
            }
            roles.settled(workload.replicas, bench.deadline).await
        };
        timed(bench.recorder, "PRIMARY and SECONDARY".to_owned(), replica_set).await
    }
}

/// Looks whether the nodes have what the set asks for, and gives what is to be known of it. A set that is to fail may do
/// so for want of room.
async fn has_room(client: &Client, prepared: &Prepared) -> Result<Vec<String>, RunError> {
    let mut notes = prepared.notes.clone();
    if !prepared.ends {
        let next = prepared.next.iter().map(|next| &next.set);
        for set in std::iter::once(&prepared.set).chain(next) {
            notes.extend(room_for(client, set).await?);
        }
    }
    Ok(notes)
}

/// How exact the times are that rest on trying instead of watching.
fn cadence_note() -> String {
    format!(
        "a name's answer and a server's first session cannot be watched: they are tried, {} ms after the last try failed",
        CADENCE.as_millis()
    )
}
