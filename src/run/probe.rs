use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::Client;
use tokio_util::sync::CancellationToken;

use super::connection::Route;
use super::preparation::run_id;
use super::stay::Stay;
use super::verification::words;
use super::writer::{UNDISTURBED, fate};
use super::{Probed, RunError};
use crate::cluster::context::{ContextSpec, Tenancy, Vacancy, live};
use crate::cluster::{Access, Watches};
use crate::config::Config;
use crate::engine::mongodb::Server;
use crate::engine::{Session, Target};
use crate::history::{Recorder, WriteFate};
use crate::manifest::{ManifestSet, Secrets};
use crate::vantage::{DEFAULT_IMAGE, Vantage};
use crate::workload::{Discovered, Password, Replication, Workload, survey};

/// How many rows are written.
const ROWS: u64 = 10;

/// How long a server may take to accept a session, where nothing else is said.
const DEADLINE: Duration = Duration::from_mins(1);

/// A look at databases that run already, without any fault: a few rows are written, read back and removed.
///
/// ```no_run
/// use stateproof::cluster::context::ContextSpec;
/// use stateproof::run::Probe;
/// use tokio_util::sync::CancellationToken;
///
/// # async fn example() -> Result<(), stateproof::run::RunError> {
/// let staging = ContextSpec { namespace: Some("shop".into()), ..ContextSpec::named("staging") };
/// for probed in Probe::of(staging).run(&CancellationToken::new()).await? {
///     println!("{probed}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Probe {
    spec: ContextSpec,
    inputs: Vec<PathBuf>,
    config: Option<Arc<Config>>,
    vantage_image: Option<String>,
    deadline: Option<Duration>,
}

/// What is looked at.
struct Subject {
    found: Vec<Discovered>,
    /// Where they are whose manifests name no namespace.
    namespace: String,
    /// What no output may show.
    secrets: Secrets,
}

impl Probe {
    /// Of the databases in the context's namespace: the one that is named, else the kubeconfig's, else `default`.
    #[must_use]
    pub fn of(spec: ContextSpec) -> Self {
        Self {
            spec,
            inputs: Vec::new(),
            config: None,
            vantage_image: None,
            deadline: None,
        }
    }

    /// Of the databases that these manifests describe, which run already: nothing of them is applied.
    #[must_use]
    pub fn manifests(mut self, inputs: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.inputs = inputs.into_iter().map(Into::into).collect();
        self
    }

    /// What cannot be seen in the manifests, or in the cluster: how to log in, whether encrypted. What is said with this
    /// type's other methods comes before it.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(Arc::new(config));
        self
    }

    /// How long a server may take to accept a session; a minute by default.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The image of the vantage.
    #[must_use]
    pub fn vantage_image(mut self, image: impl Into<String>) -> Self {
        self.vantage_image = Some(image.into());
        self
    }

    /// Looks, and takes away what was needed for it: the rows with their table, the vantage with its namespace. An
    /// interrupt ends it early, and takes them away all the same.
    ///
    /// # Errors
    /// [`RunError`] when a database cannot be found, reached or asked, or what was made cannot be taken away.
    pub async fn run(&self, interrupt: &CancellationToken) -> Result<Vec<Probed>, RunError> {
        let access = Access::of_context(&self.spec).await?;
        let namespace = self.spec.namespace.as_deref().unwrap_or(access.namespace());
        // What is wrong with what was written down is said before anything is asked of the cluster.
        let described = if self.inputs.is_empty() {
            None
        } else {
            Some(self.subject(&ManifestSet::read(&self.inputs)?, namespace)?)
        };
        let begun = unless(interrupt, async {
            let (client, _) = access.connect().await?;
            let subject = if let Some(subject) = described {
                subject
            } else {
                let standing = live(&client, namespace).await;
                let set = standing.map_err(|error| RunError::Live(Box::new(error)))??;
                self.subject(&set, namespace)?
            };
            Ok((client, subject))
        });
        let (client, subject) = begun.await?;
        let run = format!("stateproof-{}", run_id());
        let vacancy = Vacancy::of(&client, std::slice::from_ref(&run), &[]).await?;
        let mut stay = Stay {
            context: self.spec.name.clone(),
            tenancy: Tenancy::of(&client, &run),
            taken: Vec::new(),
            aliases: Vec::new(),
            run_namespace: run.clone(),
        };
        let probed = match vacancy.take(&client, &mut stay.tenancy, &mut stay.taken).await {
            Ok(()) => {
                let look = Box::pin(self.look(&client, subject, &run, interrupt));
                let looked = AssertUnwindSafe(look).catch_unwind().await;
                looked.unwrap_or_else(|panic| Err(RunError::Panicked(words(panic.as_ref()))))
            }
            Err(error) => Err(error.into()),
        };
        let left = stay.end(&client, None).await;
        let probed = probed?;
        left?;
        Ok(probed)
    }

    fn subject(&self, set: &ManifestSet, namespace: &str) -> Result<Subject, RunError> {
        let config = self.config.as_deref();
        let declarations = config.map(|config| config.declarations().clone());
        let survey = survey(set, namespace, &declarations.unwrap_or_default())?;
        if let Some(config) = config {
            let workloads: Vec<_> = survey.found.iter().map(|found| found.workload.id()).collect();
            config.check(&workloads, &survey.left_alone, namespace)?;
        }
        let passwords = config.into_iter().flat_map(Config::passwords);
        Ok(Subject {
            found: survey.found,
            namespace: namespace.to_owned(),
            secrets: Secrets::of(set).and(passwords.map(Password::reveal)),
        })
    }

    async fn look(
        &self,
        client: &Client,
        subject: Subject,
        run: &str,
        interrupt: &CancellationToken,
    ) -> Result<Vec<Probed>, RunError> {
        let Subject {
            found,
            namespace,
            secrets,
        } = subject;
        let recorder = Recorder::in_memory();
        let watches = Watches::start(client, &recorder, &[run.to_owned()], secrets);
        let config = self.config.as_deref();
        let image = self
            .vantage_image
            .as_deref()
            .or(config.and_then(|config| config.vantage_image.as_deref()));
        let deadline = self.deadline.or(config.and_then(|config| config.deadline));
        let started = unless(interrupt, async {
            let vantage = Vantage::start(client, run, image.unwrap_or(DEFAULT_IMAGE), None).await?;
            vantage.ready(&watches, run, deadline.unwrap_or(DEADLINE)).await?;
            Ok(Arc::new(vantage))
        });
        let vantage = started.await;
        watches.stop().await;
        let vantage = vantage?;
        let mut probed = Vec::new();
        for database in found.iter().filter(|found| found.workload.keeps_rows()) {
            let route = Route::to(&vantage, &recorder, database);
            let deadline = self.deadline_of(&database.workload, &namespace);
            probed.push(probe(route, run, deadline, interrupt).await?);
        }
        if probed.is_empty() {
            let named = found.iter().map(|found| found.workload.id().to_string());
            return Err(RunError::NothingToProbe {
                found: named.collect::<Vec<_>>().join(", "),
            });
        }
        Ok(probed)
    }

    fn deadline_of(&self, workload: &Workload, namespace: &str) -> Duration {
        let config = self.config.as_ref();
        let config = config.and_then(|config| config.deadline_of(&workload.id(), namespace));
        self.deadline.or(config).unwrap_or(DEADLINE)
    }
}

/// Does something, unless it is interrupted.
async fn unless<T>(
    interrupt: &CancellationToken,
    work: impl Future<Output = Result<T, RunError>>,
) -> Result<T, RunError> {
    let done = interrupt.run_until_cancelled(work).await;
    done.unwrap_or(Err(RunError::Interrupted))
}

async fn probe(
    route: Route<'_>,
    ledger: &str,
    deadline: Duration,
    interrupt: &CancellationToken,
) -> Result<Probed, RunError> {
    let workload = route.workload;
    let target = Target::ledger(workload, &workload.member(0));
    let opened = interrupt.run_until_cancelled(route.session(&target, deadline));
    let Some(opened) = opened.await else {
        // The server may have made the table by then, or be about to.
        if let Ok(session) = route.attempt(&target).await {
            session.forget(ledger).await?;
        }
        return Err(RunError::Interrupted);
    };
    let (session, _) = opened?;
    let asked = unless(interrupt, ask(route, &*session, &target, ledger)).await;
    // Whatever came of it. Should the connection be lost, another one may still get through.
    if session.forget(ledger).await.is_err() {
        let (session, _) = route.session(&target, deadline).await?;
        session.forget(ledger).await?;
    }
    asked
}

async fn ask(
    route: Route<'_>,
    session: &dyn Session,
    target: &Target,
    ledger: &str,
) -> Result<Probed, RunError> {
    let facts = session.facts().await?;
    let (mut acknowledged, mut refusal) = (Vec::new(), None);
    for key in 1..=ROWS {
        match fate(session, ledger, key, UNDISTURBED).await {
            WriteFate::Acknowledged => acknowledged.push(key),
            WriteFate::Refused(words) | WriteFate::Unknown(words) => {
                refusal.get_or_insert(words);
            }
        }
    }
    let rows = session.read(ledger).await?;
    let whole = |key: &&u64| rows.keys.contains(**key) && !rows.corrupt.contains(**key);
    let read = acknowledged.iter().filter(whole).count() as u64;
    Ok(Probed {
        workload: route.workload.id(),
        name: target.name(),
        server: session.server().map(str::to_owned),
        version: facts.version,
        settings: facts.settings,
        roles: roles(route).await?,
        written: ROWS,
        acknowledged: acknowledged.len() as u64,
        write_level: session.write_level().to_owned(),
        read,
        refusal,
    })
}

/// The members' roles, by their own word.
async fn roles(route: Route<'_>) -> Result<Vec<(String, String)>, RunError> {
    let Some(Replication::ReplicaSet { .. }) = &route.workload.replication else {
        return Ok(Vec::new());
    };
    let reach = route.reach();
    let mut roles = Vec::new();
    for member in route.workload.members() {
        let server = Server::new(&reach, &member.dns, route.workload.engine.port, route.credentials).await?;
        let state = server.state().await.unwrap_or_else(|error| error.to_string());
        roles.push((member.pod, state));
    }
    Ok(roles)
}
