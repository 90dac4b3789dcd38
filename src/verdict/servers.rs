use std::collections::BTreeMap;

use jiff::Timestamp;

use super::view::DrillView;
use crate::history::{Event, NodeTask, TaskChange, container_id};

/// A server process of the member's: the main process of a container that runs the engine, as the container runtime
/// of its node reports it. The API forgets a pod before its processes have ended; the node does not.
#[derive(Clone, Copy)]
pub(super) struct Server<'h> {
    /// The pod's name.
    pub pod: &'h str,
    pub uid: &'h str,
    pub container: &'h str,
    /// The node that it is on.
    pub node: Option<&'h str>,
    /// The claims that the pod mounts.
    pub claims: &'h [String],
    pub started: Option<Report<'h>>,
    pub ended: Option<Report<'h>>,
    /// When a watch first said that it runs.
    pub seen_us: Option<u64>,
    /// Whether the last that the watches said of it is that it runs.
    pub runs: bool,
}

/// A node's report on a process.
#[derive(Clone, Copy)]
pub(super) struct Report<'h> {
    pub node: &'h str,
    /// By the node's own clock.
    pub when: Timestamp,
    /// The same, in microseconds since the run began.
    pub us: i64,
}

/// Every server process of the member's that the watches saw until the drill's end, in the order in which they were
/// first seen. What the nodes report of them may come later: by another way than the watches'.
pub(super) fn of<'h>(view: &DrillView<'h>) -> Vec<Server<'h>> {
    let reports = Reports::of(view);
    let mut servers: Vec<Server<'h>> = Vec::new();
    for sighting in view.pods() {
        let Some(state) = sighting.state else {
            let its = servers.iter_mut().filter(|server| server.uid == sighting.uid);
            its.for_each(|server| server.runs = false);
            continue;
        };
        let Some((engine, id)) = view
            .engine(state)
            .and_then(|engine| Some((engine, engine.id.as_deref()?)))
        else {
            continue;
        };
        let container = container_id(id).unwrap_or(id);
        let known = servers.iter_mut().find(|server| server.container == container);
        let server = match known {
            Some(server) => server,
            None => servers.push_mut(Server {
                pod: sighting.name,
                uid: sighting.uid,
                container,
                node: state.node.as_deref(),
                claims: &state.claims,
                started: reports.find(container, TaskChange::Started),
                ended: reports.find(container, TaskChange::Exited),
                seen_us: None,
                runs: false,
            }),
        };
        server.runs = engine.running;
        if engine.running && server.seen_us.is_none() {
            server.seen_us = Some(sighting.us);
        }
    }
    servers
}

/// What the nodes' container runtimes reported, on one clock.
struct Reports<'h> {
    tasks: Vec<&'h NodeTask>,
    /// By how much the run's clock is ahead of a node's, in microseconds: the least that lies between a report's time
    /// on the node and its arrival. The fastest report bounds the error.
    ahead: BTreeMap<&'h str, i64>,
}

impl<'h> Reports<'h> {
    fn of(view: &DrillView<'h>) -> Self {
        let mut reports = Self {
            tasks: Vec::new(),
            ahead: BTreeMap::new(),
        };
        for at in view.whole() {
            let Event::NodeTask(task) = at.event else { continue };
            let arrived = i64::try_from(at.us).unwrap_or(i64::MAX);
            let ahead = arrived.saturating_sub(task.when.as_microsecond());
            let least = reports.ahead.entry(&task.node).or_insert(ahead);
            *least = ahead.min(*least);
            reports.tasks.push(task);
        }
        reports
    }

    fn find(&self, container: &str, change: TaskChange) -> Option<Report<'h>> {
        let task = self
            .tasks
            .iter()
            .find(|task| task.container == container && task.change == change)?;
        let ahead = self.ahead.get(task.node.as_str())?;
        Some(Report {
            node: &task.node,
            when: task.when,
            us: task.when.as_microsecond().saturating_add(*ahead),
        })
    }
}
