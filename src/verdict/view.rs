use super::sighting::Sighting;
use crate::history::{DrillId, Event, Fault, FaultTarget, History, ObjectRef, Record};
use crate::plan::{PlannedDrill, Step};
use crate::workload::{Member, Workload};

pub(super) const POD: &str = "Pod";
pub(super) const CLAIM: &str = "PersistentVolumeClaim";
pub(super) const VOLUME: &str = "PersistentVolume";
pub(super) const STATEFUL_SET: &str = "StatefulSet";

/// The part of a history that one drill is judged by: its own records, and all that was seen before and during it,
/// since an object that the drill found there was observed earlier.
pub(super) struct DrillView<'h> {
    pub id: DrillId,
    pub workload: &'h Workload,
    pub planned: &'h PlannedDrill,
    pub member: Member,
    pub ending: Ending<'h>,
    /// What was done, in order.
    pub faults: Vec<Begun<'h>>,
    /// Everything until the drill's end.
    seen: &'h [Record],
    /// The whole history: what comes by another way than the watches may be late.
    whole: &'h [Record],
    /// The place of the drill's first record.
    start: usize,
    /// What the watches said of the member's pods: those of its name, or all of a Deployment, whose pods have none.
    pub pods: Vec<Sighting<'h>>,
}

/// How a drill ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending<'h> {
    /// Every step was done.
    Complete,
    /// A step failed, with its causes.
    Failed(&'h [String]),
    /// The history has no end of it.
    Missing,
}

/// A record's event with its place in the history and its time.
#[derive(Clone, Copy)]
pub(super) struct At<'h> {
    pub place: usize,
    pub us: u64,
    pub event: &'h Event,
}

/// A fault as it was begun.
#[derive(Clone, Copy)]
pub(super) struct Begun<'h> {
    pub place: usize,
    pub us: u64,
    pub fault: Fault,
    pub targets: &'h [FaultTarget],
}

impl<'h> DrillView<'h> {
    /// None when the drill never began.
    pub fn new(
        history: &'h History,
        workload: &'h Workload,
        planned: &'h PlannedDrill,
        round: u32,
    ) -> Option<Self> {
        let id = DrillId {
            workload: workload.id().into(),
            drill: planned.drill,
            round,
        };
        let records = &history.records;
        let start = records
            .iter()
            .position(|record| matches!(&record.event, Event::DrillStarted { drill } if *drill == id))?;
        let end = records
            .iter()
            .enumerate()
            .skip(start)
            .find_map(|(place, record)| match &record.event {
                Event::DrillEnded { drill, error } if *drill == id => Some((place, error)),
                _ => None,
            });
        let (seen, ending) = match end {
            Some((place, error)) if error.is_empty() => (&records[..=place], Ending::Complete),
            Some((place, error)) => (&records[..=place], Ending::Failed(error)),
            None => (&records[..], Ending::Missing),
        };
        let mut view = Self {
            member: workload.member(planned.member),
            id,
            workload,
            planned,
            ending,
            faults: Vec::new(),
            seen,
            whole: records,
            start,
            pods: Vec::new(),
        };
        view.faults = view
            .own()
            .filter_map(|at| match at.event {
                Event::FaultBegun { fault, targets, .. } => Some(Begun {
                    place: at.place,
                    us: at.us,
                    fault: *fault,
                    targets,
                }),
                _ => None,
            })
            .collect();
        view.pods = view.sightings(&view.member);
        Some(view)
    }

    /// The same drill, seen from another member.
    pub fn seen_from(&self, ordinal: u32) -> Self {
        let member = self.workload.member(ordinal);
        Self {
            id: self.id.clone(),
            workload: self.workload,
            planned: self.planned,
            ending: self.ending,
            faults: self.faults.clone(),
            seen: self.seen,
            whole: self.whole,
            start: self.start,
            pods: self.sightings(&member),
            member,
        }
    }

    /// Everything until the drill's end.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = At<'h>> + use<'h> {
        at(self.seen, 0)
    }

    /// The whole history, beyond the drill's end too.
    pub fn whole(&self) -> impl Iterator<Item = At<'h>> + use<'h> {
        at(self.whole, 0)
    }

    /// The drill's time, in microseconds since the run began.
    pub fn span_us(&self) -> (u64, u64) {
        let us = |record: Option<&Record>| record.map_or(0, |record| record.at_us);
        (us(self.seen.get(self.start)), us(self.seen.last()))
    }

    /// The drill's own records: those that name it.
    pub fn own(&self) -> impl Iterator<Item = At<'h>> {
        at(self.seen, self.start).filter(|at| drill_of(at.event) == Some(&self.id))
    }

    pub fn first_fault(&self) -> Option<Begun<'h>> {
        self.faults.first().copied()
    }

    pub fn last_fault(&self) -> Option<Begun<'h>> {
        self.faults.last().copied()
    }

    pub fn fault(&self, fault: Fault) -> Option<Begun<'h>> {
        self.faults.iter().copied().find(|begun| begun.fault == fault)
    }

    /// Whether a watch on a kind broke between two places of the history.
    pub fn gap(&self, kind: &str, after: usize, before: usize) -> bool {
        self.all().any(|at| {
            at.place > after
                && at.place < before
                && matches!(at.event, Event::Gap { kind: watched, .. } if watched == kind)
        })
    }

    /// The kinds whose watch broke since the drill began.
    pub fn gaps(&self) -> impl Iterator<Item = &'h str> {
        at(self.seen, self.start).filter_map(|at| match at.event {
            Event::Gap { kind, .. } => Some(kind.as_str()),
            _ => None,
        })
    }

    /// Whether a watch on a kind broke between the first fault and the drill's end.
    pub fn gap_since_fault(&self, kind: &str) -> bool {
        self.first_fault()
            .is_some_and(|fault| self.gap(kind, fault.place, self.seen.len()))
    }

    /// The place at which an object was first seen to be gone after a fault began: its deletion, or another object
    /// under its name that was not there before.
    pub fn gone(&self, target: &ObjectRef, fault: Begun<'_>) -> Option<usize> {
        let mut before = Vec::new();
        for at in self.all() {
            match at.event {
                Event::Gone { object } if at.place > fault.place && same_object(object, target) => {
                    return Some(at.place);
                }
                Event::Observed { object, .. } if same_name(object, target) => {
                    if at.place < fault.place {
                        before.push(&object.uid);
                    } else if object.uid != target.uid && !before.contains(&&object.uid) {
                        return Some(at.place);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Whether the plan writes rows once the last fault is done.
    pub fn writes_after_fault(&self) -> bool {
        let steps = &self.planned.steps;
        let last_fault = steps.iter().rposition(|step| fault_of(*step).is_some());
        steps.iter().enumerate().any(|(index, step)| match step {
            Step::StopWriter { .. } | Step::Write { .. } => last_fault.is_some_and(|fault| index > fault),
            _ => false,
        })
    }
}

/// The fault that a step is.
pub(super) fn fault_of(step: Step) -> Option<Fault> {
    match step {
        Step::Crash => Some(Fault::Crash),
        Step::DeletePod {
            grace_seconds: Some(0),
        } => Some(Fault::ForceDelete),
        Step::DeletePod { .. } | Step::RenewFirst => Some(Fault::DeletePod),
        Step::DeleteStatefulSet => Some(Fault::DeleteStatefulset),
        Step::DeleteClaims => Some(Fault::DeleteClaims),
        Step::DeletePods => Some(Fault::DeletePods),
        Step::Scale { replicas } => Some(Fault::Scale { replicas }),
        Step::Restart => Some(Fault::Restart),
        Step::Undo => Some(Fault::Undo),
        Step::BreakImage => Some(Fault::BreakImage),
        Step::MendImage => Some(Fault::MendImage),
        Step::Upgrade { .. } => Some(Fault::Upgrade),
        Step::Evict { .. } => Some(Fault::Evict),
        Step::Cordon => Some(Fault::Cordon),
        Step::Uncordon => Some(Fault::Uncordon),
        Step::PauseNode => Some(Fault::PauseNode),
        Step::ResumeNode => Some(Fault::ResumeNode),
        Step::StepDown => Some(Fault::StepDown),
        _ => None,
    }
}

/// The drill that an event belongs to.
fn drill_of(event: &Event) -> Option<&DrillId> {
    match event {
        Event::DrillStarted { drill }
        | Event::DrillEnded { drill, .. }
        | Event::Resolved { drill, .. }
        | Event::Attempting { drill, .. }
        | Event::Wrote { drill, .. }
        | Event::Connected { drill, .. }
        | Event::Disconnected { drill, .. }
        | Event::FaultBegun { drill, .. }
        | Event::FaultAccepted { drill, .. }
        | Event::FaultRefused { drill, .. }
        | Event::MemberRead { drill, .. }
        | Event::ServiceRead { drill, .. }
        | Event::Probed { drill, .. }
        | Event::CameTo { drill, .. }
        | Event::ClaimsInspected { drill, .. }
        | Event::Read { drill, .. } => Some(drill),
        Event::Server { drill, .. } => drill.as_ref(),
        _ => None,
    }
}

fn at(records: &[Record], from: usize) -> impl DoubleEndedIterator<Item = At<'_>> {
    records[from..]
        .iter()
        .enumerate()
        .map(move |(offset, record)| At {
            place: from + offset,
            us: record.at_us,
            event: &record.event,
        })
}

fn same_name(one: &ObjectRef, other: &ObjectRef) -> bool {
    one.kind == other.kind && one.namespace == other.namespace && one.name == other.name
}

fn same_object(one: &ObjectRef, other: &ObjectRef) -> bool {
    same_name(one, other) && one.uid == other.uid
}
