use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{try_join, try_join_all};
use jiff::Timestamp;
use kube::Client;
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;

use super::background::{follow_tasks, relay};
use super::cadence::CADENCE;
use super::connection::Route;
use super::despair::{unless_hopeless, with_causes};
use super::drill::{self, Bench, apply, timed};
use super::first_session::first_session;
use super::observer::Silent;
use super::roles::Roles;
use super::{Observer, RunError, Scene, stand_ins};
use crate::cluster::namespace::Standing;
use crate::cluster::provider::{Cluster, ClusterSpec, Clusters, images};
use crate::cluster::{
    Application, Objects, WaitError, Watches, alias_default_classes, connect, connect_without_retries,
    member_ready, namespace,
};
use crate::history::{ClusterFacts, Event, FORMAT_VERSION, History, Recorder, Span};
use crate::manifest::{ManifestSet, Secrets};
use crate::plan::{Drill, End, Plan, Selection};
use crate::vantage::{DEFAULT_IMAGE, Vantage};
use crate::verdict::{Verdict, judge};
use crate::workload::{Demand, Discovered, Workload, discover, outline};

/// How long a member may take to become Ready and its server to accept a session, where nothing else is said.
const DEADLINE: Duration = Duration::from_mins(3);

/// Manifests to be proven, and how.
///
/// ```no_run
/// use stateproof::plan::{Drill, Outcome};
/// use stateproof::run::Verification;
///
/// # async fn example() -> Result<(), stateproof::run::RunError> {
/// let proven = Verification::of(["k8s/"]).drills(&[Drill::LosePod]).run().await?;
/// assert_eq!(proven.verdict.outcome, Outcome::Held);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verification {
    inputs: Vec<PathBuf>,
    selection: Selection,
    cluster: ClusterSpec,
    history: Option<PathBuf>,
    vantage_image: String,
    deadline: Duration,
    initiate_replica_set: bool,
    observer: Arc<dyn Observer>,
}

/// A finished run: what happened, what follows from it, and what is still to be taken away.
pub struct Proven {
    /// Everything that happened.
    pub history: History,
    /// What it comes to.
    pub verdict: Verdict,
    /// What ended the run before its plan was done.
    pub error: Option<RunError>,
    /// What the run has made.
    pub scene: Option<Scene>,
}

/// What is known before anything is touched.
struct Prepared {
    set: ManifestSet,
    discovered: Vec<Discovered>,
    plans: Vec<Plan>,
    run_namespace: String,
}

impl Verification {
    /// Of the manifests in these files and directories; `-` is standard input.
    pub fn of(inputs: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            inputs: inputs.into_iter().map(Into::into).collect(),
            selection: Selection::default(),
            cluster: ClusterSpec::default(),
            history: None,
            vantage_image: DEFAULT_IMAGE.to_owned(),
            deadline: DEADLINE,
            initiate_replica_set: false,
            observer: Arc::new(Silent),
        }
    }

    /// Only these drills, instead of all that apply.
    #[must_use]
    pub fn drills(mut self, drills: &[Drill]) -> Self {
        self.selection.drills = drills.to_vec();
        self
    }

    /// Expects the set to fail, and in this way: nothing else is done. Every end must be seen.
    #[must_use]
    pub fn expect_failure(mut self, ends: impl IntoIterator<Item = End>) -> Self {
        self.selection.ends = ends.into_iter().collect();
        self
    }

    /// On this cluster; one that does not exist is created.
    #[must_use]
    pub fn cluster(mut self, spec: ClusterSpec) -> Self {
        self.cluster = spec;
        self
    }

    /// Write the history to this file as it happens.
    #[must_use]
    pub fn history(mut self, file: impl Into<PathBuf>) -> Self {
        self.history = Some(file.into());
        self
    }

    /// How long a member may take to become Ready and its server to accept a session; 180 s by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether to initiate replica sets that the manifests leave to an operator to initiate, with the members' stable
    /// names. Said in the report.
    #[must_use]
    pub fn initiate_replica_set(mut self, initiate: bool) -> Self {
        self.initiate_replica_set = initiate;
        self
    }

    /// The image of the vantage, for clusters with a mirror of their own.
    #[must_use]
    pub fn vantage_image(mut self, image: impl Into<String>) -> Self {
        self.vantage_image = image.into();
        self
    }

    /// Somebody who watches.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// What would be done, and why each drill applies or does not. Touches nothing.
    ///
    /// # Errors
    /// [`RunError::Manifests`] with every problem found; [`RunError::Ends`] when a named end can prove nothing.
    pub fn plan(&self) -> Result<Vec<Plan>, RunError> {
        Ok(self.prepare()?.plans)
    }

    /// Proves the manifests and takes everything away again.
    ///
    /// # Errors
    /// [`RunError`] when the run could not begin, or the clean-up failed. A workload that does not come up is no
    /// error: its verdict is Inconclusive, with the cause.
    pub async fn run(&self) -> Result<Proven, RunError> {
        let mut proven = Box::pin(self.prove(&CancellationToken::new())).await?;
        if let Some(scene) = proven.scene.take() {
            scene.clean_up().await?;
        }
        Ok(proven)
    }

    /// Proves the manifests and leaves the scene to the caller, who must call [`Scene::clean_up`]. An interrupt ends
    /// the run where it is; the scene is handed back all the same.
    ///
    /// # Errors
    /// [`RunError`] when the run could not begin; everything made until then has been taken away.
    pub async fn prove(&self, interrupt: &CancellationToken) -> Result<Proven, RunError> {
        let prepared = self.prepare()?;
        let recorder = match &self.history {
            Some(file) => Recorder::create(file)?,
            None => Recorder::in_memory(),
        };
        let observer = self.observer.clone();
        let recorder = recorder.with_observer(Box::new(move |record| observer.record(record)));
        let mut scene = Scene::new(Clusters::from_env()?, self.observer.clone());
        let act = Box::pin(self.act(&prepared, &recorder, &mut scene));
        let acted = AssertUnwindSafe(interrupt.run_until_cancelled(act))
            .catch_unwind()
            .await;
        let error = match acted {
            Ok(Some(Ok(()))) => None,
            Ok(Some(Err(error))) => Some(error),
            Ok(None) => Some(RunError::Interrupted),
            Err(panic) => Some(RunError::Panicked(words(panic.as_ref()))),
        };
        scene.quiet().await;
        let begun = !recorder.is_empty();
        let interrupted = matches!(error, Some(RunError::Interrupted));
        let closed = if begun {
            recorder.record(Event::RunEnded { interrupted })
        } else {
            Ok(())
        };
        let ended = match error {
            Some(fatal) if !begun || matches!(fatal, RunError::History(_)) => Err(fatal),
            error => closed.map(|()| error).map_err(RunError::from),
        };
        match ended {
            Ok(error) => {
                let history = recorder.history();
                let verdict = judge(&history);
                Ok(Proven {
                    history,
                    verdict,
                    error,
                    scene: Some(scene),
                })
            }
            Err(error) => {
                if let Err(also) = scene.clean_up().await {
                    tracing::error!("cannot clean up: {also}");
                }
                Err(error)
            }
        }
    }

    fn prepare(&self) -> Result<Prepared, RunError> {
        let set = ManifestSet::read(&self.inputs)?;
        let run_namespace = format!("stateproof-{}", run_id());
        let mut discovered = if self.selection.ends.is_empty() {
            discover(&set, &run_namespace)?
        } else {
            outline(&set, &run_namespace)?
        };
        self.expect_ends_of(&mut discovered)?;
        let plans = discovered
            .iter()
            .map(|found| Plan::new(found.workload.clone(), &self.selection))
            .collect();
        Ok(Prepared {
            set,
            discovered,
            plans,
            run_namespace,
        })
    }

    /// Where ends are named, what none of them is about is applied and left alone.
    fn expect_ends_of(&self, discovered: &mut Vec<Discovered>) -> Result<(), RunError> {
        if self.selection.ends.is_empty() {
            return Ok(());
        }
        let workloads: Vec<_> = discovered.iter().map(|found| found.workload.clone()).collect();
        self.selection.check(&workloads)?;
        discovered.retain(|found| self.selection.ends_of(&found.workload).next().is_some());
        Ok(())
    }

    async fn act(&self, prepared: &Prepared, recorder: &Recorder, scene: &mut Scene) -> Result<(), RunError> {
        let Prepared {
            set, run_namespace, ..
        } = prepared;
        let mut spans = Vec::new();
        let mut begun = recorder.now_us();
        let mut took = |what: &str| {
            let span = Span {
                what: what.to_owned(),
                from_us: begun,
                to_us: recorder.now_us(),
            };
            begun = span.to_us;
            spans.push(span);
        };
        let cluster = self.get_cluster(scene).await?;
        took("cluster there");
        let named = set.images().into_iter().chain([self.vantage_image.as_str()]);
        let named: Vec<_> = named.map(str::to_owned).collect();
        self.observer.phase("looking at the images on the nodes");
        let images = images::ensure(&cluster, &named).await?;
        took("images on the nodes");
        let (client, kubernetes) = connect(&cluster.kubeconfig).await?;
        scene.client = Some(client.clone());
        let blunt = connect_without_retries(&cluster.kubeconfig).await?;
        let application = Application::prepare(&client, set, run_namespace).await?;
        let namespaces = self
            .occupy(prepared, &cluster, &client, &application, scene)
            .await?;
        took("kinds known, and room for the run in namespaces and on this machine");
        let facts = ClusterFacts {
            provider: cluster.provider.to_string(),
            name: cluster.name.clone(),
            kubernetes,
            nodes: cluster.nodes.iter().map(|node| node.name.clone()).collect(),
            images: images.clone(),
        };
        let (version, plans) = (env!("CARGO_PKG_VERSION").to_owned(), prepared.plans.clone());
        recorder.record(Event::RunStarted {
            format: FORMAT_VERSION,
            version,
            plans,
            cluster: facts,
        })?;
        for span in spans {
            recorder.record(Event::Waited(span))?;
        }
        let made = scene.made.clone();
        let application = &*scene.application.insert(application);
        let watches =
            &*scene
                .watches
                .insert(Watches::start(&client, recorder, &namespaces, Secrets::of(set)));
        relay(watches, self.observer.clone(), &mut scene.background);
        follow_tasks(&cluster, recorder, &mut scene.background);
        let (vantage, notes) = timed(recorder, "manifests applied".to_owned(), async {
            for name in &made {
                namespace::create(&client, name).await?;
            }
            let mut notes = alias_default_classes(&client, set).await?;
            let vantage = Vantage::start(&client, run_namespace, &self.vantage_image).await?;
            notes.extend(stand_ins::let_in(&client, set, &images, run_namespace).await?);
            apply(application, None, recorder).await?;
            Ok((Arc::new(vantage), notes))
        })
        .await?;
        for text in notes.into_iter().chain([cadence_note()]) {
            recorder.record(Event::Note { text })?;
        }
        let cordons = scene.cordons.clone();
        vantage.ready(watches, run_namespace, self.deadline).await?;
        let quiet = RwLock::new(());
        let workloads = prepared.discovered.iter().zip(&prepared.plans);
        try_join_all(workloads.map(|(found, plan)| {
            let roles = Roles::follow(found, vantage.clone(), recorder, &mut scene.background);
            let route = Route {
                vantage: &vantage,
                recorder,
                workload: &found.workload,
                credentials: &found.credentials,
            };
            let (client, cordons, quiet) = (&blunt, &cordons, &quiet);
            async move {
                let bench = Bench {
                    run: run_namespace,
                    client,
                    watches,
                    recorder,
                    application,
                    route,
                    cordons,
                    roles: roles.as_deref(),
                    deadline: self.deadline,
                };
                self.drill(&bench, plan, quiet).await
            }
        }))
        .await?;
        Ok(())
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
        let mut namespaces = application.namespaces();
        if !namespaces.contains(&prepared.run_namespace) {
            namespaces.push(prepared.run_namespace.clone());
        }
        self.observer
            .phase("waiting until no other run is at work in the same namespaces");
        let places: Vec<_> = namespaces
            .iter()
            .cloned()
            .chain(application.cluster_scoped())
            .collect();
        scene.locks = Some(cluster.lock_out(&places).await?);
        self.observer
            .phase("waiting until this machine has room beside other runs");
        scene.share = Some(cluster.share(Demand::of(&prepared.set)).await?);
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

    async fn get_cluster(&self, scene: &mut Scene) -> Result<Cluster, RunError> {
        self.observer
            .phase(&format!("getting cluster {}", self.cluster.name));
        scene.cluster_name = Some(self.cluster.name.clone());
        let cluster = scene.clusters.ensure(&self.cluster).await?;
        scene.cluster = Some(cluster.clone());
        Ok(cluster)
    }

    /// Waits for the workload to come up, then runs its drills one after the other, beside those of other workloads.
    /// What is done to a node meets everything on it: such a drill runs alone.
    async fn drill(&self, bench: &Bench<'_>, plan: &Plan, quiet: &RwLock<()>) -> Result<(), RunError> {
        let is_to_fail = plan
            .drills
            .iter()
            .any(|planned| planned.drill == Drill::ExpectFailure);
        if !is_to_fail && let Err(error) = self.come_up(bench, &plan.workload).await {
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
        for planned in &plan.drills {
            let drill = Box::pin(drill::run(bench, planned));
            if planned.drill.is_for_a_node() {
                let _alone = quiet.write().await;
                drill.await?;
            } else {
                let _beside = quiet.read().await;
                drill.await?;
            }
        }
        Ok(())
    }

    /// Waits until every member is Ready and the first accepts a session.
    async fn come_up(&self, bench: &Bench<'_>, workload: &Workload) -> Result<(), RunError> {
        let ready = async {
            for member in workload.members() {
                let check = |objects: &Objects| member_ready(objects, workload, &member, &BTreeSet::new());
                bench
                    .watches
                    .until(workload.called(&member), "Ready", self.deadline, check)
                    .await?;
            }
            Ok(())
        };
        let first = workload.member(0);
        let session = unless_hopeless(bench, &first, first_session(bench, workload, self.deadline));
        try_join(ready, session).await?;
        self.elect(bench, workload).await
    }

    /// Waits until a replica set has its PRIMARY; initiates it first, if that was asked for.
    async fn elect(&self, bench: &Bench<'_>, workload: &Workload) -> Result<(), RunError> {
        let Some(roles) = bench.roles else { return Ok(()) };
        roles.begin();
        let replica_set = async {
            if self.initiate_replica_set {
                roles.initiate(self.deadline).await?;
            }
            roles.settled(workload.replicas, self.deadline).await
        };
        timed(bench.recorder, "PRIMARY and SECONDARY".to_owned(), replica_set).await
    }
}

/// How exact the times are that rest on trying instead of watching.
fn cadence_note() -> String {
    format!(
        "a name's answer and a server's first session cannot be watched: they are tried, {} ms after the last try failed",
        CADENCE.as_millis()
    )
}

/// Tells this run's namespace from any other's: the time in milliseconds and the process.
fn run_id() -> String {
    format!("{:x}-{:x}", Timestamp::now().as_millisecond(), std::process::id())
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
