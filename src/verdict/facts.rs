use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::rounds;
use crate::history::{ClusterFacts, Event, History};
use crate::plan::{LeftOut, Plan, Rounds};
use crate::workload::{EngineKind, WorkloadId};

/// What ran where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The version of stateproof that made the run.
    pub version: String,
    /// The cluster.
    pub cluster: ClusterFacts,
    /// The workloads, in the plan's order.
    pub workloads: Vec<WorkloadFacts>,
    /// What the running servers said of themselves, each answer once.
    pub servers: Vec<ServerFacts>,
    /// The drills that did not run.
    pub left_out: Vec<DrillLeftOut>,
    /// What the run noted.
    pub notes: Vec<String>,
}

/// What a report says of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadFacts {
    /// Its namespace and name.
    pub id: WorkloadId,
    /// Where the manifest declares it: `file:line`.
    pub declared_at: String,
    /// Number of members the manifest asks for.
    pub replicas: u32,
    /// What runs in it.
    pub engine: EngineKind,
    /// The image as the manifest names it.
    pub image: String,
    /// What really stood behind that name, where it was a stand-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<String>,
    /// Whether the engine's container has a readiness probe. Without one, Ready means started.
    pub has_readiness_probe: bool,
    /// How often its drills were done, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<RoundsFacts>,
    /// What a reader should know about the manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How many rounds of a workload's drills there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundsFacts {
    /// So many were begun.
    pub begun: u32,
    /// What was asked for.
    pub asked: Rounds,
}

/// What a running server said of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// The pod it ran in.
    pub pod: String,
    /// What it calls itself.
    pub version: String,
    /// The settings that durability depends on, by the server's own names.
    pub settings: BTreeMap<String, String>,
}

/// A drill that did not run, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillLeftOut {
    /// The workload.
    pub workload: WorkloadId,
    /// Which drill, and why.
    #[serde(flatten)]
    pub left_out: LeftOut,
}

/// Gathers what a history says of where it was made.
pub(super) fn facts(history: &History) -> Facts {
    let mut facts = Facts::default();
    for record in &history.records {
        match &record.event {
            Event::RunStarted {
                version,
                plans,
                cluster,
                ..
            } => {
                facts.version.clone_from(version);
                facts.cluster.clone_from(cluster);
                facts.workloads = plans
                    .iter()
                    .map(|plan| workload(plan, cluster, rounds::said(history, plan)))
                    .collect();
                facts.left_out = plans.iter().flat_map(left_out).collect();
            }
            Event::Server {
                pod,
                version,
                settings,
                ..
            } => {
                let server = ServerFacts {
                    pod: pod.clone(),
                    version: version.clone(),
                    settings: settings.clone(),
                };
                if !facts.servers.contains(&server) {
                    facts.servers.push(server);
                }
            }
            Event::Note { text } => facts.notes.push(text.clone()),
            _ => {}
        }
    }
    facts
}

/// Settings that weaken durability beyond the loss of a process: the values that do, and what follows. PostgreSQL's
/// manual, "Reliability and the Write-Ahead Log"; MySQL's, "InnoDB Startup Options" and "Binary Logging Options".
const WEAKENING: &[(&str, &[&str], &str)] = &[
    (
        "synchronous_commit",
        &["off"],
        "rows are acknowledged before they are on disk",
    ),
    ("fsync", &["off"], "nothing is ever forced to disk"),
    (
        "full_page_writes",
        &["off"],
        "a page half written at a crash stays half written",
    ),
    (
        "innodb_flush_log_at_trx_commit",
        &["0", "2"],
        "rows are acknowledged before they are on disk",
    ),
    (
        "innodb_doublewrite",
        &["OFF", "DETECT_ONLY"],
        "a page half written at a crash stays half written",
    ),
    (
        "innodb_flush_method",
        &["nosync"],
        "nothing is ever forced to disk",
    ),
];

/// What a reader might think proven and is not.
pub(super) fn not_proven(facts: &Facts) -> Vec<String> {
    let why = match facts.cluster.provider.as_str() {
        "context" => "no machine lost it",
        _ => "all nodes share one kernel",
    };
    let mut not_proven = vec![format!(
        "power loss: {why}; a process or pod that is killed leaves the page cache intact"
    )];
    for (setting, weak, consequence) in WEAKENING {
        let weakened = facts.servers.iter().find_map(|server| {
            let value = server.settings.get(*setting)?;
            weak.contains(&value.as_str()).then_some((server, value))
        });
        if let Some((server, value)) = weakened {
            not_proven.push(format!(
                "durability beyond a pod's loss: {} runs with {setting}={value}, {consequence}",
                server.pod
            ));
        }
    }
    for image in &facts.cluster.images {
        if let Some(contains) = &image.stand_in {
            not_proven.push(format!("{} itself: it was a stand-in: {contains}", image.name));
        }
    }
    not_proven
}

fn workload(plan: &Plan, cluster: &ClusterFacts, begun: Option<u32>) -> WorkloadFacts {
    let workload = &plan.workload;
    let image = cluster
        .images
        .iter()
        .find(|image| image.name == workload.engine.image);
    WorkloadFacts {
        id: workload.id(),
        declared_at: workload.declared_at.clone(),
        replicas: workload.replicas,
        engine: workload.engine.kind,
        image: workload.engine.image.clone(),
        stand_in: image.and_then(|image| image.stand_in.clone()),
        has_readiness_probe: workload.has_readiness_probe,
        rounds: plan.rounds.map(|asked| RoundsFacts {
            begun: begun.unwrap_or(0),
            asked,
        }),
        notes: workload.notes.clone(),
    }
}

fn left_out(plan: &Plan) -> impl Iterator<Item = DrillLeftOut> {
    plan.left_out.iter().map(|left_out| DrillLeftOut {
        workload: plan.workload.id(),
        left_out: left_out.clone(),
    })
}

impl fmt::Display for RoundsFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = if self.begun == 1 {
            "round was"
        } else {
            "rounds were"
        };
        write!(
            f,
            "{} {rounds} begun of what was asked for: {}",
            self.begun, self.asked
        )
    }
}
