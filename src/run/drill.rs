use std::time::Duration;

use futures::future::pending;
use kube::Client;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::RunError;
use super::cadence::next_try;
use super::connection::Route;
use super::despair::{needs_server, unless_hopeless, with_causes};
use super::end::await_end;
use super::writer::{Ledger, Progress, await_rows};
use crate::cluster::{Application, Objects, Watches, all_gone, claims_settled, member_ready};
use crate::engine::Target;
use crate::fault::{Aim, FaultError, delete_claims, delete_pod, delete_stateful_set};
use crate::history::{DrillId, Event, Recorder, Span};
use crate::plan::{PlannedDrill, Step};
use crate::workload::{Member, Workload, WorkloadId};

/// How long a name may take to answer with the new address: CoreDNS may serve what it has cached for 30 s.
const NAME_DEADLINE: Duration = Duration::from_secs(45);

/// How long deleted objects may take to go, their grace period not counted.
const REMOVAL_DEADLINE: Duration = Duration::from_mins(1);

/// What a drill is run with.
pub struct Bench<'a> {
    pub client: &'a Client,
    pub watches: &'a Watches,
    pub recorder: &'a Recorder,
    pub application: &'a Application,
    pub route: Route<'a>,
    /// How long a member may take to become Ready, and a server to accept a session.
    pub deadline: Duration,
}

/// One drill under way.
struct Run<'a> {
    bench: &'a Bench<'a>,
    workload: &'a Workload,
    member: Member,
    /// Where the ledger's rows are written and read.
    target: Target,
    ledger: Ledger,
    progress: watch::Sender<Progress>,
    /// Opened when the writer shall begin, stop and done when it shall and has ended.
    begin: CancellationToken,
    stop: CancellationToken,
    done: CancellationToken,
    /// The UID of the member's pod that the last fault was aimed at.
    faulted: watch::Sender<Option<String>>,
}

/// Runs a drill from its first step to its last; beginning, end and error stand in the history.
///
/// # Errors
/// Only when the history cannot be written: everything else that goes wrong is the drill's end, recorded with its
/// causes.
pub async fn run(bench: &Bench<'_>, planned: &PlannedDrill) -> Result<(), RunError> {
    let workload = bench.route.workload;
    let drill = DrillId {
        workload: workload.id(),
        drill: planned.drill,
    };
    bench
        .recorder
        .record(Event::DrillStarted { drill: drill.clone() })?;
    let run = Run {
        bench,
        workload,
        target: Target::ledger(workload, &workload.member(planned.member)),
        member: workload.member(planned.member),
        ledger: Ledger::new(drill.clone()),
        progress: watch::Sender::new(Progress::default()),
        begin: CancellationToken::new(),
        stop: CancellationToken::new(),
        done: CancellationToken::new(),
        faulted: watch::Sender::new(None),
    };
    let steps = async {
        for step in &planned.steps {
            match step {
                Step::AwaitEnd => await_end(bench, &drill, &planned.ends).await?,
                step if needs_server(*step) => unless_hopeless(bench, &run.member, run.step(*step)).await?,
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
        Err(error) => with_causes(bench, &run.member, &error),
        Ok(()) => Vec::new(),
    };
    bench.recorder.record(Event::DrillEnded { drill, error })?;
    Ok(())
}

impl Run<'_> {
    async fn step(&self, step: Step) -> Result<(), RunError> {
        match step {
            Step::Resolve => self.resolve().await,
            Step::Write { rows } => self.write(rows).await,
            Step::StartWriter => self.start_writer().await,
            Step::DeletePod { grace_seconds } => {
                let force = grace_seconds == Some(0);
                self.fault(|objects| delete_pod(objects, self.workload, &self.member, force))
                    .await
            }
            Step::DeleteStatefulSet => {
                self.fault(|objects| delete_stateful_set(objects, self.workload))
                    .await
            }
            Step::DeleteClaims => {
                self.fault(|objects| delete_claims(objects, self.workload, &self.member))
                    .await
            }
            Step::Reapply => self.reapply().await,
            Step::AwaitReady => self.await_ready().await,
            Step::StopWriter { rows_after } => self.stop_writer(u64::from(rows_after)).await,
            Step::InspectClaims => self.inspect_claims().await,
            Step::Read => self.read().await,
            Step::ReadServices => self.read_services().await,
            _ => todo!(),
        }
    }

    /// Lives beside the steps and ends only with an error.
    async fn write_alongside(&self) -> RunError {
        self.begin.cancelled().await;
        let Bench { route, deadline, .. } = self.bench;
        let end = self
            .ledger
            .keep_writing(*route, &self.target, *deadline, &self.progress, &self.stop)
            .await;
        self.done.cancel();
        match end {
            Ok(()) => pending().await,
            Err(error) => error,
        }
    }

    async fn resolve(&self) -> Result<(), RunError> {
        let Some(ip) = self.look(|objects| {
            objects
                .pod(&self.workload.namespace, &self.member.pod)
                .and_then(|(_, pod)| pod.ip.clone())
        }) else {
            return Ok(());
        };
        self.timed(format!("name of {} answers", self.member.pod), async {
            let end = Instant::now() + NAME_DEADLINE;
            let mut before = None;
            loop {
                let addresses = self.bench.route.vantage.resolve(&self.member.dns).await?;
                // A name that never agrees is not an error here: it is what the verdict is about.
                let done = addresses == [ip.as_str()] || Instant::now() >= end;
                if done || before.as_ref() != Some(&addresses) {
                    let (drill, name) = (self.ledger.drill.clone(), self.member.dns.clone());
                    self.record(Event::Resolved {
                        drill,
                        name,
                        addresses: addresses.clone(),
                    })?;
                    before = Some(addresses);
                }
                if done {
                    return Ok(());
                }
                next_try().await;
            }
        })
        .await
    }

    async fn write(&self, rows: u32) -> Result<(), RunError> {
        self.timed(format!("{rows} rows written"), async {
            let Bench { route, deadline, .. } = self.bench;
            let session = route.connect(&self.ledger.drill, &self.target, *deadline).await?;
            let (acknowledged, failure) = self.ledger.write(*route, &*session, u64::from(rows)).await?;
            match failure {
                None => Ok(()),
                Some(last) => Err(RunError::Starved {
                    acknowledged,
                    wanted: u64::from(rows),
                    waited_s: 0,
                    last,
                }),
            }
        })
        .await
    }

    async fn start_writer(&self) -> Result<(), RunError> {
        self.timed("writer under way".to_owned(), async {
            self.begin.cancel();
            await_rows(&self.progress, 1, self.bench.deadline).await
        })
        .await
    }

    async fn stop_writer(&self, rows_after: u64) -> Result<(), RunError> {
        self.timed(format!("{rows_after} more rows acknowledged"), async {
            await_rows(&self.progress, rows_after, self.bench.deadline).await?;
            self.stop.cancel();
            self.done.cancelled().await;
            Ok(())
        })
        .await
    }

    /// Does a fault to what it is aimed at now, and waits for what must be gone before the next step.
    async fn fault(&self, aim: impl FnOnce(&Objects) -> Result<Aim, FaultError>) -> Result<(), RunError> {
        let aim = self.look(aim)?;
        let pod = self.look(|objects| {
            objects
                .pod_of(self.workload, &self.member)
                .map(|(pod, _)| pod.uid.clone())
        });
        if pod.is_some() {
            self.faulted.send_replace(pod);
        }
        let (drill, fault) = (&self.ledger.drill, aim.fault);
        self.record(Event::FaultBegun {
            drill: drill.clone(),
            fault,
            targets: aim.targets.clone(),
        })?;
        let accepted = async { Ok(aim.carry_out(self.bench.client).await?) };
        self.timed(format!("API server accepts: {fault}"), accepted)
            .await?;
        self.record(Event::FaultAccepted {
            drill: drill.clone(),
            fault,
        })?;
        if aim.until_gone.is_empty() {
            return Ok(());
        }
        let grace = Duration::from_secs(u64::from(self.workload.termination_grace_seconds));
        let gone = |objects: &Objects| all_gone(objects, &aim.until_gone);
        Ok(self
            .bench
            .watches
            .until("what was deleted", "gone", REMOVAL_DEADLINE + grace, gone)
            .await?)
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
        .await
    }

    async fn await_ready(&self) -> Result<(), RunError> {
        let not = self.faulted.borrow().clone();
        let check = |objects: &Objects| member_ready(objects, self.workload, &self.member, not.as_deref());
        self.bench
            .watches
            .until(
                self.workload.called(&self.member),
                "Ready",
                self.bench.deadline,
                check,
            )
            .await?;
        Ok(())
    }

    async fn inspect_claims(&self) -> Result<(), RunError> {
        let namespace = &self.workload.namespace;
        let check = |objects: &Objects| claims_settled(objects, namespace, &self.member.claims);
        self.bench
            .watches
            .until("claims", "settled", REMOVAL_DEADLINE, check)
            .await?;
        let (claims, volumes) = self.look(|objects| {
            let found: Vec<_> = self
                .member
                .claims
                .iter()
                .filter_map(|name| objects.claim(namespace, name))
                .collect();
            let volumes = found
                .iter()
                .filter_map(|(_, state)| objects.volume(state.volume.as_deref()?));
            let volumes: Vec<_> = volumes
                .map(|(object, state)| (object.clone(), state.clone()))
                .collect();
            (
                found
                    .into_iter()
                    .map(|(object, state)| (object.clone(), state.clone()))
                    .collect(),
                volumes,
            )
        });
        self.record(Event::ClaimsInspected {
            drill: self.ledger.drill.clone(),
            claims,
            volumes,
        })
    }

    async fn read(&self) -> Result<(), RunError> {
        self.timed("rows read back".to_owned(), async {
            let Bench { route, deadline, .. } = self.bench;
            let session = route.connect(&self.ledger.drill, &self.target, *deadline).await?;
            let facts = session.facts().await?;
            let drill = self.ledger.drill.clone();
            let pod = self.pod_of(session.server());
            let rows = session.read(self.ledger.name()).await?;
            self.record(Event::Server {
                drill: Some(drill.clone()),
                pod,
                version: facts.version,
                settings: facts.settings,
            })?;
            self.record(Event::Read {
                drill,
                level: session.read_level().to_owned(),
                keys: rows.keys,
                corrupt: rows.corrupt,
            })
        })
        .await
    }

    /// The name of the member's pod; of a Deployment, the one at the address that answered.
    fn pod_of(&self, server: Option<&str>) -> String {
        let found = self.look(|objects| {
            let mut pods = objects.pods_of(self.workload);
            let at = pods.find(|(_, pod)| server.is_some() && pod.ip.as_deref() == server);
            at.or_else(|| objects.pod_of(self.workload, &self.member))
                .map(|(pod, _)| pod.name.clone())
        });
        found.unwrap_or_else(|| self.member.pod.clone())
    }

    async fn read_services(&self) -> Result<(), RunError> {
        self.timed("rows read through the Services".to_owned(), async {
            let Bench { route, deadline, .. } = self.bench;
            for service in self.workload.services_of(&self.member) {
                let target = Target::service(self.workload, service);
                let session = route.connect(&self.ledger.drill, &target, *deadline).await?;
                let rows = session.read(self.ledger.name()).await?;
                self.record(Event::ServiceRead {
                    drill: self.ledger.drill.clone(),
                    service: service.dns.clone(),
                    keys: rows.keys,
                })?;
            }
            Ok(())
        })
        .await
    }

    /// Marks the time that something takes as the cluster's.
    async fn timed<T>(
        &self,
        what: String,
        work: impl Future<Output = Result<T, RunError>>,
    ) -> Result<T, RunError> {
        timed(self.bench.recorder, what, work).await
    }

    fn look<T>(&self, look: impl FnOnce(&Objects) -> T) -> T {
        self.bench.watches.look(look)
    }

    fn record(&self, event: Event) -> Result<(), RunError> {
        Ok(self.bench.recorder.record(event)?)
    }
}

/// Applies the manifests, those of other workloads than this one left out, and records what the API server made of
/// them.
pub async fn apply(
    application: &Application,
    only: Option<&WorkloadId>,
    recorder: &Recorder,
) -> Result<(), RunError> {
    let mut applied = Vec::new();
    let result = match only {
        Some(workload) => {
            application
                .apply_for(workload, |object| applied.push(object))
                .await
        }
        None => application.apply(|object| applied.push(object)).await,
    };
    for object in applied {
        recorder.record(Event::Applied { object })?;
    }
    Ok(result?)
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
