use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::pending;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Event as KubeEvent, Node, PersistentVolume, PersistentVolumeClaim, Pod};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::runtime::watcher;
use kube::runtime::{WatchStreamExt, watcher::Config};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::condense::{Condense, reference};
use super::discretion::discreet;
use super::objects::Change;
use super::{Objects, Progress, WaitError, logs};
use crate::history::{Event, HistoryError, ObjectRef, Recorder, Span};
use crate::manifest::Secrets;

/// One watch a kind, feeding both the history and the waits.
///
/// What a wait has seen is already in the history: a record is written before the state becomes visible.
/// The watches end when this is dropped.
pub struct Watches {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

pub(super) struct Shared {
    recorder: Recorder,
    /// What must not stand in the history, whatever the cluster says.
    secrets: Secrets,
    objects: Mutex<Objects>,
    /// Set once the history cannot be written any more: nothing that follows could be proven.
    broken: Mutex<Option<HistoryError>>,
    /// The logs as they stand in the history.
    logged: Mutex<HashMap<(ObjectRef, String), Vec<String>>>,
    changed: watch::Sender<u64>,
    awaiting: watch::Sender<Option<Awaiting>>,
}

/// What is being waited for at this moment, for a live display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaiting {
    /// Object and condition, for example `Pod postgres-0 Ready`.
    pub what: String,
    /// Its last state.
    pub last: String,
    /// When the wait began, in microseconds since the run began.
    pub since_us: u64,
}

impl Watches {
    /// Begins to watch pods, claims, StatefulSets, Deployments, PodDisruptionBudgets and events in these namespaces, the
    /// volumes bound to their claims, and the nodes; and the logs of containers whose pod is not Ready.
    ///
    /// Of what the cluster says the secrets are masked before anything is recorded.
    #[must_use]
    pub fn start(client: &Client, recorder: &Recorder, namespaces: &[String], secrets: Secrets) -> Self {
        let shared = Arc::new(Shared {
            recorder: recorder.clone(),
            secrets,
            logged: Mutex::default(),
            objects: Mutex::default(),
            broken: Mutex::default(),
            changed: watch::Sender::new(0),
            awaiting: watch::Sender::new(None),
        });
        let mut tasks = JoinSet::new();
        for namespace in namespaces {
            tasks.spawn(follow_within::<Pod>(&shared, client, namespace));
            tasks.spawn(follow_within::<PersistentVolumeClaim>(&shared, client, namespace));
            tasks.spawn(follow_within::<StatefulSet>(&shared, client, namespace));
            tasks.spawn(follow_within::<Deployment>(&shared, client, namespace));
            tasks.spawn(follow_within::<PodDisruptionBudget>(&shared, client, namespace));
            tasks.spawn(follow_within::<KubeEvent>(&shared, client, namespace));
        }
        let ours: HashSet<String> = namespaces.iter().cloned().collect();
        let bound_to_ours = move |volume: &PersistentVolume| {
            let claim = volume.spec.as_ref().and_then(|spec| spec.claim_ref.as_ref());
            // One that nobody has claimed yet may become ours.
            claim.is_none_or(|claim| {
                let namespace = claim.namespace.as_ref();
                namespace.is_some_and(|namespace| ours.contains(namespace))
            })
        };
        tasks.spawn(follow(
            shared.clone(),
            Api::<PersistentVolume>::all(client.clone()),
            None,
            bound_to_ours,
        ));
        tasks.spawn(follow(
            shared.clone(),
            Api::<Node>::all(client.clone()),
            None,
            |_| true,
        ));
        tasks.spawn(logs::follow(shared.clone(), client.clone()));
        Self { shared, tasks }
    }

    /// Looks at the last states.
    pub fn look<T>(&self, look: impl FnOnce(&Objects) -> T) -> T {
        look(&self.shared.objects())
    }

    /// What is being waited for, whenever that changes.
    #[must_use]
    pub fn awaiting(&self) -> watch::Receiver<Option<Awaiting>> {
        self.shared.awaiting.subscribe()
    }

    /// Waits until a condition holds, looking again whenever a watch delivers something.
    ///
    /// # Errors
    /// [`WaitError`] with object, condition, time waited, last state and cause when the deadline passes, when the
    /// condition says that waiting is hopeless, or when the history can no longer be written.
    pub async fn until<T>(
        &self,
        object: impl fmt::Display,
        condition: &str,
        deadline: Duration,
        mut check: impl FnMut(&Objects) -> Progress<T>,
    ) -> Result<T, WaitError> {
        let (object, what) = (object.to_string(), format!("{object} {condition}"));
        let from_us = self.shared.recorder.now_us();
        let mut changed = self.shared.changed.subscribe();
        let failed = |last, causes, hopeless| WaitError::NotMet {
            object: object.clone(),
            condition: condition.to_owned(),
            waited: Duration::from_micros(self.shared.recorder.now_us() - from_us),
            last,
            causes,
            hopeless,
        };
        let end = tokio::time::Instant::now() + deadline;
        let met = loop {
            changed.mark_unchanged();
            if let Some(error) = self.shared.broken() {
                break Err(WaitError::History(error));
            }
            let progress = check(&self.shared.objects());
            let (last, causes) = match progress {
                Progress::Met(value) => break Ok(value),
                Progress::Hopeless { last, causes } => break Err(failed(last, causes, true)),
                Progress::Pending { last, causes } => (last, causes),
            };
            self.shared.awaiting.send_replace(Some(Awaiting {
                what: what.clone(),
                last: last.clone(),
                since_us: from_us,
            }));
            if tokio::time::timeout_at(end, changed.changed()).await.is_err() {
                break Err(failed(last, causes, false));
            }
        };
        self.shared.awaiting.send_replace(None);
        if met.is_err() {
            self.shared.record_logs();
        }
        let to_us = self.shared.recorder.now_us();
        self.shared
            .recorder
            .record(Event::Waited(Span { what, from_us, to_us }))?;
        met
    }

    /// Waits, silently and without an end of its own, until there is something to say.
    pub async fn when<T>(&self, mut check: impl FnMut(&Objects) -> Option<T>) -> T {
        let mut changed = self.shared.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if let Some(found) = check(&self.shared.objects()) {
                return found;
            }
            if changed.changed().await.is_err() {
                pending::<()>().await;
            }
        }
    }

    /// A container is about to be killed by a fault: what ends it then is no failure of its own.
    pub fn killing(&self, pod: &ObjectRef, container: &str) {
        self.shared.objects().observe_kill(pod, container);
    }

    /// Adds to the history what the logs of containers whose pod is not Ready say by now, where it says something else
    /// there. A wait that fails does so by itself.
    pub fn record_logs(&self) {
        self.shared.record_logs();
    }

    /// Ends the watches and waits until the last of them has stopped writing to the history.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl Shared {
    pub(super) fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn broken(&self) -> Option<HistoryError> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, event: Event) {
        if let Err(error) = self.recorder.record(event) {
            *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }

    fn observe<K: Condense>(&self, object: &K) {
        let (reference, mut state) = (reference(object), object.condense());
        discreet(&mut state, &self.secrets);
        let version = object.meta().resource_version.clone().unwrap_or_default();
        let mut objects = self.objects();
        if objects.observe(&reference, &state) == Change::Changed {
            self.record(Event::Observed {
                object: reference,
                version,
                state,
            });
        }
    }

    fn forget(&self, reference: &ObjectRef) {
        if self.objects().forget(reference) {
            self.record(Event::Gone {
                object: reference.clone(),
            });
        }
    }

    /// Adds to the history what the logs say by now, where it says something else there.
    fn record_logs(&self) {
        let logs: Vec<_> = self
            .objects()
            .logs()
            .map(|(pod, container, lines)| ((pod.clone(), container.to_owned()), lines.to_vec()))
            .collect();
        for (key, lines) in logs {
            self.record_log(key, lines);
        }
    }

    fn record_log(&self, key: (ObjectRef, String), lines: Vec<String>) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() || logged.get(&key) == Some(&lines) {
            return;
        }
        self.record(Event::Log {
            object: key.0.clone().into(),
            container: key.1.clone(),
            lines: lines.clone(),
        });
        logged.insert(key, lines);
    }

    /// What a container's log says by now, without the secrets.
    pub(super) fn observe_log(&self, pod: &ObjectRef, container: &str, lines: &[String]) {
        let lines = lines.iter().map(|line| self.secrets.mask(line)).collect();
        self.objects().observe_log(pod, container, lines);
        self.announce();
    }

    pub(super) fn observe_log_end(&self, pod: &ObjectRef, container: &str, id: &str) {
        self.objects().observe_log_end(pod, container, id);
        self.announce();
    }

    /// Whenever the watches deliver something.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn announce(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

fn follow_within<K>(
    shared: &Arc<Shared>,
    client: &Client,
    namespace: &str,
) -> impl Future<Output = ()> + Send + 'static + use<K>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Condense
        + Clone
        + DeserializeOwned
        + fmt::Debug
        + Send
        + 'static,
{
    let api = Api::<K>::namespaced(client.clone(), namespace);
    follow(shared.clone(), api, Some(namespace.to_owned()), |_| true)
}

/// Follows one kind until the task is ended, in one namespace or, without one, in the whole cluster.
///
/// A watch that breaks is begun again by kube's `watcher`: with the last version it saw where the server still has
/// it, else with a list, which is a gap: what happened in between is known by its result only.
async fn follow<K>(shared: Arc<Shared>, api: Api<K>, namespace: Option<String>, relevant: impl Fn(&K) -> bool)
where
    K: Condense + Clone + DeserializeOwned + fmt::Debug + Send + 'static,
{
    let mut stream = watcher(api, Config::default())
        .default_backoff()
        .into_stream()
        .boxed();
    // What was relevant once stays so: a volume that others have claimed is not gone, nor is it still to be had.
    let follows = |object: &K| relevant(object) || shared.objects().knows(&reference(object));
    let mut listed: Option<HashSet<ObjectRef>> = None;
    let mut begun = false;
    let mut reason = String::from("the server no longer had the last version seen");
    loop {
        match stream.try_next().await {
            Ok(Some(watcher::Event::Init)) => {
                if begun {
                    shared.record(Event::Gap {
                        kind: K::kind(&()).into_owned(),
                        reason: reason.clone(),
                    });
                }
                begun = true;
                listed = Some(HashSet::new());
            }
            Ok(Some(watcher::Event::InitApply(object))) if follows(&object) => {
                listed.get_or_insert_default().insert(reference(&object));
                shared.observe(&object);
            }
            Ok(Some(watcher::Event::Apply(object))) if follows(&object) => shared.observe(&object),
            Ok(Some(watcher::Event::InitApply(_) | watcher::Event::Apply(_))) => continue,
            Ok(Some(watcher::Event::InitDone)) => {
                let listed = listed.take().unwrap_or_default();
                let kind = K::kind(&());
                // The list says nothing about what is in other namespaces.
                let covers = |known: &ObjectRef| namespace.as_ref().is_none_or(|of| *of == known.namespace);
                let missed: Vec<_> = shared
                    .objects()
                    .of_kind(&kind)
                    .filter(|known| covers(known) && !listed.contains(known))
                    .cloned()
                    .collect();
                for object in &missed {
                    shared.forget(object);
                }
            }
            Ok(Some(watcher::Event::Delete(object))) => shared.forget(&reference(&object)),
            Ok(None) => return,
            Err(error) => reason = error.to_string(),
        }
        shared.announce();
    }
}
