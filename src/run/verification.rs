use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::foreseen::linted;
use super::observer::Silent;
use super::{Observer, RunError, Scene};
use crate::cluster::provider::{ClusterSpec, Clusters};
use crate::history::{Event, History, HistoryError, Recorder};
use crate::manifest::ManifestSet;
use crate::plan::{Drill, End, Plan, Selection};
use crate::vantage::DEFAULT_IMAGE;
use crate::verdict::{Verdict, judge};
use crate::workload::{Discovered, discover, outline};

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
    pub(super) cluster: ClusterSpec,
    history: Option<PathBuf>,
    pub(super) vantage_image: String,
    pub(super) deadline: Duration,
    pub(super) initiate_replica_set: bool,
    pub(super) observer: Arc<dyn Observer>,
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
pub(super) struct Prepared {
    pub(super) set: ManifestSet,
    pub(super) linted: Event,
    pub(super) discovered: Vec<Discovered>,
    pub(super) plans: Vec<Plan>,
    pub(super) run_namespace: String,
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

    /// Write the history to this file as it happens. Its directory is made where there is none.
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
            Some(file) => create(file)?,
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
            linted: linted(&set, &run_namespace),
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
}

/// Makes the history's file, and its directory where there is none: not before the manifests have been read, so that a
/// refused set leaves nothing behind.
fn create(file: &Path) -> Result<Recorder, HistoryError> {
    if let Some(directory) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(|cause| HistoryError::Create {
            path: file.to_owned(),
            cause: Arc::new(cause),
        })?;
    }
    Recorder::create(file)
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
