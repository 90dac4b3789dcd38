//! Histories of a Deployment, made by hand.

use stateproof::history::{
    ClaimState, ClusterFacts, ContainerState, DrillId, Event, FORMAT_VERSION, Fault, Keys, NodeTask,
    ObjectRef, ObjectState, PodState, TaskChange, VolumeState, WriteFate, WriteOutcome,
};
use stateproof::plan::{Drill, Plan, Selection};
use stateproof::workload::Workload;

use super::manifests::found;
use crate::document::{container, ip, uid};
use crate::tape::Tape;

const NODE: &str = "stateproof-control-plane";

/// When the run began, by the node's clock.
const BEGUN: &str = "2026-11-21T10:00:00Z";

/// The pod with this number.
pub fn pod(number: u32) -> ObjectRef {
    object("Pod", &name(number), number)
}

pub fn name(number: u32) -> String {
    format!("postgres-6d4cf56db6-x2x7{number}")
}

/// What happens to a Deployment in one drill.
pub struct Script {
    workload: Workload,
    drill: Drill,
    events: Vec<(u64, Event)>,
    now_us: u64,
}

impl Script {
    /// A run that begins with this drill, on these manifests.
    pub fn of(drill: Drill, replacements: &[(&str, &str)]) -> Self {
        let workload = found(replacements).workload;
        let plan = Plan::new(workload.clone(), &Selection::of(&[drill]));
        assert_eq!(plan.drills.len(), 1);
        let mut script = Self {
            workload,
            drill,
            events: Vec::new(),
            now_us: 0,
        };
        script.push(Event::RunStarted {
            format: FORMAT_VERSION,
            version: "0.1.0".into(),
            plans: vec![plan],
            cluster: Box::new(ClusterFacts {
                provider: "kind".into(),
                ..ClusterFacts::default()
            }),
        });
        script
    }

    /// The drill begins: claims are looked at, rows are written.
    pub fn begin(mut self) -> Self {
        let drill = self.id();
        self.push(Event::DrillStarted { drill });
        self.inspect();
        self.connect(1);
        let drill = self.id();
        self.push(Event::Attempting {
            drill,
            keys: (1..=200).collect(),
        });
        self.wrote(1..=100);
        self
    }

    /// A fault, aimed at a pod or at the Deployment.
    pub fn fault(mut self, fault: Fault, target: ObjectRef) -> Self {
        let drill = self.id();
        self.push(Event::FaultBegun {
            drill: drill.clone(),
            fault,
            targets: vec![target],
        });
        self.push(Event::FaultAccepted { drill, fault });
        self
    }

    /// The server process of a pod starts.
    pub fn starts(self, number: u32) -> Self {
        self.task(number, TaskChange::Started).observed(number, false)
    }

    /// It is Ready.
    pub fn ready(self, number: u32) -> Self {
        self.observed(number, true)
    }

    /// A pod is being deleted; its process runs.
    pub fn told_to_go(self, number: u32) -> Self {
        let mut script = self.observed(number, true);
        if let Some((
            _,
            Event::Observed {
                state: ObjectState::Pod(state),
                ..
            },
        )) = script.events.last_mut()
        {
            state.terminating = true;
        }
        script
    }

    /// The server process of a pod ends, by the node's word.
    pub fn ends(self, number: u32) -> Self {
        self.task(number, TaskChange::Exited)
    }

    /// The API forgets a pod.
    pub fn gone(mut self, number: u32) -> Self {
        self.push(Event::Gone { object: pod(number) });
        self
    }

    /// A pod goes as it should: its process first.
    pub fn goes(self, number: u32) -> Self {
        self.ends(number).gone(number)
    }

    /// The drill ends: rows are written to a pod, claims are looked at, all rows are read.
    pub fn finish(mut self, number: u32) -> Tape {
        self.connect(number);
        self.wrote(101..=200);
        self.inspect();
        let drill = self.id();
        self.push(Event::Read {
            drill: drill.clone(),
            level: "SELECT over a new connection".into(),
            keys: (1..=200).collect(),
            corrupt: Keys::default(),
        });
        self.push(Event::DrillEnded {
            drill,
            error: Vec::new(),
        });
        self.push(Event::RunEnded { interrupted: false });
        Tape::made_of(self.events)
    }

    fn observed(mut self, number: u32, ready: bool) -> Self {
        let state = PodState {
            phase: "Running".into(),
            ready,
            ip: Some(ip(number)),
            node: Some(NODE.into()),
            owner: Some("ReplicaSet/postgres-6d4cf56db6".into()),
            claims: self
                .workload
                .claims
                .iter()
                .map(|claim| claim.name.clone())
                .collect(),
            containers: vec![ContainerState {
                name: "postgres".into(),
                id: Some(format!("containerd://{}", container(number))),
                running: true,
                ..ContainerState::default()
            }],
            ..PodState::default()
        };
        self.push(Event::Observed {
            object: pod(number),
            version: (1000 + self.events.len()).to_string(),
            state: ObjectState::Pod(Box::new(state)),
        });
        self
    }

    /// A node's clock is an hour ahead here: only the differences may count.
    fn task(mut self, number: u32, change: TaskChange) -> Self {
        let begun: jiff::Timestamp = BEGUN.parse().unwrap();
        let now = i64::try_from(self.now_us).unwrap();
        let when = begun + jiff::SignedDuration::from_hours(1) + jiff::SignedDuration::from_micros(now);
        self.push(Event::NodeTask(NodeTask {
            node: NODE.into(),
            container: container(number),
            change,
            when,
        }));
        self
    }

    fn inspect(&mut self) {
        let claims = self.workload.claims.iter();
        let claims: Vec<_> = claims
            .map(|claim| {
                let state = ClaimState {
                    phase: "Bound".into(),
                    volume: Some("pv-1".into()),
                    storage_class: claim.storage_class.clone(),
                    requested: Some(claim.storage.clone()),
                    access_modes: claim.access_modes.clone(),
                    ..ClaimState::default()
                };
                (object("PersistentVolumeClaim", &claim.name, 100), state)
            })
            .collect();
        let volume = ObjectRef {
            namespace: String::new(),
            ..object("PersistentVolume", "pv-1", 200)
        };
        let drill = self.id();
        self.push(Event::ClaimsInspected {
            drill,
            claims,
            volumes: vec![(volume, VolumeState::default())],
        });
    }

    fn connect(&mut self, number: u32) {
        let drill = self.id();
        self.push(Event::Connected {
            drill,
            name: self.workload.member(0).dns,
            server: Some(ip(number)),
            after: None,
        });
    }

    /// Rows that are acknowledged, the first of them since a fault sent before it.
    fn wrote(&mut self, keys: std::ops::RangeInclusive<u64>) {
        let at_us = self.now_us;
        let fault_us = self.events.iter().find_map(|(at_us, event)| match event {
            Event::FaultBegun { .. } => Some(*at_us),
            _ => None,
        });
        let first = *keys.start();
        let outcomes = keys.map(|key| WriteOutcome {
            key,
            sent_us: fault_us.filter(|_| key == first).map_or(at_us, |us| us - 1),
            done_us: at_us + 1,
            fate: WriteFate::Acknowledged,
        });
        let (drill, outcomes) = (self.id(), outcomes.collect());
        self.push(Event::Wrote {
            drill,
            level: String::new(),
            outcomes,
        });
    }

    fn id(&self) -> DrillId {
        DrillId {
            workload: self.workload.id().into(),
            drill: self.drill,
            round: 0,
        }
    }

    fn push(&mut self, event: Event) {
        self.events.push((self.now_us, event));
        self.now_us += 100_000;
    }
}

/// The Deployment itself.
pub fn deployment() -> ObjectRef {
    object("Deployment", "postgres", 300)
}

fn object(kind: &str, name: &str, number: u32) -> ObjectRef {
    ObjectRef {
        kind: kind.into(),
        namespace: "prod".into(),
        name: name.into(),
        uid: uid(number),
    }
}
