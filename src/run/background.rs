use std::collections::BTreeSet;
use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Observer;
use crate::cluster::Watches;
use crate::cluster::provider::Node;
use crate::history::{Event, Recorder, TaskChange};

/// Hands what the watches wait for on to the observer.
pub fn relay(watches: &Watches, observer: Arc<dyn Observer>, background: &mut JoinSet<()>) {
    let mut awaiting = watches.awaiting();
    background.spawn(async move {
        while awaiting.changed().await.is_ok() {
            observer.awaiting(awaiting.borrow_and_update().as_ref());
        }
    });
}

/// Records when the nodes' container runtime starts and ends processes: what the API server forgets with the pod. Gives
/// the IDs of the containers whose processes have ended since.
pub fn follow_tasks(
    nodes: &[Node],
    recorder: &Recorder,
    background: &mut JoinSet<()>,
) -> watch::Receiver<BTreeSet<String>> {
    let (sender, ended) = watch::channel(BTreeSet::new());
    for node in nodes {
        let (node, recorder, sender) = (node.clone(), recorder.clone(), sender.clone());
        background.spawn(async move {
            let failed = match node.tasks().await {
                Ok(mut tasks) => loop {
                    match tasks.next().await {
                        Some(Ok(task)) => {
                            let exited = (task.change == TaskChange::Exited).then(|| task.container.clone());
                            if recorder.record(Event::NodeTask(task)).is_err() {
                                return;
                            }
                            sender.send_modify(|ended| ended.extend(exited));
                        }
                        Some(Err(error)) => break error.to_string(),
                        None => return,
                    }
                },
                Err(error) => error.to_string(),
            };
            let text = format!("the processes on node {} are not followed: {failed}", node.name);
            // A history that cannot be written is noticed by the next wait.
            drop(recorder.record(Event::Note { text }));
        });
    }
    ended
}
