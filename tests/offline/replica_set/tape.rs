//! Histories of MongoDB's members, made by hand: what a run on document 3 records.

use std::path::Path;

use jiff::{Timestamp, ToSpan};
use stateproof::history::{
    DrillId, Event, FORMAT_VERSION, Fault, History, ObjectRef, ObjectState, PodState, Probe, Record,
    SetState, WriteFate, WriteOutcome,
};
use stateproof::manifest::ManifestSet;
use stateproof::plan::{Drill, Plan, Selection};
use stateproof::verdict::{Verdict, judge};
use stateproof::workload::{ServiceRef, Workload, discover};

pub const DNS: [&str; 2] = [
    "mongodb-0.mongodb-headless.grade-submission.svc.cluster.local",
    "mongodb-1.mongodb-headless.grade-submission.svc.cluster.local",
];

pub fn hosts() -> [String; 2] {
    DNS.map(|name| format!("{name}:27017"))
}

pub const PRIMARY_SERVICE: &str = "mongodb.grade-submission.svc.cluster.local";
pub const NOT_PRIMARY: &str = "NotWritablePrimary (10107): not master";

pub fn fixture(state: &str) -> Workload {
    // As it is from here, so that no history has a path of this machine.
    let directory = Path::new("fixtures/grade-submission").join(state);
    let set = ManifestSet::read(&[directory]).unwrap();
    discover(&set, "default").unwrap().remove(0).workload
}

pub fn service(name: &str, headless: bool, pod: Option<&str>) -> ServiceRef {
    ServiceRef {
        name: name.to_owned(),
        dns: format!("{name}.grade-submission.svc.cluster.local"),
        headless,
        port: 27017,
        pod: pod.map(str::to_owned),
        publishes_not_ready: false,
    }
}

/// The document's first state: two members of nothing behind one address.
pub fn two_members() -> Workload {
    Workload {
        services: vec![service("mongodb", false, None)],
        ..fixture("1-two-members")
    }
}

/// Its last state: a replica set, a headless name for the members and a Service for the PRIMARY.
pub fn replica_set() -> Workload {
    Workload {
        services: vec![
            service("mongodb", false, Some("mongodb-0")),
            service("mongodb-headless", true, None),
        ],
        ..fixture("6-post-start-repaired")
    }
}

/// A history in the making.
pub struct Tape {
    pub workload: Workload,
    pub drill: DrillId,
    pub records: Vec<Record>,
    key: u64,
}

impl Tape {
    pub fn of(workload: Workload, drill: Drill) -> Self {
        let plan = Plan::new(workload.clone(), &Selection::of(&[drill]));
        assert_eq!(plan.drills.len(), 1, "{:?}", plan.left_out);
        let id = DrillId {
            workload: workload.id().into(),
            drill,
            round: 0,
        };
        let mut tape = Self {
            workload,
            drill: id.clone(),
            records: Vec::new(),
            key: 1,
        };
        tape.push(Event::RunStarted {
            format: FORMAT_VERSION,
            version: "0.1.0".into(),
            plans: vec![plan],
            cluster: Box::default(),
        });
        for ordinal in 0..tape.workload.replicas {
            tape.observe(ordinal);
        }
        tape.push(Event::DrillStarted { drill: id });
        tape
    }

    pub fn push(&mut self, event: Event) -> &mut Self {
        let seq = self.records.len() as u64;
        let begun: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        self.records.push(Record {
            seq,
            at_us: seq * 1_000_000,
            wall: begun + i64::try_from(seq).unwrap().seconds(),
            event,
        });
        self
    }

    pub fn pod(&self, ordinal: u32) -> ObjectRef {
        ObjectRef {
            kind: "Pod".into(),
            namespace: self.workload.namespace.clone(),
            name: self.workload.member(ordinal).pod,
            uid: format!("uid-{ordinal}"),
        }
    }

    pub fn observe(&mut self, ordinal: u32) {
        let state = PodState {
            phase: "Running".into(),
            ready: true,
            ip: Some(format!("10.244.0.{}", ordinal + 5)),
            ..PodState::default()
        };
        self.push(Event::Observed {
            object: self.pod(ordinal),
            version: ordinal.to_string(),
            state: ObjectState::Pod(Box::new(state)),
        });
    }

    pub fn connect(&mut self, name: &str, server: &str) -> &mut Self {
        self.push(Event::Connected {
            drill: self.drill.clone(),
            name: name.to_owned(),
            server: Some(server.to_owned()),
            after: None,
        })
    }

    /// Rows that all come to the same.
    pub fn write(&mut self, rows: u64, fate: &WriteFate) -> &mut Self {
        let keys = self.key..self.key + rows;
        self.key += rows;
        self.push(Event::Attempting {
            drill: self.drill.clone(),
            keys: keys.clone().collect(),
        });
        let sent_us = self.records.len() as u64 * 1_000_000;
        let outcome = |key| WriteOutcome {
            key,
            sent_us,
            done_us: sent_us,
            fate: fate.clone(),
        };
        self.push(Event::Wrote {
            drill: self.drill.clone(),
            level: "w: majority".into(),
            outcomes: keys.map(outcome).collect(),
        })
    }

    pub fn acknowledged(&mut self, rows: u64) -> &mut Self {
        self.write(rows, &WriteFate::Acknowledged)
    }

    pub fn member_read(&mut self, pod: &str, keys: impl IntoIterator<Item = u64>) -> &mut Self {
        self.push(Event::MemberRead {
            drill: self.drill.clone(),
            pod: pod.to_owned(),
            level: "find".into(),
            keys: keys.into_iter().collect(),
        })
    }

    pub fn role(&mut self, pod: &str, role: &str, term: Option<i64>) -> &mut Self {
        self.push(Event::Role {
            workload: self.workload.id(),
            pod: pod.to_owned(),
            role: role.to_owned(),
            term,
        })
    }

    pub fn configured(&mut self, hosts: &[&str]) -> &mut Self {
        self.push(Event::Configuration {
            workload: self.workload.id(),
            set: "rs0".into(),
            version: 1,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        })
    }

    pub fn probed(&mut self, probe: Probe, against: &str, outcome: Result<&str, &str>) -> &mut Self {
        self.push(Event::Probed {
            drill: self.drill.clone(),
            probe,
            against: against.to_owned(),
            answer: outcome.ok().map(str::to_owned),
            refused: outcome.err().map(str::to_owned),
        })
    }

    pub fn fault(&mut self, fault: Fault, targets: Vec<ObjectRef>) -> &mut Self {
        let drill = self.drill.clone();
        self.push(Event::FaultBegun {
            drill: drill.clone(),
            fault,
            targets,
        });
        self.push(Event::FaultAccepted { drill, fault })
    }

    /// The set is told to have so many members.
    pub fn scaled(&mut self, replicas: u32) -> &mut Self {
        let set = ObjectRef {
            kind: "StatefulSet".into(),
            namespace: self.workload.namespace.clone(),
            name: self.workload.name.clone(),
            uid: "uid-set".into(),
        };
        self.fault(Fault::Scale { replicas }, vec![set.clone()]);
        let state = SetState {
            replicas,
            ..SetState::default()
        };
        self.push(Event::Observed {
            object: set,
            version: format!("set-{replicas}"),
            state: ObjectState::Set(Box::new(state)),
        })
    }

    pub fn read(&mut self, keys: impl IntoIterator<Item = u64>) -> &mut Self {
        self.push(Event::Read {
            drill: self.drill.clone(),
            level: "read concern majority".into(),
            keys: keys.into_iter().collect(),
            corrupt: std::iter::empty().collect(),
        })
    }

    pub fn history(&mut self) -> History {
        let drill = self.drill.clone();
        let error = Vec::new();
        self.push(Event::DrillEnded { drill, error });
        self.push(Event::RunEnded { interrupted: false });
        History {
            records: self.records.clone(),
            cut_off: false,
        }
    }

    pub fn verdict(&mut self) -> Verdict {
        judge(&self.history())
    }
}
