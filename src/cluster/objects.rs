use std::collections::{BTreeMap, HashMap};

use crate::history::{
    BudgetState, ClaimState, ClusterEvent, ContainerState, NodeState, ObjectRef, ObjectState, PodState,
    SetState, VolumeState,
};
use crate::workload::{Member, Workload, WorkloadKind};

/// The last state that the watches delivered of every object: what conditions and causes are computed from.
#[derive(Debug, Default)]
pub struct Objects {
    states: BTreeMap<ObjectRef, ObjectState>,
    events: HashMap<String, Vec<ClusterEvent>>,
    /// The last lines of containers' logs, by pod and container.
    logs: BTreeMap<(ObjectRef, String), Vec<String>>,
    /// Which start of a container has nothing more to say: the ID of the one whose log was read to its end.
    read: BTreeMap<(ObjectRef, String), String>,
    /// How often a fault of ours ended a container: those ends are not its own.
    killed: BTreeMap<(ObjectRef, String), u32>,
}

/// What a change did to [`Objects`].
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// The state that matters is as it was.
    None,
    /// It is new or different.
    Changed,
}

impl Objects {
    /// Takes in an object's state.
    pub fn observe(&mut self, object: &ObjectRef, state: &ObjectState) -> Change {
        if let ObjectState::Event(event) = state {
            let about = self.events.entry(event.about_uid.clone()).or_default();
            about.retain(|known| known.reason != event.reason || known.message != event.message);
            about.push((**event).clone());
            return Change::Changed;
        }
        if self.states.get(object) == Some(state) {
            return Change::None;
        }
        self.states.insert(object.clone(), state.clone());
        Change::Changed
    }

    /// Takes in an object's deletion; false when it was not known.
    pub fn forget(&mut self, object: &ObjectRef) -> bool {
        self.forget_logs(object);
        self.killed.retain(|(of, _), _| of != object);
        self.states.remove(object).is_some()
    }

    /// Whether there is a last state of this very object.
    #[must_use]
    pub fn knows(&self, object: &ObjectRef) -> bool {
        self.states.contains_key(object)
    }

    /// Takes in the last lines of a container's log.
    pub fn observe_log(&mut self, pod: &ObjectRef, container: &str, lines: Vec<String>) {
        self.logs.insert((pod.clone(), container.to_owned()), lines);
    }

    /// Takes in that the log of this start of a container was read to its end, or cannot be had.
    pub fn observe_log_end(&mut self, pod: &ObjectRef, container: &str, id: &str) {
        self.read
            .insert((pod.clone(), container.to_owned()), id.to_owned());
    }

    /// Whether what a container said at its last start is known.
    #[must_use]
    pub fn has_read_log(&self, pod: &ObjectRef, container: &ContainerState) -> bool {
        let read = self.read.get(&(pod.clone(), container.name.clone()));
        container.id.is_none() || read == container.id.as_ref()
    }

    /// Takes in that a container is about to be killed by a fault.
    pub fn observe_kill(&mut self, pod: &ObjectRef, container: &str) {
        let kills = self.killed.entry((pod.clone(), container.to_owned()));
        *kills.or_default() += 1;
    }

    /// How often a container was started again that had ended by itself.
    #[must_use]
    pub fn restarts(&self, pod: &ObjectRef, container: &ContainerState) -> u32 {
        let kills = self.killed.get(&(pod.clone(), container.name.clone()));
        container
            .restarts
            .saturating_sub(kills.copied().unwrap_or_default())
    }

    /// Forgets the logs of a pod's containers.
    pub fn forget_logs(&mut self, pod: &ObjectRef) {
        self.logs.retain(|(of, _), _| of != pod);
        self.read.retain(|(of, _), _| of != pod);
    }

    /// The last lines of a container's log, the latest last; none where nothing of it was asked for.
    #[must_use]
    pub fn log(&self, pod: &ObjectRef, container: &str) -> &[String] {
        let lines = self.logs.get(&(pod.clone(), container.to_owned()));
        lines.map_or(&[], Vec::as_slice)
    }

    /// The last lines of all containers whose logs are read: pod, container, lines.
    pub fn logs(&self) -> impl Iterator<Item = (&ObjectRef, &str, &[String])> {
        let logs = self.logs.iter();
        logs.map(|((pod, container), lines)| (pod, container.as_str(), lines.as_slice()))
    }

    /// Every pod that there is now.
    pub fn pods(&self) -> impl Iterator<Item = (&ObjectRef, &PodState)> {
        self.states.iter().filter_map(|(object, state)| match state {
            ObjectState::Pod(pod) => Some((object, &**pod)),
            _ => None,
        })
    }

    /// Every volume that there is now, of those that are followed.
    pub fn volumes(&self) -> impl Iterator<Item = &VolumeState> {
        self.states.values().filter_map(|state| match state {
            ObjectState::Volume(volume) => Some(&**volume),
            _ => None,
        })
    }

    /// Every node that there is now.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeState> {
        self.states.values().filter_map(|state| match state {
            ObjectState::Node(node) => Some(node),
            _ => None,
        })
    }

    /// The objects of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a ObjectRef> {
        self.states.keys().filter(move |object| object.kind == kind)
    }

    /// The pod of this name that there is now.
    #[must_use]
    pub fn pod(&self, namespace: &str, name: &str) -> Option<(&ObjectRef, &PodState)> {
        self.find("Pod", namespace, name)
            .and_then(|(object, state)| match state {
                ObjectState::Pod(pod) => Some((object, &**pod)),
                _ => None,
            })
    }

    /// The pods of a workload that there are now, in the order of their names.
    pub fn pods_of<'a>(
        &'a self,
        workload: &'a Workload,
    ) -> impl Iterator<Item = (&'a ObjectRef, &'a PodState)> {
        self.states.iter().filter_map(|(object, state)| match state {
            ObjectState::Pod(pod)
                if object.namespace == workload.namespace
                    && workload.has_pod(&object.name, pod.owner.as_deref()) =>
            {
                Some((object, &**pod))
            }
            _ => None,
        })
    }

    /// The pod that a member has now. A Deployment's pods have no names that stay: those that are not about to go
    /// stand for its members, in the order of their names.
    #[must_use]
    pub fn pod_of<'a>(
        &'a self,
        workload: &'a Workload,
        member: &Member,
    ) -> Option<(&'a ObjectRef, &'a PodState)> {
        match workload.kind {
            WorkloadKind::StatefulSet | WorkloadKind::Pod => self.pod(&workload.namespace, &member.pod),
            WorkloadKind::Deployment => {
                let ordinal = usize::try_from(member.ordinal).ok()?;
                self.pods_of(workload)
                    .filter(|(_, pod)| pod.is_alive())
                    .nth(ordinal)
            }
        }
    }

    /// The claim of this name that there is now.
    #[must_use]
    pub fn claim(&self, namespace: &str, name: &str) -> Option<(&ObjectRef, &ClaimState)> {
        self.find("PersistentVolumeClaim", namespace, name)
            .and_then(|(object, state)| match state {
                ObjectState::Claim(claim) => Some((object, &**claim)),
                _ => None,
            })
    }

    /// The volume of this name that there is now.
    #[must_use]
    pub fn volume(&self, name: &str) -> Option<(&ObjectRef, &VolumeState)> {
        self.find("PersistentVolume", "", name)
            .and_then(|(object, state)| match state {
                ObjectState::Volume(volume) => Some((object, &**volume)),
                _ => None,
            })
    }

    /// The StatefulSet of this name that there is now.
    #[must_use]
    pub fn set(&self, namespace: &str, name: &str) -> Option<(&ObjectRef, &SetState)> {
        self.find("StatefulSet", namespace, name)
            .and_then(|(object, state)| match state {
                ObjectState::Set(set) => Some((object, &**set)),
                _ => None,
            })
    }

    /// The Deployment of this name that there is now.
    #[must_use]
    pub fn deployment(&self, namespace: &str, name: &str) -> Option<(&ObjectRef, &SetState)> {
        self.find("Deployment", namespace, name)
            .and_then(|(object, state)| match state {
                ObjectState::Set(set) => Some((object, &**set)),
                _ => None,
            })
    }

    /// The node of this name that there is now.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<(&ObjectRef, &NodeState)> {
        self.find("Node", "", name)
            .and_then(|(object, state)| match state {
                ObjectState::Node(node) => Some((object, node)),
                _ => None,
            })
    }

    /// The PodDisruptionBudget of this name that there is now.
    #[must_use]
    pub fn budget(&self, namespace: &str, name: &str) -> Option<(&ObjectRef, &BudgetState)> {
        self.find("PodDisruptionBudget", namespace, name)
            .and_then(|(object, state)| match state {
                ObjectState::Budget(budget) => Some((object, budget)),
                _ => None,
            })
    }

    /// Whether this very object is still there.
    #[must_use]
    pub fn contains(&self, object: &ObjectRef) -> bool {
        self.states.contains_key(object)
    }

    /// Whether any object with this UID is still there.
    #[must_use]
    pub fn contains_uid(&self, uid: &str) -> bool {
        self.states.keys().any(|object| object.uid == uid)
    }

    /// What the cluster said of the object with this UID, the latest last.
    #[must_use]
    pub fn events(&self, uid: &str) -> &[ClusterEvent] {
        self.events.get(uid).map_or(&[], Vec::as_slice)
    }

    fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<(&ObjectRef, &ObjectState)> {
        self.states
            .iter()
            .find(|(object, _)| object.kind == kind && object.namespace == namespace && object.name == name)
    }
}
