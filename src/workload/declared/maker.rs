use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DeploymentSpec, StatefulSetSpec};
use k8s_openapi::api::core::v1::{PodSpec, PodTemplateSpec};
use serde_json::Value;

use super::{ContainerKind, DeclaredContainer};
use crate::image::ImageName;
use crate::manifest::{Manifest, Place};
use crate::workload::environment::Environment;
use crate::workload::neighbours::Neighbours;
use crate::workload::{EngineKind, engines, mongodb, mysql, postgres, programs};

/// An object that makes pods, or is one.
#[derive(Clone, Debug)]
pub struct PodMaker<'s> {
    /// As it is written.
    pub manifest: &'s Manifest,
    /// The namespace it is applied to.
    pub namespace: &'s str,
    /// What makes the pods.
    pub made: Made,
    /// The JSON pointer to the pods' spec.
    pub pointer: &'static str,
    /// The pods' labels.
    pub labels: BTreeMap<String, String>,
    /// The pods' annotations.
    pub annotations: BTreeMap<String, String>,
    /// The pods' spec.
    pub pod: PodSpec,
    /// Init containers first.
    pub containers: Vec<DeclaredContainer<'s>>,
    server: Option<(usize, Server)>,
}

/// What makes the pods.
#[derive(Clone, Debug)]
pub enum Made {
    /// By a StatefulSet.
    StatefulSet(Box<StatefulSetSpec>),
    /// By a Deployment.
    Deployment(Box<DeploymentSpec>),
    /// By something else; a pod by itself is made by nothing.
    Other,
}

/// The database server in a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Which it is.
    pub kind: EngineKind,
    /// The major version that the image's tag names.
    pub major: Option<u32>,
    /// Where it keeps its data, as image and environment have it.
    pub data_directory: String,
    /// The directory that the image declares as a volume of its own.
    pub image_volume: &'static str,
}

impl<'s> PodMaker<'s> {
    pub(super) fn new(
        manifest: &'s Manifest,
        made: Made,
        template: PodTemplateSpec,
        neighbours: Neighbours<'s>,
    ) -> Option<Self> {
        let (pointer, _) = manifest.pod_spec()?;
        let metadata = template.metadata.unwrap_or_default();
        let pod = template.spec.unwrap_or_default();
        let mut maker = Self {
            manifest,
            namespace: neighbours.namespace(),
            made,
            pointer,
            labels: metadata.labels.unwrap_or_default(),
            annotations: metadata.annotations.unwrap_or_default(),
            containers: containers(manifest, pointer, &pod),
            pod,
            server: None,
        };
        maker.server = maker.find_server(neighbours);
        Some(maker)
    }

    /// Where a field of the pods' spec stands, by its path without a leading slash: `securityContext/fsGroup`.
    #[must_use]
    pub fn at(&self, path: &str) -> Place {
        self.manifest.locate(&self.path(path))
    }

    /// The JSON pointer to a field of the pods' spec.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        format!("{}/{path}", self.pointer)
    }

    /// The names of its own annotations, which are not the pods'.
    pub fn own_annotations(&self) -> impl Iterator<Item = &String> {
        let annotations = self.manifest.json().pointer("/metadata/annotations");
        let annotations = annotations.and_then(Value::as_object);
        annotations.into_iter().flat_map(serde_json::Map::keys)
    }

    /// How many pods there are to be.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        let asked = match &self.made {
            Made::StatefulSet(spec) => spec.replicas,
            Made::Deployment(spec) => spec.replicas,
            Made::Other => None,
        };
        asked.map_or(1, |replicas| u32::try_from(replicas).unwrap_or_default())
    }

    /// The StatefulSet's spec, if it is one.
    #[must_use]
    pub fn stateful_set(&self) -> Option<&StatefulSetSpec> {
        match &self.made {
            Made::StatefulSet(spec) => Some(spec),
            Made::Deployment(_) | Made::Other => None,
        }
    }

    /// The database server in its pods: PostgreSQL, MySQL or MongoDB.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref().map(|(_, server)| server)
    }

    /// The container that the server runs in.
    #[must_use]
    pub fn server_container(&self) -> Option<&DeclaredContainer<'s>> {
        self.server
            .as_ref()
            .map(|(position, _)| &self.containers[*position])
    }

    /// Containers of a kind.
    pub fn containers_of(&self, kind: ContainerKind) -> impl Iterator<Item = &DeclaredContainer<'s>> {
        self.containers
            .iter()
            .filter(move |container| container.kind == kind)
    }

    fn find_server(&self, neighbours: Neighbours<'_>) -> Option<(usize, Server)> {
        // What says something that means nothing is told of where the workload is to be proven.
        let marked = engines::mark(self.manifest).ok()?;
        let volumes = self.pod.volumes.iter().flatten();
        let mut claims: Vec<&str> = volumes
            .into_iter()
            .filter(|volume| volume.persistent_volume_claim.is_some())
            .map(|volume| volume.name.as_str())
            .collect();
        if let Some(spec) = self.stateful_set() {
            let templates = spec.volume_claim_templates.iter().flatten();
            claims.extend(templates.filter_map(|template| template.metadata.name.as_deref()));
        }
        let recognised = engines::container(&self.pod.containers, &claims, &marked)?;
        let (position, kind) = (recognised.position, recognised.kind);
        let container = &self.pod.containers[position];
        let ends = ["Job", "CronJob"].contains(&self.manifest.kind());
        if matches!(kind, EngineKind::Http | EngineKind::Other | EngineKind::Unknown)
            || ends
            || programs::is_client(container)
        {
            return None;
        }
        let pointer = format!("{}/containers/{position}", self.pointer);
        // What is missing in the set is told of where the workload is to be proven.
        let mut unused = Vec::new();
        let environment = Environment::of(
            container,
            &self.pod,
            &pointer,
            self.manifest,
            neighbours,
            &mut unused,
        );
        let image = container.image.as_deref().unwrap_or_default();
        let (engine, image_volume) = match kind {
            EngineKind::PostgreSql => (
                postgres::engine(container, &environment),
                postgres::image_volume(image),
            ),
            EngineKind::MySql => (mysql::engine(container, &environment), mysql::image_volume(image)),
            _ => (
                mongodb::engine(container, &environment),
                mongodb::image_volume(image),
            ),
        };
        let server = Server {
            kind,
            major: ImageName::parse(image).major(),
            data_directory: engine.data_directory,
            image_volume,
        };
        let init = self.pod.init_containers.iter().flatten().count();
        Some((init + position, server))
    }
}

fn containers<'s>(manifest: &'s Manifest, pointer: &str, pod: &PodSpec) -> Vec<DeclaredContainer<'s>> {
    let init = pod.init_containers.iter().flatten().enumerate();
    let init = init.map(|(position, spec)| DeclaredContainer {
        manifest,
        pointer: format!("{pointer}/initContainers/{position}"),
        kind: if spec.restart_policy.as_deref() == Some("Always") {
            ContainerKind::Sidecar
        } else {
            ContainerKind::Init
        },
        spec: spec.clone(),
    });
    let main = pod.containers.iter().enumerate();
    init.chain(main.map(|(position, spec)| DeclaredContainer {
        manifest,
        pointer: format!("{pointer}/containers/{position}"),
        kind: ContainerKind::Main,
        spec: spec.clone(),
    }))
    .collect()
}
