use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Engine, EngineKind, Member, PodManagement, Retention, UpdateStrategy};

/// One StatefulSet, or a Deployment used as a database, with its Services, claims and engine.
///
/// Serialised into the history's first event, so that a verdict needs nothing but the history.
/// Credentials are kept apart (see [`super::Credentials`]): they are never serialised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// The kind of the object that makes the pods.
    pub kind: WorkloadKind,
    /// The namespace it is applied to; `default` where the manifest names none.
    pub namespace: String,
    /// Its name, the stem of every member's name.
    pub name: String,
    /// Number of members the manifest asks for.
    pub replicas: u32,
    /// `spec.serviceName`: the Service that gives the members their DNS names. Empty for a Deployment.
    pub governing_service: String,
    /// The Services of the set that select the members, the governing one among them, in the manifests' order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceRef>,
    /// `spec.selector.matchLabels`.
    pub selector: BTreeMap<String, String>,
    /// In which order members are started and stopped.
    pub pod_management: PodManagement,
    /// How the controller replaces the pods when their template changes.
    #[serde(default)]
    pub update: UpdateStrategy,
    /// The PodDisruptionBudgets of the set that select the members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<DisruptionBudget>,
    /// How the members keep each other's rows; none where each is a database of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    /// What becomes of the claims when the StatefulSet is deleted or scaled down.
    pub retention: Retention,
    /// The claims that each member gets.
    pub claims: Vec<ClaimTemplate>,
    /// What runs in the members.
    pub engine: Engine,
    /// Whether the engine's container has a readiness probe. Without one, Ready means started.
    pub has_readiness_probe: bool,
    /// `spec.template.spec.terminationGracePeriodSeconds`, in seconds.
    pub termination_grace_seconds: u32,
    /// Where the manifest declares it: `file:line`.
    pub declared_at: String,
    /// How stateproof logs in, with where each part is from: a sentence fragment, without any secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub login: String,
    /// Things a reader of the report should know about the manifest, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Workload {
    /// Namespace and name, as reports print it.
    ///
    /// ```
    /// # use stateproof::workload::WorkloadId;
    /// let id = WorkloadId { namespace: "postgresql-prod".into(), name: "postgres".into() };
    /// assert_eq!(id.to_string(), "postgresql-prod/postgres");
    /// ```
    #[must_use]
    pub fn id(&self) -> WorkloadId {
        WorkloadId {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }

    /// The member with this ordinal.
    ///
    /// Names follow Kubernetes' "StatefulSet basics": pod `NAME-ORDINAL`, claim `TEMPLATE-POD`,
    /// DNS name `POD.SERVICE.NAMESPACE.svc.cluster.local`. A Deployment's members have no names of their own: they
    /// share the Deployment's, its claims and the name of its first Service.
    #[must_use]
    pub fn member(&self, ordinal: u32) -> Member {
        if self.kind != WorkloadKind::StatefulSet {
            return self.any_member(ordinal);
        }
        let pod = format!("{}-{ordinal}", self.name);
        Member {
            ordinal,
            dns: format!(
                "{pod}.{}.{}.svc.cluster.local",
                self.governing_service, self.namespace
            ),
            claims: self
                .claims
                .iter()
                .map(|claim| format!("{}-{pod}", claim.name))
                .collect(),
            pod,
        }
    }

    /// Whether its server can be asked anything: nobody speaks to an engine that stateproof does not know.
    #[must_use]
    pub fn is_spoken(&self) -> bool {
        !matches!(self.engine.kind, EngineKind::Other | EngineKind::Unknown)
    }

    /// Whether there is anything to write rows on: a web server without a claim serves, and keeps nothing; an engine
    /// that stateproof does not speak may keep something, and nobody can ask it to.
    #[must_use]
    pub fn keeps_rows(&self) -> bool {
        if !self.is_spoken() {
            return false;
        }
        // A Deployment's pods have no names of their own by which a command could be run in the one that answered.
        self.engine.kind != EngineKind::Http
            || (self.kind == WorkloadKind::StatefulSet && !self.engine.data_directory.is_empty())
    }

    /// The Services other than the governing one whose every connection leads to this member.
    pub fn services_of(&self, member: &Member) -> impl Iterator<Item = &ServiceRef> {
        self.services.iter().filter(move |service| {
            service.name != self.governing_service
                && service
                    .pod
                    .as_ref()
                    .map_or(self.replicas == 1, |pod| *pod == member.pod)
        })
    }

    /// The first Service that selects every member.
    #[must_use]
    pub fn common_service(&self) -> Option<&ServiceRef> {
        self.services.iter().find(|service| service.pod.is_none())
    }

    /// Every member that the manifest asks for, in the order of their ordinals.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        (0..self.replicas).map(|ordinal| self.member(ordinal))
    }

    /// Whether a pod of the workload's namespace is one of its members: by its name, which a StatefulSet keeps, or by
    /// the ReplicaSet of a Deployment that made it (`KIND/NAME` of its controller).
    ///
    /// A Deployment's ReplicaSets are called `NAME-HASH`, and the hash holds no hyphen (Kubernetes, "Deployments").
    ///
    /// ```
    /// # use stateproof::manifest::ManifestSet;
    /// # use stateproof::workload::discover;
    /// # let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
    /// let postgres = discover(&set, "default")?.remove(0).workload;
    /// assert!(postgres.has_pod("postgres-0", Some("StatefulSet/postgres")));
    /// assert!(!postgres.has_pod("postgres-exporter-0", Some("StatefulSet/postgres-exporter")));
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn has_pod(&self, pod: &str, owner: Option<&str>) -> bool {
        match self.kind {
            WorkloadKind::StatefulSet => pod
                .strip_prefix(&self.name)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|ordinal| ordinal.parse::<u32>().is_ok()),
            WorkloadKind::Deployment => owner
                .and_then(|owner| owner.strip_prefix("ReplicaSet/"))
                .and_then(|set| set.rsplit_once('-'))
                .is_some_and(|(name, _)| name == self.name),
            WorkloadKind::Pod => pod == self.name && owner.is_none(),
        }
    }

    /// How reports call a member: `Pod postgres-0`, or `Deployment postgres`, whose pods have no names of their own.
    #[must_use]
    pub fn called(&self, member: &Member) -> String {
        match self.kind {
            WorkloadKind::StatefulSet => format!("Pod {}", member.pod),
            WorkloadKind::Deployment => format!("Deployment {}", self.name),
            WorkloadKind::Pod => format!("Pod {}", self.name),
        }
    }

    fn any_member(&self, ordinal: u32) -> Member {
        Member {
            ordinal,
            pod: self.name.clone(),
            dns: self
                .common_service()
                .map(|service| service.dns.clone())
                .unwrap_or_default(),
            claims: self.claims.iter().map(|claim| claim.name.clone()).collect(),
        }
    }

    /// The Services with an address of their own behind which there are several members: one connection leads to one of
    /// them, the next to another. A headless name is not among them: it gives its members' addresses.
    pub fn spreading_services(&self) -> impl Iterator<Item = &ServiceRef> {
        let spreads =
            move |service: &&ServiceRef| !service.headless && service.pod.is_none() && self.replicas > 1;
        self.services.iter().filter(spreads)
    }
}

/// A workload's namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkloadId {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for WorkloadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The kind of object that makes a workload's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkloadKind {
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// `apps/v1` Deployment: its pods have no names of their own, and share the claims that they mount.
    Deployment,
    /// A bare `v1` Pod: it keeps its name, and nothing brings it back when it is gone.
    Pod,
}

impl WorkloadKind {
    /// The kind as manifests write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StatefulSet => "StatefulSet",
            Self::Deployment => "Deployment",
            Self::Pod => "Pod",
        }
    }
}

/// A Service that selects a workload's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRef {
    /// Its name.
    pub name: String,
    /// Its DNS name: `NAME.NAMESPACE.svc.cluster.local`.
    pub dns: String,
    /// Whether its `clusterIP` is `None`: the name answers with the pods' addresses.
    pub headless: bool,
    /// The port at which it offers the engine.
    pub port: u16,
    /// The one pod that it selects by name (`statefulset.kubernetes.io/pod-name`); none where it selects them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// Whether pods that are not Ready are among its endpoints (`publishNotReadyAddresses`).
    #[serde(default)]
    pub publishes_not_ready: bool,
}

/// A PodDisruptionBudget that selects a workload's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisruptionBudget {
    /// Its name.
    pub name: String,
    /// How many members may be evicted at once while all are Ready: `minAvailable` and `maxUnavailable`, percentages
    /// rounded up as the disruption controller does (Kubernetes, "Specifying a Disruption Budget").
    pub allowed: u32,
}

/// How the members of a workload keep each other's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replication {
    /// A MongoDB replica set.
    ReplicaSet {
        /// Its name, as `--replSet` has it.
        name: String,
    },
}

/// One entry of `spec.volumeClaimTemplates`, or a claim that a Deployment's pods mount by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimTemplate {
    /// The template's name, the stem of the claims' names; the claim's own name where a Deployment mounts it.
    pub name: String,
    /// The requested size as the manifest writes it, for example `5Gi`.
    pub storage: String,
    /// Access modes as the manifest writes them, for example `ReadWriteOnce`.
    pub access_modes: Vec<String>,
    /// The class asked for; `None` asks for the cluster's default.
    pub storage_class: Option<String>,
    /// Where the engine's container mounts it.
    pub mounts: Vec<String>,
    /// Whether the set brings the volumes of its class itself, and they outlive their claims (reclaim policy `Retain`):
    /// a Released one is bound to no other claim (Kubernetes, "Persistent Volumes", "Retain").
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retained: bool,
}
