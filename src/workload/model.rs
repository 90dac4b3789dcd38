use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Tls;
use super::engines;
use super::image::ImageName;

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

/// How pods are replaced: `spec.updateStrategy` of a StatefulSet, `spec.strategy` of a Deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UpdateStrategy {
    /// One after the other; a Deployment starts the new pod before the old one has ended.
    #[default]
    RollingUpdate,
    /// A Deployment's: all are ended before the first new one is started.
    Recreate,
    /// A StatefulSet's: only when somebody deletes them.
    OnDelete,
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

/// `spec.podManagementPolicy` of a StatefulSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodManagement {
    /// Each member waits for the one before it to be Ready.
    #[default]
    OrderedReady,
    /// All members at once.
    Parallel,
}

/// `spec.persistentVolumeClaimRetentionPolicy` of a StatefulSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// When the StatefulSet is deleted.
    pub when_deleted: RetentionPolicy,
    /// When it is scaled down.
    pub when_scaled: RetentionPolicy,
}

/// Whether a claim outlives the member it was made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetentionPolicy {
    /// It stays until it is deleted by name (Kubernetes' default).
    #[default]
    Retain,
    /// It goes, and with it the rows.
    Delete,
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

/// What runs in a workload's members, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// The protocol.
    pub kind: EngineKind,
    /// What the server is called: `TimescaleDB`, `Redis`. Empty where nobody has looked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub product: String,
    /// How it was recognised, as a sentence fragment: `its image postgres:16`. Empty where nobody has looked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recognised_by: String,
    /// The container that runs it.
    pub container: String,
    /// The image as the manifest names it.
    pub image: String,
    /// The port it listens on.
    pub port: u16,
    /// Where it keeps its data, as image and environment have it; for files over HTTP the first claim's mount.
    /// Empty where it keeps none.
    pub data_directory: String,
    /// Whether connections to it are encrypted.
    #[serde(default, skip_serializing_if = "Tls::is_default")]
    pub tls: Tls,
}

impl Engine {
    /// The version that the image's tag asks for: `16` for `postgres:16-alpine`, `8.0` for `mysql:8.0`. None where it
    /// names none, and where the image is not the engine's official one, whose versions are its own.
    #[must_use]
    pub fn version_asked(&self) -> Option<&str> {
        let official = engines::is_official(&self.image, self.kind);
        ImageName::parse(&self.image).version().filter(|_| official)
    }
}

/// What the server is called, and whose protocol it is spoken to in where that is another's.
impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.to_string();
        match self.kind {
            EngineKind::Other => write!(f, "{}, which stateproof does not speak", self.product),
            // Whatever the web server is called, what counts is the files.
            EngineKind::Http | EngineKind::Unknown => f.write_str(&kind),
            _ if self.product.is_empty() || self.product == kind => f.write_str(&kind),
            _ => write!(f, "{}, spoken to as {kind}", self.product),
        }
    }
}

/// The database engines that stateproof speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EngineKind {
    /// PostgreSQL.
    #[serde(rename = "PostgreSQL")]
    PostgreSql,
    /// MySQL.
    #[serde(rename = "MySQL")]
    MySql,
    /// MongoDB.
    #[serde(rename = "MongoDB")]
    MongoDb,
    /// Files on a volume, and a web server that answers over HTTP (nginx).
    #[serde(rename = "HTTP")]
    Http,
    /// One that stateproof does not speak: nothing is written, the rest is proven all the same.
    #[serde(rename = "other")]
    Other,
    /// None that is known, or none that matters: the set is expected to fail before anybody could speak to it.
    #[serde(rename = "unknown")]
    Unknown,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PostgreSql => f.write_str("PostgreSQL"),
            Self::MySql => f.write_str("MySQL"),
            Self::MongoDb => f.write_str("MongoDB"),
            Self::Http => f.write_str("files over HTTP"),
            Self::Other => f.write_str("an engine that stateproof does not speak"),
            Self::Unknown => f.write_str("an unknown engine"),
        }
    }
}

/// One pod of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its ordinal. Among a Deployment's pods, which have none, its place in the order of their names.
    pub ordinal: u32,
    /// Its pod's name, the same for every incarnation; a Deployment's name where the pods have none that stay.
    pub pod: String,
    /// Its stable DNS name.
    pub dns: String,
    /// The names of its claims, in the order of the templates. All members of a Deployment have the same.
    pub claims: Vec<String>,
}

impl Member {
    /// Whether what a server says of itself, its address or its host with or without a port, is this member's.
    ///
    /// ```
    /// # use stateproof::workload::Member;
    /// let member = Member {
    ///     ordinal: 1,
    ///     pod: "mongodb-1".into(),
    ///     dns: "mongodb-1.mongodb.prod.svc.cluster.local".into(),
    ///     claims: Vec::new(),
    /// };
    /// assert!(member.answers_as("10.244.0.7", Some("10.244.0.7")));
    /// assert!(member.answers_as("mongodb-1", None));
    /// assert!(member.answers_as("mongodb-1.mongodb.prod.svc.cluster.local:27017", None));
    /// assert!(!member.answers_as("mongodb-10", None));
    /// ```
    #[must_use]
    pub fn answers_as(&self, server: &str, ip: Option<&str>) -> bool {
        let host = match server.rsplit_once(':') {
            // More than one colon is an IPv6 address without a port.
            Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
            _ => server,
        };
        let named = host.strip_prefix(&self.pod);
        ip == Some(host) || named.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}
