use std::collections::BTreeSet;
use std::time::Duration;

use thiserror::Error;

use super::deployment::deployment_ready;
use super::{Cause, Objects, cause};
use crate::history::{HistoryError, ObjectRef, PodState};
use crate::workload::{Member, Workload, WorkloadKind};

/// How far a condition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// It holds.
    Met(T),
    /// Not yet.
    Pending {
        /// The last state, in a few words.
        last: String,
        /// What stands in the way, if the cluster says so.
        causes: Vec<String>,
    },
    /// It will not hold however long one waits.
    Hopeless {
        /// The last state, in a few words.
        last: String,
        /// Why.
        causes: Vec<String>,
    },
}

/// Why a wait ended without its condition.
#[derive(Clone, Debug, Error)]
pub enum WaitError {
    /// The condition did not come to hold.
    #[error("{object} is not {condition} after {:.1} s{}: {last}", waited.as_secs_f64(),
        if *hopeless { ", and waiting longer cannot help" } else { "" })]
    NotMet {
        /// The object waited for.
        object: String,
        /// The condition.
        condition: String,
        /// How long it was waited for.
        waited: Duration,
        /// The last state.
        last: String,
        /// The cause chain, the nearest first.
        causes: Vec<String>,
        /// Whether the wait was ended early, because the cause does not go away by itself.
        hopeless: bool,
    },
    /// The history cannot be written, so nothing that follows could be proven.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl WaitError {
    /// The message and the causes below it, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.to_string()];
        if let Self::NotMet { causes, .. } = self {
            lines.extend(causes.iter().cloned());
        }
        lines
    }
}

/// The member is Ready as another pod than those with the UIDs `not`, its server in another container than those with
/// the IDs `not`, and in place with an address. Of a Deployment, whose pods have no names that stay, all must be.
///
/// `readyReplicas` is not asked: right after a deletion it is stale.
#[must_use]
pub fn member_ready(
    objects: &Objects,
    workload: &Workload,
    member: &Member,
    not: &BTreeSet<String>,
) -> Progress<(ObjectRef, PodState)> {
    if workload.kind == WorkloadKind::Deployment {
        return deployment_ready(objects, workload, member, not);
    }
    let found = objects.pod(&workload.namespace, &member.pod);
    if let Some((object, pod)) = found
        && !is_one_of(not, workload, object, pod)
        && pod.ready
        && !pod.terminating
        && pod.ip.is_some()
    {
        return Progress::Met((object.clone(), pod.clone()));
    }
    let last = match found {
        Some((object, _)) if not.contains(&object.uid) => "the old pod is still there".to_owned(),
        Some((object, pod)) if is_one_of(not, workload, object, pod) => {
            format!("the old server process is still there: {}", describe(pod))
        }
        Some((_, pod)) => describe(pod),
        None => "there is no such pod".to_owned(),
    };
    let Cause {
        chain: causes,
        hopeless,
    } = cause::member_not_ready(
        objects,
        &workload.namespace,
        &workload.name,
        &member.pod,
        &member.claims,
    );
    if hopeless {
        Progress::Hopeless { last, causes }
    } else {
        Progress::Pending { last, causes }
    }
}

/// Whether a pod or its server is one that must have gone.
pub(super) fn is_one_of(
    not: &BTreeSet<String>,
    workload: &Workload,
    object: &ObjectRef,
    pod: &PodState,
) -> bool {
    let server = pod.container(&workload.engine.container);
    not.contains(&object.uid)
        || server.is_some_and(|server| server.id.as_ref().is_some_and(|id| not.contains(id)))
}

/// These very objects are gone: their UIDs, whatever has taken their names since.
#[must_use]
pub fn all_gone(objects: &Objects, targets: &[ObjectRef]) -> Progress<()> {
    let left: Vec<_> = targets.iter().filter(|target| objects.contains(target)).collect();
    if left.is_empty() {
        return Progress::Met(());
    }
    let names: Vec<_> = left
        .iter()
        .map(|object| format!("{} {}", object.kind, object.name))
        .collect();
    Progress::Pending {
        last: format!("still there: {}", names.join(", ")),
        causes: Vec::new(),
    }
}

/// None of these claims is about to be garbage-collected: what is there now stays unless somebody deletes it.
///
/// With `whenDeleted: Delete` the StatefulSet owns its claims, and they go some time after it.
#[must_use]
pub fn claims_settled(objects: &Objects, namespace: &str, claims: &[String]) -> Progress<()> {
    let going: Vec<_> = claims
        .iter()
        .filter_map(|name| objects.claim(namespace, name))
        .filter(|(_, state)| {
            state.terminating || state.owners.iter().any(|owner| !objects.contains_uid(owner))
        })
        .map(|(object, _)| object.name.clone())
        .collect();
    if going.is_empty() {
        return Progress::Met(());
    }
    Progress::Pending {
        last: format!("about to go: {}", going.join(", ")),
        causes: Vec::new(),
    }
}

fn describe(pod: &PodState) -> String {
    let mut words = vec![pod.phase.clone()];
    if pod.terminating {
        words.push("terminating".to_owned());
    }
    if pod.node.is_none() {
        words.push("not scheduled".to_owned());
    }
    for container in &pod.containers {
        let state = match (&container.waiting, container.running) {
            (Some(waiting), _) => waiting.split(':').next().unwrap_or_default(),
            (None, true) => "running",
            (None, false) => "ended",
        };
        words.push(format!("{} {state}", container.name));
    }
    if !pod.ready {
        words.push("not Ready".to_owned());
    }
    words.join(", ")
}
