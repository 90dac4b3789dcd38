use serde::{Deserialize, Serialize};

/// One object of the cluster at one time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Its kind, for example `Pod`.
    pub kind: String,
    /// Its namespace; empty for objects without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID: the name may be taken by another object later.
    pub uid: String,
}

/// The part of an object's state that waits, verdicts and reports look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ObjectState {
    /// A pod.
    Pod(Box<PodState>),
    /// A PersistentVolumeClaim.
    Claim(Box<ClaimState>),
    /// A PersistentVolume.
    Volume(Box<VolumeState>),
    /// A StatefulSet, or a Deployment.
    Set(Box<SetState>),
    /// A node.
    Node(NodeState),
    /// A PodDisruptionBudget.
    Budget(BudgetState),
    /// An event: what the cluster itself says of an object.
    Event(Box<ClusterEvent>),
}

/// A pod's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodState {
    /// `status.phase`.
    pub phase: String,
    /// Whether the condition `Ready` is true.
    pub ready: bool,
    /// Whether a deletion time stamp is set.
    pub terminating: bool,
    /// `status.podIP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// `spec.nodeName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Why it is not scheduled, in the scheduler's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unschedulable: Option<String>,
    /// The object that made it, as `KIND/NAME`: `StatefulSet/postgres`, `ReplicaSet/postgres-6d4cf56db6`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The revision of the template that it was made from: label `controller-revision-hash` or `pod-template-hash`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The service account whose token it has, unless it is `default`, which has no rights of its own: who has one may
    /// make what another pod waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The claims that it mounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// Its containers, init containers first.
    #[serde(default)]
    pub containers: Vec<ContainerState>,
}

impl PodState {
    /// Whether it stands for a member: it has not ended, and nobody has deleted it.
    ///
    /// ```
    /// use stateproof::history::PodState;
    ///
    /// let running = PodState { phase: "Running".into(), ..PodState::default() };
    /// assert!(running.is_alive());
    /// assert!(!PodState { terminating: true, ..running }.is_alive());
    /// ```
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.terminating && !matches!(self.phase.as_str(), "Failed" | "Succeeded")
    }

    /// One of its containers, which is not an init container.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<&ContainerState> {
        let mut containers = self.containers.iter();
        containers.find(|container| !container.init && container.name == name)
    }
}

/// A container's state within its pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerState {
    /// Its name.
    pub name: String,
    /// Whether it is an init container.
    #[serde(default)]
    pub init: bool,
    /// Its container ID as the runtime has it, for example `containerd://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether it runs.
    pub running: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// Why it waits, reason and message: `ImagePullBackOff: …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
    /// How it ended last, reason, exit code and message: `Error (exit code 1): …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminated: Option<String>,
    /// Whether it has a `postStart` hook: until that has ended, the kubelet says that the container is being created.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub post_start: bool,
    /// How long its liveness probe may fail from the start on before the kubelet kills it, in seconds:
    /// `initialDelaySeconds` and `failureThreshold` times `periodSeconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness_s: Option<u32>,
}

impl ContainerState {
    /// Whether it waits for an image that its node does not have: the kubelet's reasons, from `ErrImagePull` on.
    #[must_use]
    pub fn awaits_image(&self) -> bool {
        const REASONS: [&str; 4] = [
            "ErrImagePull",
            "ImagePullBackOff",
            "ErrImageNeverPull",
            "InvalidImageName",
        ];
        let waiting = self.waiting.as_deref().unwrap_or_default();
        REASONS.contains(&waiting.split(':').next().unwrap_or_default())
    }

    /// Whether it has ended, and well: an init container that has done its work.
    #[must_use]
    pub fn has_succeeded(&self) -> bool {
        let ended = self.terminated.as_deref().unwrap_or_default();
        !self.running && self.waiting.is_none() && ended.starts_with("Completed")
    }
}

/// A PersistentVolumeClaim's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimState {
    /// `status.phase`: `Pending`, `Bound` or `Lost`.
    pub phase: String,
    /// Whether a deletion time stamp is set.
    pub terminating: bool,
    /// The PersistentVolume it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// The class it asks for, as the cluster has it (its default filled in).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// `spec.resources.requests.storage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
    /// `spec.accessModes`.
    #[serde(default)]
    pub access_modes: Vec<String>,
    /// UIDs of the objects it is garbage-collected with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
}

/// A PersistentVolume's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeState {
    /// `status.phase`: `Available`, `Bound`, `Released` or `Failed`.
    pub phase: String,
    /// `spec.persistentVolumeReclaimPolicy`.
    pub reclaim_policy: String,
    /// `spec.storageClassName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// `spec.capacity.storage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    /// The UID of the claim it is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_uid: Option<String>,
    /// The nodes that `spec.nodeAffinity` names by `kubernetes.io/hostname`; empty where it names none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
}

/// A StatefulSet's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetState {
    /// `spec.replicas`.
    pub replicas: u32,
    /// `status.readyReplicas`. Stale right after a pod's deletion: no verdict rests on it.
    pub ready: u32,
    /// Whether a deletion time stamp is set.
    pub terminating: bool,
    /// `status.currentRevision`: what the pods were made from before a rolling update that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<String>,
    /// `status.updateRevision`: what they are made from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_revision: Option<String>,
}

/// A node's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeState {
    /// Whether the condition `Ready` is true.
    pub ready: bool,
    /// `spec.unschedulable`: it is cordoned.
    pub cordoned: bool,
    /// Whether the scheduler keeps pods off it because nobody hears of it: the taint `node.kubernetes.io/unreachable`
    /// (Kubernetes, "Taints and Tolerations").
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
}

/// A PodDisruptionBudget's state, as the disruption controller has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetState {
    /// Whether the controller has taken in the budget as it now stands (`status.observedGeneration`).
    pub known: bool,
    /// `status.disruptionsAllowed`: how many pods may be evicted now.
    pub allowed: u32,
    /// `status.currentHealthy`: how many of its pods are Ready.
    pub healthy: u32,
    /// `status.expectedPods`: how many it counts.
    pub expected: u32,
}

/// An event of the cluster about one of its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterEvent {
    /// The kind of the object it is about.
    pub about_kind: String,
    /// The name of that object.
    pub about_name: String,
    /// The UID of that object.
    pub about_uid: String,
    /// `Normal` or `Warning`.
    pub severity: String,
    /// Machine-readable reason, for example `ProvisioningFailed`.
    pub reason: String,
    /// The message.
    pub message: String,
    /// The container of the pod that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// How often it was said; 0 where it was said once.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
pub(crate) fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// A container's ID without its runtime's name, as the runtime itself calls it; none where it is no container's.
pub(crate) fn container_id(id: &str) -> Option<&str> {
    id.split_once("://").map(|(_, id)| id)
}
