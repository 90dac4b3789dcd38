use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{
    Container, ContainerStatus, Event, Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec,
    PodStatus, Probe, VolumeNodeAffinity,
};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::{Resource, ResourceExt};

use crate::history::{
    BudgetState, ClaimState, ClusterEvent, ContainerState, NodeState, ObjectRef, ObjectState, PodState,
    SetState, VolumeState,
};

/// A kind that is watched: how an object of it becomes what the history keeps.
pub trait Condense: Resource<DynamicType = ()> {
    /// The part of its state that matters.
    fn condense(&self) -> ObjectState;
}

/// An object's identity.
pub fn reference<K: Resource<DynamicType = ()>>(object: &K) -> ObjectRef {
    ObjectRef {
        kind: K::kind(&()).into_owned(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    }
}

impl Condense for Pod {
    fn condense(&self) -> ObjectState {
        let status = self.status.clone().unwrap_or_default();
        let condition = |kind: &str| {
            status
                .conditions
                .iter()
                .flatten()
                .find(|condition| condition.type_ == kind)
        };
        ObjectState::Pod(Box::new(PodState {
            phase: status.phase.clone().unwrap_or_default(),
            ready: condition("Ready").is_some_and(|ready| ready.status == "True"),
            terminating: self.metadata.deletion_timestamp.is_some(),
            ip: status.pod_ip.clone(),
            node: self.spec.as_ref().and_then(|spec| spec.node_name.clone()),
            unschedulable: condition("PodScheduled")
                .filter(|scheduled| scheduled.status == "False")
                .and_then(|scheduled| scheduled.message.clone()),
            owner: self
                .owner_references()
                .iter()
                .find(|owner| owner.controller == Some(true))
                .map(|owner| format!("{}/{}", owner.kind, owner.name)),
            revision: ["controller-revision-hash", "pod-template-hash"]
                .iter()
                .find_map(|label| self.labels().get(*label).cloned()),
            account: account(self),
            claims: mounted(self),
            containers: containers(self.spec.as_ref(), &status),
        }))
    }
}

fn mounted(pod: &Pod) -> Vec<String> {
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    volumes
        .filter_map(|volume| Some(volume.persistent_volume_claim.as_ref()?.claim_name.clone()))
        .collect()
}

/// The account whose token the kubelet projects into the pod.
fn account(pod: &Pod) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let has_token = spec.volumes.iter().flatten().any(|volume| {
        let projected = volume
            .projected
            .as_ref()
            .and_then(|volume| volume.sources.as_ref());
        projected
            .into_iter()
            .flatten()
            .any(|source| source.service_account_token.is_some())
    });
    spec.service_account_name
        .clone()
        .filter(|name| has_token && name != "default")
}

fn containers(spec: Option<&PodSpec>, status: &PodStatus) -> Vec<ContainerState> {
    let of = |statuses: &Option<Vec<ContainerStatus>>, declared: &[Container], init: bool| {
        statuses
            .iter()
            .flatten()
            .map(|status| {
                let declared = declared.iter().find(|declared| declared.name == status.name);
                container(status, declared, init)
            })
            .collect::<Vec<_>>()
    };
    let init = spec.and_then(|spec| spec.init_containers.as_deref());
    let mut all = of(&status.init_container_statuses, init.unwrap_or_default(), true);
    let others = spec.map_or(&[][..], |spec| &spec.containers);
    all.extend(of(&status.container_statuses, others, false));
    all
}

fn container(status: &ContainerStatus, declared: Option<&Container>, init: bool) -> ContainerState {
    let state = status.state.clone().unwrap_or_default();
    let ended = state
        .terminated
        .or_else(|| status.last_state.clone().and_then(|last| last.terminated));
    ContainerState {
        name: status.name.clone(),
        init,
        id: status.container_id.clone(),
        running: state.running.is_some(),
        restarts: u32::try_from(status.restart_count).unwrap_or(0),
        waiting: state
            .waiting
            .map(|waiting| sentence(waiting.reason, waiting.message)),
        terminated: ended.map(|ended| {
            let code = ended.exit_code;
            sentence(
                Some(format!("{} (exit code {code})", ended.reason.unwrap_or_default())),
                ended.message,
            )
        }),
        post_start: declared
            .and_then(|declared| declared.lifecycle.as_ref())
            .is_some_and(|lifecycle| lifecycle.post_start.is_some()),
        liveness_s: declared
            .and_then(|declared| declared.liveness_probe.as_ref())
            .map(liveness),
    }
}

/// Kubernetes' defaults where the manifest is silent ("Configure Probes").
fn liveness(probe: &Probe) -> u32 {
    let seconds =
        |set: Option<i32>, default: u32| set.and_then(|set| u32::try_from(set).ok()).unwrap_or(default);
    seconds(probe.initial_delay_seconds, 0)
        + seconds(probe.period_seconds, 10) * seconds(probe.failure_threshold, 3)
}

fn sentence(reason: Option<String>, message: Option<String>) -> String {
    match (reason, message) {
        (Some(reason), Some(message)) => format!("{reason}: {}", message.trim()),
        (Some(text), None) | (None, Some(text)) => text,
        (None, None) => String::new(),
    }
}

impl Condense for PersistentVolumeClaim {
    fn condense(&self) -> ObjectState {
        let spec = self.spec.clone().unwrap_or_default();
        ObjectState::Claim(Box::new(ClaimState {
            phase: self
                .status
                .as_ref()
                .and_then(|status| status.phase.clone())
                .unwrap_or_default(),
            terminating: self.metadata.deletion_timestamp.is_some(),
            volume: spec.volume_name,
            storage_class: spec.storage_class_name,
            requested: spec
                .resources
                .and_then(|resources| resources.requests)
                .and_then(|requests| requests.get("storage").map(|quantity| quantity.0.clone())),
            access_modes: spec.access_modes.unwrap_or_default(),
            owners: owners(self),
        }))
    }
}

impl Condense for PersistentVolume {
    fn condense(&self) -> ObjectState {
        let spec = self.spec.clone().unwrap_or_default();
        let nodes = spec.node_affinity.as_ref().map(named_nodes).unwrap_or_default();
        ObjectState::Volume(Box::new(VolumeState {
            phase: self
                .status
                .as_ref()
                .and_then(|status| status.phase.clone())
                .unwrap_or_default(),
            reclaim_policy: spec.persistent_volume_reclaim_policy.unwrap_or_default(),
            storage_class: spec.storage_class_name,
            capacity: spec
                .capacity
                .and_then(|capacity| capacity.get("storage").map(|quantity| quantity.0.clone())),
            claim_uid: spec.claim_ref.and_then(|claim| claim.uid),
            nodes,
        }))
    }
}

/// The nodes that a volume's affinity names by their host name, as `local` volumes and local-path do.
fn named_nodes(affinity: &VolumeNodeAffinity) -> Vec<String> {
    let terms = affinity
        .required
        .iter()
        .flat_map(|required| &required.node_selector_terms);
    terms
        .flat_map(|term| term.match_expressions.iter().flatten())
        .filter(|expression| expression.key == "kubernetes.io/hostname" && expression.operator == "In")
        .flat_map(|expression| expression.values.clone().unwrap_or_default())
        .collect()
}

impl Condense for PodDisruptionBudget {
    fn condense(&self) -> ObjectState {
        let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        let status = self.status.clone().unwrap_or_default();
        ObjectState::Budget(BudgetState {
            known: status.observed_generation >= self.metadata.generation && self.status.is_some(),
            allowed: count(status.disruptions_allowed),
            healthy: count(status.current_healthy),
            expected: count(status.expected_pods),
        })
    }
}

impl Condense for StatefulSet {
    fn condense(&self) -> ObjectState {
        let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        ObjectState::Set(Box::new(SetState {
            replicas: count(self.spec.replicas),
            ready: count(self.status.as_ref().and_then(|status| status.ready_replicas)),
            terminating: self.metadata.deletion_timestamp.is_some(),
            current_revision: self
                .status
                .as_ref()
                .and_then(|status| status.current_revision.clone()),
            update_revision: self
                .status
                .as_ref()
                .and_then(|status| status.update_revision.clone()),
        }))
    }
}

impl Condense for Deployment {
    fn condense(&self) -> ObjectState {
        let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        ObjectState::Set(Box::new(SetState {
            replicas: count(self.spec.replicas),
            ready: count(self.status.as_ref().and_then(|status| status.ready_replicas)),
            terminating: self.metadata.deletion_timestamp.is_some(),
            ..SetState::default()
        }))
    }
}

/// The taint of a node that nobody hears of.
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

impl Condense for Node {
    fn condense(&self) -> ObjectState {
        let conditions = self
            .status
            .iter()
            .flat_map(|status| status.conditions.iter().flatten());
        ObjectState::Node(NodeState {
            ready: conditions
                .filter(|condition| condition.type_ == "Ready")
                .any(|condition| condition.status == "True"),
            cordoned: self
                .spec
                .as_ref()
                .is_some_and(|spec| spec.unschedulable == Some(true)),
            unreachable: self
                .spec
                .iter()
                .flat_map(|spec| spec.taints.iter().flatten())
                .any(|taint| taint.key == UNREACHABLE && taint.effect == "NoSchedule"),
        })
    }
}

impl Condense for Event {
    fn condense(&self) -> ObjectState {
        ObjectState::Event(Box::new(ClusterEvent {
            about_kind: self.involved_object.kind.clone().unwrap_or_default(),
            about_name: self.involved_object.name.clone().unwrap_or_default(),
            about_uid: self.involved_object.uid.clone().unwrap_or_default(),
            severity: self.type_.clone().unwrap_or_default(),
            reason: self.reason.clone().unwrap_or_default(),
            message: self.message.clone().unwrap_or_default().trim().to_owned(),
            container: self.involved_object.field_path.as_deref().and_then(container_of),
            repeated: repeated(self),
        }))
    }
}

/// `spec.containers{NAME}`.
fn container_of(field: &str) -> Option<String> {
    let (_, name) = field.split_once('{')?;
    Some(name.strip_suffix('}')?.to_owned())
}

/// Both forms of counting: the kubelet's and the scheduler's.
fn repeated(event: &Event) -> u32 {
    let series = event.series.as_ref().and_then(|series| series.count);
    let count = series.max(event.count).unwrap_or(0);
    if count > 1 {
        u32::try_from(count).unwrap_or(0)
    } else {
        0
    }
}

/// A retention policy makes the StatefulSet or the pod the claim's owner; owners of other kinds are not watched.
fn owners(claim: &PersistentVolumeClaim) -> Vec<String> {
    let owners = claim.owner_references().iter();
    owners
        .filter(|owner| owner.kind == "StatefulSet" || owner.kind == "Pod")
        .map(|owner| owner.uid.clone())
        .collect()
}
