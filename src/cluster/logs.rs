//! The logs of containers whose pod is not Ready: followed, never asked for again and again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;
use kube::{Api, Client};
use tokio::task::{AbortHandle, JoinSet};

use super::Objects;
use super::watches::Shared;
use crate::history::ObjectRef;

/// How many of a log's last lines are kept, of those that are not blank.
const LINES: usize = 10;

/// How many are asked for: a program may print more blank ones than others, and what it says of its end need not be
/// last, since its standard output may arrive after its standard error.
const ASKED_FOR: i64 = 50;

/// How many lines that are there at once are taken in at once.
const BURST: usize = 256;

/// One start of one container.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Start {
    pod: ObjectRef,
    container: String,
    id: String,
}

/// Follows the log of every container that was started in a pod that is not Ready, until the pod is Ready or gone.
pub async fn follow(shared: Arc<Shared>, client: Client) {
    let mut changes = shared.changes();
    let mut tails = JoinSet::new();
    let mut followed: HashMap<Start, AbortHandle> = HashMap::new();
    loop {
        changes.mark_unchanged();
        let wanted = starts(&shared.objects());
        followed.retain(|start, tail| {
            let stays = wanted.contains(start);
            if !stays {
                tail.abort();
                if !wanted.iter().any(|other| other.pod == start.pod) {
                    shared.objects().forget_logs(&start.pod);
                }
            }
            stays
        });
        for start in wanted {
            followed
                .entry(start)
                .or_insert_with_key(|start| tails.spawn(tail(shared.clone(), client.clone(), start.clone())));
        }
        while tails.try_join_next().is_some() {}
        if changes.changed().await.is_err() {
            return;
        }
    }
}

fn starts(objects: &Objects) -> HashSet<Start> {
    let waiting = objects.pods().filter(|(_, pod)| !pod.ready && !pod.terminating);
    let containers = waiting.flat_map(|(object, pod)| pod.containers.iter().map(move |one| (object, one)));
    // An init container that did what it should has nothing to tell.
    containers
        .filter(|(_, one)| !(one.init && one.has_succeeded()))
        .filter_map(|(object, one)| {
            Some(Start {
                pod: object.clone(),
                container: one.name.clone(),
                id: one.id.clone()?,
            })
        })
        .collect()
}

/// Takes in a container's last lines and what follows. A log that cannot be had tells nothing: the pod's own state
/// says what is the matter.
async fn tail(shared: Arc<Shared>, client: Client, start: Start) {
    let pods: Api<Pod> = Api::namespaced(client, &start.pod.namespace);
    let params = LogParams {
        container: Some(start.container.clone()),
        follow: true,
        tail_lines: Some(ASKED_FOR),
        ..LogParams::default()
    };
    let log = match pods.log_stream(&start.pod.name, &params).await {
        Ok(log) => log,
        Err(error) => {
            tracing::debug!("no log of {} in {}: {error}", start.container, start.pod.name);
            shared.observe_log_end(&start.pod, &start.container, &start.id);
            return;
        }
    };
    let mut last = VecDeque::with_capacity(LINES);
    let mut bursts = log.lines().into_stream().ready_chunks(BURST);
    while let Some(burst) = bursts.next().await {
        for line in burst.into_iter().flatten() {
            if line.trim().is_empty() {
                continue;
            }
            if last.len() == LINES {
                last.pop_front();
            }
            last.push_back(line);
        }
        shared.observe_log(&start.pod, &start.container, last.make_contiguous());
    }
    shared.observe_log_end(&start.pod, &start.container, &start.id);
}
