use std::collections::BTreeSet;

use super::view::{DrillView, POD};
use crate::history::{ContainerState, Event, ObjectRef, ObjectState, PodState};
use crate::workload::{Member, WorkloadKind};

/// A watch's word on a pod of the member's.
#[derive(Clone, Copy)]
pub(super) struct Sighting<'h> {
    pub place: usize,
    pub us: u64,
    pub name: &'h str,
    pub uid: &'h str,
    /// Its state; none when it was deleted.
    pub state: Option<&'h PodState>,
}

impl<'h> DrillView<'h> {
    /// The drill as seen from every member whose pod its faults met: the one that it is for, and each whose pod went
    /// since the first fault. A Deployment's pods are one member's.
    pub fn met(&self) -> Vec<Self> {
        let members = match self.workload.kind {
            WorkloadKind::StatefulSet | WorkloadKind::Pod => 0..self.workload.replicas,
            WorkloadKind::Deployment => self.member.ordinal..self.member.ordinal + 1,
        };
        let views = members.map(|ordinal| self.seen_from(ordinal));
        views
            .filter(|view| {
                let went = |old| view.pod(old).any(|pod| pod.state.is_none());
                view.member.ordinal == self.member.ordinal || view.old_pod().is_some_and(went)
            })
            .collect()
    }

    /// What the watches said of a member's pods. A deletion does not say who made the pod: its UID does.
    pub(super) fn sightings(&self, member: &Member) -> Vec<Sighting<'h>> {
        let mut made = BTreeSet::new();
        let mut sightings = Vec::new();
        for at in self.all() {
            let (object, state) = match at.event {
                Event::Observed {
                    object,
                    state: ObjectState::Pod(state),
                    ..
                } => (object, Some(&**state)),
                Event::Gone { object } if object.kind == POD => (object, None),
                _ => continue,
            };
            let its = match self.workload.kind {
                WorkloadKind::StatefulSet | WorkloadKind::Pod => object.name == member.pod,
                WorkloadKind::Deployment => {
                    let owner = state.and_then(|state| state.owner.as_deref());
                    made.contains(&object.uid) || self.workload.has_pod(&object.name, owner)
                }
            };
            if its && object.namespace == self.workload.namespace {
                made.insert(&object.uid);
                sightings.push(Sighting {
                    place: at.place,
                    us: at.us,
                    name: &object.name,
                    uid: &object.uid,
                    state,
                });
            }
        }
        sightings
    }

    /// What the watches said of the member's pods.
    pub fn pods(&self) -> &[Sighting<'h>] {
        &self.pods
    }

    /// What the watches said of one of them.
    pub fn pod(&self, uid: &str) -> impl Iterator<Item = Sighting<'h>> {
        self.pods.iter().copied().filter(move |pod| pod.uid == uid)
    }

    /// The UID of the member's pod that the first fault meets.
    pub fn old_pod(&self) -> Option<&'h str> {
        let fault = self.first_fault()?;
        let target = fault.targets.iter().find(|target| self.is_pod(target));
        target.map(|target| target.uid.as_str()).or_else(|| {
            let before = || self.pods.iter().rev().filter(|pod| pod.place < fault.place);
            // The last word before it may be of a Deployment's pod that an earlier drill met.
            let is_there = |uid| {
                before()
                    .find(|pod| pod.uid == uid)
                    .is_some_and(|pod| pod.state.is_some())
            };
            before().map(|pod| pod.uid).find(|uid| is_there(*uid))
        })
    }

    /// Whether an object is a pod of the member's.
    pub fn is_pod(&self, object: &ObjectRef) -> bool {
        let its = match self.workload.kind {
            WorkloadKind::StatefulSet | WorkloadKind::Pod => object.name == self.member.pod,
            WorkloadKind::Deployment => self.pods.iter().any(|pod| pod.uid == object.uid),
        };
        its && object.kind == POD && object.namespace == self.workload.namespace
    }

    /// The name that a pod of the member's has.
    pub fn name(&self, uid: &str) -> Option<&'h str> {
        self.pod(uid).next().map(|pod| pod.name)
    }

    /// The UID of the pod that took the member's name last, first seen after the first fault. Not the one that was
    /// spoken of last: a Deployment's old pods may outlive the first sight of the new one.
    pub fn new_pod(&self) -> Option<&'h str> {
        let (fault, old) = (self.first_fault()?, self.old_pod());
        let made = self.pods.iter().filter(|pod| pod.state.is_some());
        made.map(|pod| pod.uid)
            .filter(|uid| Some(*uid) != old && self.first_seen(uid) > Some(fault.place))
            .max_by_key(|uid| self.first_seen(uid))
    }

    /// The place at which a pod of the member's was first seen.
    pub fn first_seen(&self, uid: &str) -> Option<usize> {
        self.pod(uid).next().map(|pod| pod.place)
    }

    /// When a pod of the member's was first seen Ready.
    pub fn ready(&self, uid: &str) -> Option<Sighting<'h>> {
        self.pod(uid)
            .find(|pod| pod.state.is_some_and(|state| state.ready))
    }

    /// The container that runs the engine.
    pub fn engine<'p>(&self, pod: &'p PodState) -> Option<&'p ContainerState> {
        pod.container(&self.workload.engine.container)
    }
}
