//! Histories of a set with several members, made by hand: what the watch tells of their pods, act by act.

use jiff::{Timestamp, ToSpan};
use stateproof::history::{
    BudgetState, ContainerState, DrillId, Event, FORMAT_VERSION, Fault, History, NodeState, ObjectRef,
    ObjectState, PodState, Record, SetState, VolumeState, WriteFate, WriteOutcome,
};
use stateproof::plan::{Drill, Outcome, Plan, Promise, Selection};
use stateproof::verdict::{PromiseVerdict, judge};
use stateproof::workload::Workload;

use crate::document::{claim_state, gap, object, set, uid, volume_state, workload};

/// What becomes of a member's pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It is made, as another pod than any before.
    Born(u32),
    /// It is seen first when it is scheduled already: a list found it.
    Found(u32),
    /// It is Ready.
    Ready(u32),
    /// It waits for an image that its node does not have.
    WithoutImage(u32),
    /// Its server ended by itself.
    Failed(u32),
    /// Its deletion begins.
    Ending(u32),
    /// It is gone.
    Gone(u32),
}

/// A history under way.
#[derive(Clone)]
pub struct Members {
    pub events: Vec<Event>,
    pub workload: Workload,
    drill: Drill,
    version: u64,
    pods: Vec<Option<(ObjectRef, String)>>,
    made: u32,
    /// Where pods are scheduled.
    pub node: String,
    /// What pods are made from.
    pub revision: String,
}

/// One after the other: made, then Ready.
pub fn up(ordinals: impl IntoIterator<Item = u32>) -> Vec<Act> {
    let acts = |ordinal| [Act::Born(ordinal), Act::Ready(ordinal)];
    ordinals.into_iter().flat_map(acts).collect()
}

/// One after the other: its deletion begins, then it is gone.
pub fn down(ordinals: impl IntoIterator<Item = u32>) -> Vec<Act> {
    let acts = |ordinal| [Act::Ending(ordinal), Act::Gone(ordinal)];
    ordinals.into_iter().flat_map(acts).collect()
}

impl Members {
    /// A run of one drill on the document's workload with three members, changed before it is planned.
    pub fn of(drill: Drill, change: impl FnOnce(&mut Workload)) -> Self {
        Self::asked(&Selection::of(&[drill]), drill, change)
    }

    /// The same, where more is asked for than the drill.
    pub fn asked(selection: &Selection, drill: Drill, change: impl FnOnce(&mut Workload)) -> Self {
        let mut workload = workload();
        workload.replicas = 3;
        change(&mut workload);
        let plan = Plan::new(workload.clone(), selection);
        assert_eq!(plan.drills.len(), 1, "{:?}", plan.left_out);
        let mut members = Self {
            events: Vec::new(),
            pods: vec![None; workload.replicas as usize + 1],
            workload,
            drill,
            version: 700,
            made: 0,
            node: "worker-1".into(),
            revision: "postgres-aaaa".into(),
        };
        members.push(Event::RunStarted {
            format: FORMAT_VERSION,
            version: "0.1.0".into(),
            plans: vec![plan],
            cluster: Box::default(),
        });
        members.set();
        members
    }

    pub fn id(&self) -> DrillId {
        DrillId {
            workload: self.workload.id().into(),
            drill: self.drill,
            round: 0,
        }
    }

    pub fn push(&mut self, event: Event) -> &mut Self {
        self.events.push(event);
        self
    }

    pub fn begin(&mut self) -> &mut Self {
        let drill = self.id();
        self.push(Event::DrillStarted { drill })
    }

    pub fn acts(&mut self, acts: &[Act]) -> &mut Self {
        for act in acts {
            self.act(*act);
        }
        self
    }

    fn act(&mut self, act: Act) {
        let (Act::Born(ordinal)
        | Act::Found(ordinal)
        | Act::Ready(ordinal)
        | Act::WithoutImage(ordinal)
        | Act::Failed(ordinal)
        | Act::Ending(ordinal)
        | Act::Gone(ordinal)) = act;
        if matches!(act, Act::Born(_) | Act::Found(_)) {
            self.made += 1;
            let pod = object("Pod", &format!("postgres-{ordinal}"), self.made);
            self.pods[ordinal as usize] = Some((pod, self.revision.clone()));
        }
        let (pod, revision) = self.pods[ordinal as usize].clone().unwrap();
        let born = PodState {
            phase: "Pending".into(),
            owner: Some("StatefulSet/postgres".into()),
            revision: Some(revision),
            claims: self.workload.member(ordinal).claims,
            ..PodState::default()
        };
        let placed = PodState {
            node: Some(self.node.clone()),
            ip: Some(self.ip(ordinal)),
            ..born.clone()
        };
        let state = match act {
            Act::Born(_) => born,
            Act::Found(_) => placed,
            Act::Ready(_) => PodState {
                phase: "Running".into(),
                ready: true,
                ..placed
            },
            Act::WithoutImage(_) => PodState {
                containers: vec![ContainerState {
                    name: "postgres".into(),
                    waiting: Some("ErrImagePull: no such host".into()),
                    ..ContainerState::default()
                }],
                ..placed
            },
            Act::Failed(_) => PodState {
                phase: "Running".into(),
                containers: vec![ContainerState {
                    name: "postgres".into(),
                    restarts: 1,
                    waiting: Some("CrashLoopBackOff: back-off 10s".into()),
                    terminated: Some("Error (exit code 1)".into()),
                    ..ContainerState::default()
                }],
                ..placed
            },
            Act::Ending(_) => PodState {
                phase: "Running".into(),
                ready: true,
                terminating: true,
                ..placed
            },
            Act::Gone(_) => {
                self.push(Event::Gone { object: pod });
                return;
            }
        };
        self.observe(pod, ObjectState::Pod(Box::new(state)));
    }

    /// The pod that has this ordinal now.
    pub fn pod(&self, ordinal: u32) -> ObjectRef {
        self.pods[ordinal as usize].clone().unwrap().0
    }

    /// The address of the pod that has this ordinal now: no two pods share one.
    pub fn ip(&self, ordinal: u32) -> String {
        format!("10.244.0.{}", self.pod(ordinal).uid[..8].parse::<u32>().unwrap())
    }

    pub fn observe(&mut self, object: ObjectRef, state: ObjectState) -> &mut Self {
        self.version += 7;
        let version = self.version.to_string();
        self.push(Event::Observed {
            object,
            version,
            state,
        })
    }

    /// The StatefulSet with the present revision, as many members as the last fault says.
    pub fn set(&mut self) -> &mut Self {
        let scaled = self.events.iter().rev().find_map(|event| match event {
            Event::FaultBegun {
                fault: Fault::Scale { replicas },
                ..
            } => Some(*replicas),
            _ => None,
        });
        let state = SetState {
            replicas: scaled.unwrap_or(self.workload.replicas),
            update_revision: Some(self.revision.clone()),
            ..SetState::default()
        };
        self.observe(set(1), ObjectState::Set(Box::new(state)))
    }

    pub fn begun(&mut self, fault: Fault, targets: Vec<ObjectRef>) -> &mut Self {
        let drill = self.id();
        self.push(Event::FaultBegun {
            drill,
            fault,
            targets,
        })
    }

    pub fn accepted(&mut self, fault: Fault) -> &mut Self {
        let drill = self.id();
        self.push(Event::FaultAccepted { drill, fault })
    }

    pub fn refused(&mut self, fault: Fault, status: u16, message: &str) -> &mut Self {
        let drill = self.id();
        self.push(Event::FaultRefused {
            drill,
            fault,
            status,
            message: message.into(),
        })
    }

    pub fn scale(&mut self, replicas: u32) -> &mut Self {
        let fault = Fault::Scale { replicas };
        self.begun(fault, vec![set(1)]).accepted(fault).set()
    }

    pub fn resolved(&mut self, name: &str, addresses: &[String]) -> &mut Self {
        let drill = self.id();
        self.push(Event::Resolved {
            drill,
            name: name.into(),
            addresses: addresses.to_vec(),
        })
    }

    pub fn node_is(&mut self, name: &str, cordoned: bool) -> &mut Self {
        let state = NodeState {
            ready: true,
            cordoned,
            ..NodeState::default()
        };
        self.observe(node(name), ObjectState::Node(state))
    }

    pub fn budget(&mut self, allowed: u32) -> &mut Self {
        let replicas = self.workload.replicas;
        let state = BudgetState {
            known: true,
            allowed,
            healthy: replicas,
            expected: replicas,
        };
        self.observe(
            object("PodDisruptionBudget", "postgres", 900),
            ObjectState::Budget(state),
        )
    }

    /// Each member's claim and volume; the volumes lie on this node, or name none.
    pub fn claims(&mut self, lies: &[&str]) -> &mut Self {
        for ordinal in 0..self.workload.replicas {
            let mut state = volume_state(ordinal);
            state.nodes = lies.iter().map(|node| (*node).to_owned()).collect();
            let (claim, volume) = (claim(ordinal), crate::document::volume(ordinal));
            self.observe(claim, ObjectState::Claim(Box::new(claim_state(ordinal))));
            self.observe(volume, ObjectState::Volume(Box::new(state)));
        }
        self
    }

    /// An inspection that finds the claims of all members but these.
    pub fn inspected(&mut self, missing: &[u32]) -> &mut Self {
        let there = (0..self.workload.replicas).filter(|ordinal| !missing.contains(ordinal));
        let there: Vec<_> = there.collect();
        let drill = self.id();
        self.push(Event::ClaimsInspected {
            drill,
            claims: there.iter().map(|n| (claim(*n), claim_state(*n))).collect(),
            volumes: there
                .iter()
                .map(|n| -> (ObjectRef, VolumeState) { (crate::document::volume(*n), volume_state(*n)) })
                .collect(),
        })
    }

    /// Rows that are acknowledged.
    pub fn wrote(&mut self, keys: std::ops::RangeInclusive<u64>) -> &mut Self {
        let (drill, at) = (self.id(), self.us());
        self.push(Event::Attempting {
            drill: drill.clone(),
            keys: keys.clone().collect(),
        });
        let outcomes = keys.map(|key| WriteOutcome {
            key,
            sent_us: at,
            done_us: at + 1,
            fate: WriteFate::Acknowledged,
        });
        let outcomes = outcomes.collect();
        self.push(Event::Wrote {
            drill,
            level: String::new(),
            outcomes,
        })
    }

    pub fn read(&mut self, keys: std::ops::RangeInclusive<u64>) -> &mut Self {
        let drill = self.id();
        self.push(Event::Read {
            drill,
            level: "SELECT".into(),
            keys: keys.collect(),
            corrupt: stateproof::history::Keys::default(),
        })
    }

    pub fn broken_watch(&mut self) -> &mut Self {
        self.push(gap("Pod"))
    }

    /// Ends the drill and the run.
    pub fn end(&mut self) -> &mut Self {
        self.end_with(&[])
    }

    /// Ends the drill with an error, where there is one, and the run.
    pub fn end_with(&mut self, error: &[&str]) -> &mut Self {
        let drill = self.id();
        self.push(Event::DrillEnded {
            drill,
            error: error.iter().map(|line| (*line).to_owned()).collect(),
        });
        self.push(Event::RunEnded { interrupted: false })
    }

    fn us(&self) -> u64 {
        self.events.len() as u64 * 1000
    }

    pub fn promise(&self, promise: Promise) -> PromiseVerdict {
        let begun: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let records = self.events.iter().zip(0..).map(|(event, seq): (_, u64)| Record {
            seq,
            at_us: seq * 1000,
            wall: begun + i64::try_from(seq).unwrap().milliseconds(),
            event: event.clone(),
        });
        let history = History {
            records: records.collect(),
            cut_off: false,
        };
        let verdict = judge(&history);
        let mut found = verdict.promises.into_iter();
        found
            .find(|found| found.promise == promise)
            .unwrap_or_else(|| panic!("{promise} is not promised"))
    }

    /// Judges, and checks one promise: what was observed, and words that the evidence must have.
    #[track_caller]
    pub fn check(&self, promise: Promise, observed: Outcome, words: &[&str]) {
        let found = self.promise(promise);
        let evidence = found.evidence.join("; ");
        assert_eq!(found.observed, observed, "{promise}: {evidence}");
        for word in words {
            assert!(
                evidence.contains(word),
                "{word:?} is not in the evidence: {evidence}"
            );
        }
    }
}

pub fn node(name: &str) -> ObjectRef {
    ObjectRef {
        kind: "Node".into(),
        namespace: String::new(),
        name: name.into(),
        uid: format!("node-{name}"),
    }
}

/// The claim of a member, by its ordinal.
pub fn claim(ordinal: u32) -> ObjectRef {
    let name = format!("postgres-data-postgres-{ordinal}");
    ObjectRef {
        uid: uid(100 + ordinal),
        ..object("PersistentVolumeClaim", &name, 0)
    }
}
