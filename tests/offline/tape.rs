//! Histories made by hand: what a run on the PostgreSQL document records, and ways to spoil it.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use stateproof::history::{
    ClusterFacts, ContainerState, Event, FORMAT_VERSION, Fault, History, ImageFact, Keys, NodeTask,
    ObjectRef, ObjectState, PodState, Record, SetState, Span, TaskChange, WriteFate, WriteOutcome,
};
use stateproof::plan::{Drill, Plan, Rounds};

use crate::document::{
    DNS, POD, claim, claim_state, container, id, ip, plan, pod, set, volume, volume_state,
};

/// Rows written before and after the fault, and what the final read finds.
#[derive(Clone, Debug)]
pub struct Rows {
    pub before: Vec<(u64, WriteFate)>,
    pub after: Vec<(u64, WriteFate)>,
    /// Announced, and nothing further.
    pub unreported: Vec<u64>,
    pub read: Vec<u64>,
    pub corrupt: Vec<u64>,
}

impl Default for Rows {
    /// 100 rows before, 104 after, of which the first was under way when the pod went and came through.
    fn default() -> Self {
        let acknowledged =
            |keys: std::ops::RangeInclusive<u64>| keys.map(|key| (key, WriteFate::Acknowledged));
        let unknown = (101, WriteFate::Unknown("connection closed".into()));
        Self {
            before: acknowledged(1..=100).collect(),
            after: std::iter::once(unknown).chain(acknowledged(102..=205)).collect(),
            unreported: Vec::new(),
            read: (1..=205).collect(),
            corrupt: Vec::new(),
        }
    }
}

/// A whole history of these events, a second after the other.
pub fn record(events: &[Event]) -> History {
    let timed = (0..).step_by(1_000_000).zip(events.iter().cloned());
    recorded(&timed.collect::<Vec<_>>())
}

fn recorded(events: &[(u64, Event)]) -> History {
    let begun: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
    let records = events.iter().zip(0..).map(|((at_us, event), seq)| Record {
        seq,
        at_us: *at_us,
        wall: begun + i64::try_from(*at_us).unwrap().microseconds(),
        event: event.clone(),
    });
    History {
        records: records.collect(),
        cut_off: false,
    }
}

/// Events with their times, on which a history is made.
#[derive(Clone)]
pub struct Tape {
    pub events: Vec<(u64, Event)>,
    now_us: u64,
    pod: u32,
    claim: u32,
    set: u32,
}

impl Tape {
    /// A run with these drills, each as it should be.
    pub fn of(drills: &[Drill]) -> Self {
        Self::with(drills, &Rows::default())
    }

    /// A run with these drills, each with these rows.
    pub fn with(drills: &[Drill], rows: &Rows) -> Self {
        let mut tape = Self {
            events: Vec::new(),
            now_us: 0,
            pod: 1,
            claim: 1,
            set: 1,
        };
        tape.begin(drills);
        for drill in drills {
            tape.drill(*drill, rows);
        }
        tape.end()
    }

    /// A run with these drills in rounds, of which so many were begun, each as it should be.
    pub fn rounds(drills: &[Drill], rounds: Rounds, begun: u32) -> Self {
        let mut tape = Self::made_of(Vec::new());
        tape.begin(drills);
        let plan = Plan {
            rounds: Some(rounds),
            ..plan(drills)
        };
        if let Event::RunStarted { plans, .. } = &mut tape.events[0].1 {
            *plans = vec![plan.clone()];
        }
        for round in (1..=begun).chain([0]) {
            if round == 0 {
                let workload = plan.workload.id();
                tape.push(Event::RoundsEnded { workload, begun });
            }
            for planned in plan.round(round) {
                let since = tape.events.len();
                tape.drill(planned.drill, &Rows::default());
                for (_, event) in &mut tape.events[since..] {
                    *event = in_round(event, round);
                }
            }
        }
        tape.end()
    }

    fn drill(&mut self, drill: Drill, rows: &Rows) {
        self.push(Event::DrillStarted { drill: id(drill) });
        match drill {
            Drill::Crash => self.crash(rows),
            Drill::LosePod | Drill::ForceDelete => self.lose_pod(drill, rows),
            Drill::DeleteStatefulset => self.delete_stateful_set(rows),
            Drill::DeleteClaim => self.delete_claim(rows),
            other => panic!("there is no tape of {other}"),
        }
        self.push(Event::DrillEnded {
            drill: id(drill),
            error: Vec::new(),
        });
    }

    fn end(mut self) -> Self {
        let (from_us, to_us) = (1_000, self.now_us);
        self.push(Event::Waited(Span {
            what: "Pod postgres-0 Ready".into(),
            from_us,
            to_us,
        }));
        self.push(Event::RunEnded { interrupted: false });
        self
    }

    /// A tape of events that were thought of elsewhere.
    pub fn made_of(events: Vec<(u64, Event)>) -> Self {
        Self {
            now_us: events.last().map_or(0, |(at_us, _)| *at_us),
            events,
            pod: 1,
            claim: 1,
            set: 1,
        }
    }

    pub fn history(&self) -> History {
        recorded(&self.events)
    }

    /// The tape without some of its events.
    pub fn without(mut self, unwanted: impl Fn(&Event) -> bool) -> Self {
        let all = self.events.len();
        self.events.retain(|(_, event)| !unwanted(event));
        assert!(self.events.len() < all, "nothing was taken out");
        self
    }

    /// The tape with its events changed.
    pub fn changed(mut self, mut change: impl FnMut(&mut Event)) -> Self {
        let before = self.events.clone();
        self.events.iter_mut().for_each(|(_, event)| change(event));
        assert!(before != self.events, "nothing was changed");
        self
    }

    /// The tape with one more event before the first of a kind, at that one's time.
    pub fn before(mut self, place: impl Fn(&Event) -> bool, event: Event) -> Self {
        let index = self.events.iter().position(|(_, event)| place(event)).unwrap();
        self.events.insert(index, (self.events[index].0, event));
        self
    }

    /// The tape until the first of a kind of event, which is left out.
    pub fn until(mut self, end: impl Fn(&Event) -> bool) -> Self {
        let index = self.events.iter().position(|(_, event)| end(event)).unwrap();
        self.events.truncate(index);
        self
    }

    /// The tape with the drill ended by an error in place of an event, and the run ended after it.
    pub fn failed_at(self, drill: Drill, place: impl Fn(&Event) -> bool) -> Self {
        let mut tape = self.until(place);
        tape.push(Event::DrillEnded {
            drill: id(drill),
            error: vec![
                "Pod postgres-0 was not Ready within 60 s".into(),
                "no node fits".into(),
            ],
        });
        tape.push(Event::RunEnded { interrupted: false });
        tape
    }

    fn begin(&mut self, drills: &[Drill]) {
        self.push(Event::RunStarted {
            format: FORMAT_VERSION,
            version: "0.1.0".into(),
            plans: vec![plan(drills)],
            cluster: Box::new(ClusterFacts {
                provider: "kind".into(),
                name: "stateproof".into(),
                kubernetes: "v1.36.3".into(),
                nodes: vec!["stateproof-control-plane".into()],
                images: vec![ImageFact {
                    name: "postgres:16-alpine".into(),
                    stand_in: Some("PostgreSQL 16.9 on Debian 12".into()),
                }],
            }),
        });
        self.apply();
        self.observe_claim();
        self.observe_pod(true);
        self.push(Event::Server {
            drill: None,
            pod: POD.into(),
            version: "PostgreSQL 16.9".into(),
            settings: BTreeMap::from([
                ("fsync".into(), "on".into()),
                ("full_page_writes".into(), "on".into()),
                ("synchronous_commit".into(), "on".into()),
                ("wal_sync_method".into(), "fdatasync".into()),
            ]),
        });
    }

    /// The pod stays, and its server's container is made anew.
    fn crash(&mut self, rows: &Rows) {
        let drill = Drill::Crash;
        self.resolve(drill, &[ip(self.pod)]);
        self.inspect(drill);
        self.connect(drill);
        self.attempt(drill, rows);
        self.wrote(drill, &rows.before);
        self.fault(drill, Fault::Crash, vec![pod(self.pod)]);
        self.push(Event::Disconnected {
            drill: id(drill),
            reason: "connection closed".into(),
        });
        let old = Some(format!("containerd://{}", container(self.pod)));
        let new = Some(format!("containerd://{}", container(self.pod + 100)));
        let terminated = Some("Error (exit code 137)".to_owned());
        self.observe_server(
            false,
            &ContainerState {
                id: old,
                ..ContainerState::default()
            },
        );
        let state = ContainerState {
            id: new,
            running: true,
            restarts: 1,
            terminated,
            ..ContainerState::default()
        };
        self.observe_server(false, &state);
        self.observe_server(true, &state);
        self.resolve(drill, &[ip(self.pod)]);
        self.connect(drill);
        self.wrote(drill, &rows.after);
        self.inspect(drill);
        self.read(drill, rows);
    }

    fn lose_pod(&mut self, drill: Drill, rows: &Rows) {
        let fault = if drill == Drill::ForceDelete {
            Fault::ForceDelete
        } else {
            Fault::DeletePod
        };
        self.resolve(drill, &[ip(self.pod)]);
        self.inspect(drill);
        self.connect(drill);
        self.attempt(drill, rows);
        self.wrote(drill, &rows.before);
        self.fault(drill, fault, vec![pod(self.pod)]);
        self.push(Event::Disconnected {
            drill: id(drill),
            reason: "connection closed".into(),
        });
        self.push(Event::Gone {
            object: pod(self.pod),
        });
        self.task(self.pod + 1, TaskChange::Started);
        self.task(self.pod, TaskChange::Exited);
        self.pod += 1;
        self.resolve(drill, &[]);
        self.come_up();
        self.resolve(drill, &[ip(self.pod)]);
        self.connect(drill);
        self.wrote(drill, &rows.after);
        self.inspect(drill);
        self.read(drill, rows);
    }

    fn delete_stateful_set(&mut self, rows: &Rows) {
        let drill = Drill::DeleteStatefulset;
        self.resolve(drill, &[ip(self.pod)]);
        self.inspect(drill);
        self.connect(drill);
        self.attempt(drill, rows);
        self.wrote(drill, &rows.before);
        self.lose_set(drill);
        self.inspect(drill);
        self.apply();
        self.come_up();
        self.resolve(drill, &[ip(self.pod)]);
        self.connect(drill);
        self.wrote(drill, &rows.after);
        self.read(drill, rows);
    }

    /// Rows are written before only, and the database that comes back is empty.
    fn delete_claim(&mut self, rows: &Rows) {
        let drill = Drill::DeleteClaim;
        let rows = Rows {
            after: Vec::new(),
            read: Vec::new(),
            ..rows.clone()
        };
        self.resolve(drill, &[ip(self.pod)]);
        self.inspect(drill);
        self.connect(drill);
        self.attempt(drill, &rows);
        self.wrote(drill, &rows.before);
        self.lose_set(drill);
        self.inspect(drill);
        self.fault(drill, Fault::DeleteClaims, vec![claim(self.claim)]);
        self.push(Event::Gone {
            object: claim(self.claim),
        });
        self.push(Event::Gone {
            object: volume(self.claim),
        });
        self.push(Event::ClaimsInspected {
            drill: id(drill),
            claims: Vec::new(),
            volumes: Vec::new(),
        });
        self.claim += 1;
        self.apply();
        self.observe_claim();
        self.come_up();
        self.resolve(drill, &[ip(self.pod)]);
        self.connect(drill);
        self.read(drill, &rows);
    }

    fn lose_set(&mut self, drill: Drill) {
        self.fault(drill, Fault::DeleteStatefulset, vec![set(self.set)]);
        self.push(Event::Gone {
            object: set(self.set),
        });
        self.push(Event::Gone {
            object: pod(self.pod),
        });
        self.set += 1;
        self.pod += 1;
    }

    fn apply(&mut self) {
        self.push(Event::Applied {
            object: set(self.set),
        });
        let state = ObjectState::Set(Box::new(SetState {
            replicas: 1,
            ..SetState::default()
        }));
        self.observe(set(self.set), state);
    }

    fn observe_claim(&mut self) {
        self.observe(
            claim(self.claim),
            ObjectState::Claim(Box::new(claim_state(self.claim))),
        );
        self.observe(
            volume(self.claim),
            ObjectState::Volume(Box::new(volume_state(self.claim))),
        );
    }

    fn come_up(&mut self) {
        let waiting = PodState {
            phase: "Pending".into(),
            ..PodState::default()
        };
        self.observe(pod(self.pod), ObjectState::Pod(Box::new(waiting.clone())));
        let scheduled = PodState {
            node: Some("stateproof-control-plane".into()),
            ..waiting
        };
        self.observe(pod(self.pod), ObjectState::Pod(Box::new(scheduled)));
        self.observe_pod(false);
        self.observe_pod(true);
    }

    fn observe_pod(&mut self, ready: bool) {
        let id = Some(format!("containerd://{}", container(self.pod)));
        let server = ContainerState {
            id,
            running: true,
            ..ContainerState::default()
        };
        self.observe_server(ready, &server);
    }

    fn observe_server(&mut self, ready: bool, server: &ContainerState) {
        let state = PodState {
            phase: "Running".into(),
            ready,
            ip: Some(ip(self.pod)),
            node: Some("stateproof-control-plane".into()),
            containers: vec![ContainerState {
                name: "postgres".into(),
                ..server.clone()
            }],
            ..PodState::default()
        };
        self.observe(pod(self.pod), ObjectState::Pod(Box::new(state)));
    }

    fn observe(&mut self, object: ObjectRef, state: ObjectState) {
        let version = (1000 + self.events.len()).to_string();
        self.push(Event::Observed {
            object,
            version,
            state,
        });
    }

    fn resolve(&mut self, drill: Drill, addresses: &[String]) {
        self.push(Event::Resolved {
            drill: id(drill),
            name: DNS.into(),
            addresses: addresses.to_vec(),
        });
    }

    fn inspect(&mut self, drill: Drill) {
        self.push(Event::ClaimsInspected {
            drill: id(drill),
            claims: vec![(claim(self.claim), claim_state(self.claim))],
            volumes: vec![(volume(self.claim), volume_state(self.claim))],
        });
    }

    fn connect(&mut self, drill: Drill) {
        self.push(Event::Connected {
            drill: id(drill),
            name: DNS.into(),
            server: None,
            after: None,
        });
    }

    fn attempt(&mut self, drill: Drill, rows: &Rows) {
        let keys = rows.before.iter().chain(&rows.after).map(|(key, _)| *key);
        let keys: Keys = keys.chain(rows.unreported.iter().copied()).collect();
        self.push(Event::Attempting {
            drill: id(drill),
            keys,
        });
    }

    fn wrote(&mut self, drill: Drill, rows: &[(u64, WriteFate)]) {
        if rows.is_empty() {
            return;
        }
        let now_us = self.now_us;
        let fault_us = self.fault_us(drill);
        let outcomes = rows.iter().zip(1..).map(|((key, fate), number)| WriteOutcome {
            key: *key,
            // What nobody knows the fate of was under way when the fault was begun.
            sent_us: match (fate, fault_us) {
                (WriteFate::Unknown(_), Some(fault_us)) => fault_us - 1,
                _ => now_us,
            },
            done_us: now_us + number,
            fate: fate.clone(),
        });
        let outcomes: Vec<_> = outcomes.collect();
        self.now_us += rows.len() as u64;
        self.push(Event::Wrote {
            level: String::new(),
            drill: id(drill),
            outcomes,
        });
    }

    /// When the drill's first fault was begun.
    fn fault_us(&self, drill: Drill) -> Option<u64> {
        self.events.iter().find_map(|(at_us, event)| match event {
            Event::FaultBegun { drill: one, .. } if *one == id(drill) => Some(*at_us),
            _ => None,
        })
    }

    fn fault(&mut self, drill: Drill, fault: Fault, targets: Vec<ObjectRef>) {
        self.push(Event::FaultBegun {
            drill: id(drill),
            fault,
            targets,
        });
        self.push(Event::FaultAccepted {
            drill: id(drill),
            fault,
        });
    }

    fn task(&mut self, number: u32, change: TaskChange) {
        let begun: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        self.push(Event::NodeTask(NodeTask {
            node: "stateproof-control-plane".into(),
            container: container(number),
            change,
            when: begun + i64::try_from(self.now_us).unwrap().microseconds(),
        }));
    }

    fn read(&mut self, drill: Drill, rows: &Rows) {
        self.push(Event::Read {
            drill: id(drill),
            level: "SELECT over a new connection".into(),
            keys: rows.read.iter().copied().collect(),
            corrupt: rows.corrupt.iter().copied().collect(),
        });
    }

    pub fn push(&mut self, event: Event) {
        self.events.push((self.now_us, event));
        self.now_us += 310_000;
    }
}

/// The event as that round's: every event of a drill names it in a field of one name.
pub fn in_round(event: &Event, round: u32) -> Event {
    let mut value = serde_json::to_value(event).unwrap();
    if let Some(drill) = value.get_mut("drill").filter(|_| round > 0) {
        drill["round"] = round.into();
    }
    serde_json::from_value(value).unwrap()
}
