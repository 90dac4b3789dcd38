use std::collections::BTreeMap;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::observer::Silent;
use super::preparation::Prepared;
use super::site::Wanted;
use super::{Observer, Outlook, RunError, Scene};
use crate::cluster::context::ContextSpec;
use crate::cluster::provider::ClusterSpec;
use crate::config::Config;
use crate::history::{Event, History, HistoryError, Recorder};
use crate::manifest::ImageOverrides;
use crate::plan::{Drill, End, Outcome, Plan, Promise, Selection, Shard};
use crate::report::{Style, render};
use crate::verdict::{Verdict, judge};

/// Manifests to be proven, and how.
///
/// ```no_run
/// use stateproof::plan::Drill;
/// use stateproof::run::Verification;
///
/// # async fn example() -> Result<(), stateproof::run::RunError> {
/// let proven = Verification::of(["k8s/"]).drills(&[Drill::LosePod]).run().await?;
/// proven.assert_held();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verification {
    pub(super) inputs: Vec<PathBuf>,
    /// What is to be applied over them; empty where nothing is.
    pub(super) next: Vec<PathBuf>,
    pub(super) selection: Selection,
    pub(super) shard: Option<Shard>,
    pub(super) wanted: Wanted,
    pub(super) repeat: Option<u32>,
    pub(super) duration: Option<Duration>,
    pub(super) seed: Option<u64>,
    history: Option<PathBuf>,
    pub(super) config: Option<Arc<Config>>,
    pub(super) image_overrides: ImageOverrides,
    pub(super) storage_classes: BTreeMap<String, String>,
    pub(super) vantage_image: Option<String>,
    pub(super) deadline: Option<Duration>,
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

impl Proven {
    /// Asserts that every promise came to what was expected, for a test of one's own.
    ///
    /// ```should_panic
    /// use stateproof::history::History;
    /// use stateproof::run::Proven;
    ///
    /// # fn main() -> Result<(), stateproof::history::HistoryError> {
    /// let lost = History::read("fixtures/histories/lost-row.jsonl")?;
    /// Proven::of(lost).assert_held();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// Unless the verdict is Held and nothing ended the run early: with the report, as the command prints it.
    #[track_caller]
    pub fn assert_held(&self) {
        let mut why = self.error.as_ref().map(RunError::lines).unwrap_or_default();
        let held = self.verdict.outcome == Outcome::Held && why.is_empty();
        why.extend([String::new(), render(&self.verdict, &Style::default())]);
        assert!(held, "not held\n{}", why.join("\n"));
    }

    /// What a history comes to that was written before: nothing is to be taken away.
    #[must_use]
    pub fn of(history: History) -> Self {
        Self {
            verdict: judge(&history),
            history,
            error: None,
            scene: None,
        }
    }
}

impl Verification {
    /// Of the manifests in these files and directories; `-` is standard input.
    pub fn of(inputs: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            inputs: inputs.into_iter().map(Into::into).collect(),
            next: Vec::new(),
            selection: Selection::default(),
            shard: None,
            wanted: Wanted::Own(ClusterSpec::default()),
            repeat: None,
            duration: None,
            seed: None,
            history: None,
            config: None,
            image_overrides: ImageOverrides::new(),
            storage_classes: BTreeMap::new(),
            vantage_image: None,
            deadline: None,
            initiate_replica_set: false,
            observer: Arc::new(Silent),
        }
    }

    /// Goes over to the manifests in these files and directories, while rows are being written; no other drill is done.
    #[must_use]
    pub fn upgrade_to(mut self, inputs: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.next = inputs.into_iter().map(Into::into).collect();
        self
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

    /// Not these drills.
    #[must_use]
    pub fn skip(mut self, drills: &[Drill]) -> Self {
        self.selection.skip = drills.to_vec();
        self
    }

    /// Only what is promised of these: a drill that promises none of them is left out.
    #[must_use]
    pub fn only(mut self, promises: &[Promise]) -> Self {
        self.selection.only = promises.to_vec();
        self
    }

    /// Only this share of the drills: the others are other runs'. [`crate::verdict::merge()`] makes one verdict of all.
    #[must_use]
    pub fn shard(mut self, shard: Shard) -> Self {
        self.shard = Some(shard);
        self
    }

    /// The drills so many times, round after round; with [`Verification::duration`] at most so many. What destroys the
    /// rows on purpose is done once, after the last round.
    #[must_use]
    pub fn repeat(mut self, rounds: u32) -> Self {
        self.repeat = Some(rounds);
        self
    }

    /// Rounds of the drills until so much time has gone by since the first was begun; one that was begun is finished.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// The drills of each round in an order that this number decides: the same one gives the same order.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// What cannot be seen in the manifests. What is said with this type's other methods comes before it, except the
    /// cluster, which it does not change.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(Arc::new(config));
        self
    }

    /// Other images in place of the manifests'; they come before those of the configuration.
    #[must_use]
    pub fn image_overrides(mut self, overrides: ImageOverrides) -> Self {
        self.image_overrides = overrides;
        self
    }

    /// Storage classes to make as aliases, each with the class of the cluster that it stands for.
    #[must_use]
    pub fn storage_classes(mut self, aliases: BTreeMap<String, String>) -> Self {
        self.storage_classes = aliases;
        self
    }

    /// On this cluster; one that does not exist is created.
    #[must_use]
    pub fn cluster(mut self, spec: ClusterSpec) -> Self {
        self.wanted = Wanted::Own(spec);
        self
    }

    /// On this cluster of others, of which nothing is made or removed. What its context does not allow is refused before
    /// anything is asked of it.
    #[must_use]
    pub fn context(mut self, spec: ContextSpec) -> Self {
        self.wanted = Wanted::Context(spec);
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
        self.deadline = Some(deadline);
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
        self.vantage_image = Some(image.into());
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
    /// [`RunError::Manifests`] with every problem found; [`RunError::Ends`] when a named end can prove nothing;
    /// [`RunError::EmptyShard`] when there are more shards than drills, [`RunError::RepeatedShard`] when one is to be gone
    /// through in rounds.
    pub fn plan(&self) -> Result<Vec<Plan>, RunError> {
        Ok(self.prepare()?.plans)
    }

    /// As [`Verification::plan`], with what would be left alone and why.
    ///
    /// # Errors
    /// As [`Verification::plan`].
    pub fn outlook(&self) -> Result<Outlook, RunError> {
        let Prepared {
            plans,
            left_alone,
            notes,
            ..
        } = self.prepare()?;
        Ok(Outlook {
            plans,
            left_alone,
            notes,
        })
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
        self.permit(&prepared)?;
        let recorder = match &self.history {
            Some(file) => create(file)?,
            None => Recorder::in_memory(),
        };
        let observer = self.observer.clone();
        let recorder = recorder.with_observer(Box::new(move |record| observer.record(record)));
        let mut scene = Scene::new(self.observer.clone());
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
                let proven = Proven::of(recorder.history());
                let scene = Some(scene);
                Ok(Proven {
                    error,
                    scene,
                    ..proven
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

/// What a panic said.
pub(super) fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
