use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use kube::Client;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::RunError;
use super::applied::apply;
use super::borrowed::{Cordons, Paused};
use super::connection::Route;
use super::despair::{unless_hopeless, with_causes};
use super::end::await_end;
use super::get::get;
use super::roles::Roles;
use super::writer::{Ledger, Progress, in_flight};
use crate::cluster::provider::Node;
use crate::cluster::{Application, Objects, Watches};
use crate::engine::Target;
use crate::fault::{
    break_image, delete_pod, delete_pods, delete_stateful_set, mend_image, restart_pods, undo_restart,
};
use crate::history::{DrillId, Event, Fault, FaultTarget, Recorder, Span};
use crate::plan::{End, PlannedDrill, Step};
use crate::workload::{Credentials, Member, Workload};

/// What a drill is run with.
pub struct Bench<'a> {
    /// What tells this run from any other.
    pub run: &'a str,
    pub client: &'a Client,
    /// The nodes that can be reached without the API server.
    pub nodes: &'a [Node],
    pub watches: &'a Watches,
    pub recorder: &'a Recorder,
    pub application: &'a Application,
    pub route: Route<'a>,
    /// How to log in once the new manifests are in force, where there are any.
    pub next_credentials: Option<&'a Credentials>,
    pub cordons: &'a Cordons,
    pub paused: &'a Paused,
    /// The IDs of the containers whose processes have ended, as their nodes say.
    pub ended: watch::Receiver<BTreeSet<String>>,
    /// The roles of the members, where they are a replica set.
    pub roles: Option<&'a Roles>,
    /// How long a member may take to become Ready, and a server to accept a session.
    pub deadline: Duration,
}

/// One drill under way.
pub(super) struct Run<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) workload: &'a Workload,
    pub(super) member: Member,
    /// Where the ledger's rows are written and read.
    pub(super) target: Target,
    pub(super) ledger: Ledger,
    pub(super) progress: watch::Sender<Progress>,
    /// Opened when the writer shall begin, stop and done when it shall and has ended.
    pub(super) begin: CancellationToken,
    pub(super) stop: CancellationToken,
    pub(super) done: CancellationToken,
    /// The UIDs of the pods that faults were aimed at, and the IDs of containers: none of them counts as come back.
    pub(super) met: watch::Sender<BTreeSet<String>>,
    /// Whether a fault was begun.
    struck: AtomicBool,
    /// How many members there should be now.
    pub(super) replicas: AtomicU32,
    /// Whether the new manifests are in force.
    pub(super) upgraded: AtomicBool,
    /// The end that is awaited.
    ends: &'a [End],
}

/// Runs a drill from its first step to its last; beginning, end and error stand in the history. Gives whether every step
/// was done.
///
/// # Errors
/// Only when the history cannot be written: everything else that goes wrong is the drill's end, recorded with its
/// causes.
pub async fn run(bench: &Bench<'_>, planned: &PlannedDrill, round: u32) -> Result<bool, RunError> {
    let workload = bench.route.workload;
    let drill = DrillId {
        workload: workload.id().into(),
        drill: planned.drill,
        round,
    };
    bench
        .recorder
        .record(Event::DrillStarted { drill: drill.clone() })?;
    let run = Run {
        bench,
        workload,
        target: Target::ledger(workload, &workload.member(planned.member)),
        member: workload.member(planned.member),
        ledger: Ledger::new(drill.clone(), bench.run),
        progress: watch::Sender::new(Progress::default()),
        begin: CancellationToken::new(),
        stop: CancellationToken::new(),
        done: CancellationToken::new(),
        met: watch::Sender::default(),
        struck: AtomicBool::new(false),
        replicas: AtomicU32::new(workload.replicas),
        upgraded: AtomicBool::new(false),
        ends: &planned.ends,
    };
    let steps = async {
        for step in &planned.steps {
            match step {
                step if step.is_about_rows() => {
                    Box::pin(unless_hopeless(bench, &run.member, run.step(*step))).await?;
                }
                step => run.step(*step).await?,
            }
        }
        Ok(())
    };
    let outcome = tokio::select! {
        outcome = steps => outcome,
        error = run.write_alongside() => Err(error),
    };
    let error = match outcome {
        Err(RunError::History(error)) => return Err(error.into()),
        Err(error) => {
            let mut lines = with_causes(bench, &run.member, &error);
            // The next drill needs the node; should this fail, the scene tries again in the end.
            let resumed = bench.paused.resume().await;
            let lifted = bench.cordons.lift(bench.client).await;
            lines.extend(resumed.err().map(|error| error.to_string()));
            lines.extend(lifted.err().map(|error| error.to_string()));
            lines
        }
        Ok(()) => Vec::new(),
    };
    run.forget_rows().await?;
    let carried_through = error.is_empty();
    bench.recorder.record(Event::DrillEnded { drill, error })?;
    Ok(carried_through)
}

impl Run<'_> {
    async fn step(&self, step: Step) -> Result<(), RunError> {
        match step {
            Step::Resolve => self.resolve().await,
            Step::Write { rows } => self.write(rows).await,
            Step::StartWriter => self.start_writer().await,
            Step::Crash => self.crash().await,
            Step::DeletePod { grace_seconds } => {
                let force = grace_seconds == Some(0);
                self.fault(|objects| delete_pod(objects, self.workload, &self.member, force))
                    .await
            }
            Step::DeleteStatefulSet => {
                self.fault(|objects| delete_stateful_set(objects, self.workload))
                    .await
            }
            Step::DeleteClaims => self.delete_claims().await,
            Step::Reapply => self.reapply().await,
            Step::AwaitReady => self.await_ready().await,
            Step::AwaitRows { rows } => self.await_more(u64::from(rows)).await,
            Step::StopWriter { rows_after } => self.stop_writer(u64::from(rows_after)).await,
            Step::InspectClaims => self.inspect_claims().await,
            Step::Read => self.read().await,
            Step::ReadServices => self.read_services().await,
            Step::ResolveServices => self.resolve_services().await,
            Step::DeletePods => self.fault(|objects| delete_pods(objects, self.workload)).await,
            Step::RenewFirst => self.renew_first().await,
            Step::Scale { replicas } => self.scale(replicas).await,
            Step::AwaitAllReady => self.await_all_ready().await,
            Step::Restart => self.change_template(restart_pods).await,
            Step::Undo => self.change_template(undo_restart).await,
            Step::BreakImage => self.change_template(break_image).await,
            Step::AwaitBroken => self.await_broken().await,
            Step::MendImage => self.change_template(mend_image).await,
            Step::AwaitMended => self.await_mended().await,
            Step::Upgrade {
                replicas,
                replaces_pods,
            } => self.upgrade(replicas, replaces_pods).await,
            Step::Evict { pods } => self.evict(pods).await,
            Step::Cordon => self.cordon().await,
            Step::AwaitDisplaced => self.await_displaced().await,
            Step::Uncordon => self.uncordon().await,
            Step::PauseNode => self.pause_node().await,
            Step::ResumeNode => self.resume_node().await,
            Step::AwaitEnded => self.await_ended().await,
            Step::Get => {
                let asked = get(self.bench, &self.ledger.drill, &self.target, &self.member);
                self.timed("GET /".to_owned(), asked).await
            }
            Step::WriteThroughServices => self.write_through_services().await,
            Step::ReadMembers => self.read_members().await,
            Step::AwaitRoles => self.await_roles().await,
            Step::ProbeRoles => self.probe_roles().await,
            Step::ElectFirst => self.elect_first().await,
            Step::StepDown => self.step_down().await,
            Step::ProbePrimaryAddress => self.probe_primary_address().await,
            Step::AwaitEnd => await_end(self.bench, &self.ledger.drill, self.ends).await,
        }
    }

    async fn reapply(&self) -> Result<(), RunError> {
        self.timed(
            "manifests applied again".to_owned(),
            apply(
                self.bench.application,
                Some(&self.workload.id()),
                self.bench.recorder,
            ),
        )
        .await?;
        self.replicas.store(self.workload.replicas, Ordering::Relaxed);
        Ok(())
    }

    /// How the servers are reached by whoever goes by the manifests that are in force.
    pub(super) fn route(&self) -> Route<'_> {
        let Bench {
            route,
            next_credentials,
            ..
        } = self.bench;
        let next = next_credentials.filter(|_| self.upgraded.load(Ordering::Relaxed));
        Route {
            credentials: next.unwrap_or(route.credentials),
            ..*route
        }
    }

    /// The name of the member's pod; of a Deployment, the one at the address that answered.
    pub(super) fn pod_of(&self, server: Option<&str>) -> String {
        let found = self.look(|objects| {
            let mut pods = objects.pods_of(self.workload);
            let at = pods.find(|(_, pod)| server.is_some() && pod.ip.as_deref() == server);
            at.or_else(|| objects.pod_of(self.workload, &self.member))
                .map(|(pod, _)| pod.name.clone())
        });
        found.unwrap_or_else(|| self.member.pod.clone())
    }

    /// Records that a fault is about to be done: the first one while the writer has a row under way, where it writes.
    pub(super) async fn begin_fault(&self, fault: Fault, targets: Vec<FaultTarget>) -> Result<(), RunError> {
        let writing = self.begin.is_cancelled() && !self.stop.is_cancelled();
        let begun = Event::FaultBegun {
            drill: self.ledger.drill.clone(),
            fault,
            targets,
        };
        if self.struck.swap(true, Ordering::Relaxed) || !writing {
            return self.record(begun);
        }
        in_flight(&self.progress, self.bench.deadline, || self.record(begun)).await
    }

    /// Marks the time that something takes as the cluster's.
    pub(super) async fn timed<T>(
        &self,
        what: String,
        work: impl Future<Output = Result<T, RunError>>,
    ) -> Result<T, RunError> {
        timed(self.bench.recorder, what, work).await
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Objects) -> T) -> T {
        self.bench.watches.look(look)
    }

    pub(super) fn record(&self, event: Event) -> Result<(), RunError> {
        Ok(self.bench.recorder.record(event)?)
    }
}

/// Marks the time that something takes as the cluster's: see `Event::Waited`.
pub async fn timed<T>(
    recorder: &Recorder,
    what: String,
    work: impl Future<Output = Result<T, RunError>>,
) -> Result<T, RunError> {
    let from_us = recorder.now_us();
    let result = work.await;
    recorder.record(Event::Waited(Span {
        what,
        from_us,
        to_us: recorder.now_us(),
    }))?;
    result
}
