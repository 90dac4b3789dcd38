use std::collections::HashMap;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{
    ConfigMap, PersistentVolume, PersistentVolumeClaim, Pod, PodTemplateSpec, Service,
};
use k8s_openapi::api::storage::v1::StorageClass;
use serde::de::DeserializeOwned;

use super::{Command, Declared, DeclaredContainer, Made, PodMaker, Server, Snippet};
use crate::manifest::{Manifest, ManifestSet, Problem, token};
use crate::workload::Declarations;
use crate::workload::data_directory::covers;
use crate::workload::neighbours::Neighbours;
use crate::workload::selector;
use crate::workload::typed::typed_at;

/// What a set declares, as far as pods, their names and their volumes depend on it.
///
/// What has a shape that Kubernetes refuses is left out and is a problem.
#[derive(Debug, Default)]
pub struct Inventory<'s> {
    /// Everything that makes pods, in the manifests' order.
    pub pods: Vec<PodMaker<'s>>,
    /// The Services.
    pub services: Vec<Declared<'s, Service>>,
    /// The StorageClasses.
    pub classes: Vec<Declared<'s, StorageClass>>,
    /// The PersistentVolumes.
    pub volumes: Vec<Declared<'s, PersistentVolume>>,
    /// The claims that are declared by themselves.
    pub claims: Vec<Declared<'s, PersistentVolumeClaim>>,
    /// The ConfigMaps.
    pub config_maps: Vec<Declared<'s, ConfigMap>>,
    /// What has a shape that Kubernetes refuses, and why.
    pub problems: Vec<(&'s Manifest, Problem)>,
    /// Fields that Kubernetes does not have, by their JSON pointers.
    pub unknown_fields: Vec<(&'s Manifest, String)>,
    /// Positions by namespace and name.
    claims_by_name: HashMap<(String, String), usize>,
    config_maps_by_name: HashMap<(String, String), usize>,
    services_by_name: HashMap<(String, String), usize>,
    /// Positions by namespace and the first label that is asked for: every pod that a Service selects has it.
    services_by_label: HashMap<(String, String, String), Vec<usize>>,
}

impl<'s> Inventory<'s> {
    /// Reads a set. Objects that name no namespace are in the default one.
    #[must_use]
    pub fn of(set: &'s ManifestSet, default_namespace: &'s str) -> Self {
        // What is known beside the manifests is not theirs to be blamed for.
        static NOTHING: Declarations = Declarations::new();
        let mut inventory = Self::default();
        for manifest in set.iter() {
            let neighbours = Neighbours::of(manifest, set, default_namespace, &NOTHING);
            if let Err(problem) = inventory.take(manifest, neighbours) {
                inventory.problems.push((manifest, problem));
            }
        }
        inventory.index();
        inventory
    }

    /// What runs a database server, with the server and its container.
    pub fn databases(&self) -> impl Iterator<Item = (&PodMaker<'s>, &Server, &DeclaredContainer<'s>)> {
        let found = |maker| PodMaker::server(maker).zip(PodMaker::server_container(maker));
        self.pods
            .iter()
            .filter_map(move |maker| found(maker).map(|(server, container)| (maker, server, container)))
    }

    /// A claim that is declared by itself.
    #[must_use]
    pub fn claim(&self, namespace: &str, name: &str) -> Option<&Declared<'s, PersistentVolumeClaim>> {
        let position = self.claims_by_name.get(&key(namespace, name))?;
        self.claims.get(*position)
    }

    /// A ConfigMap.
    #[must_use]
    pub fn config_map(&self, namespace: &str, name: &str) -> Option<&Declared<'s, ConfigMap>> {
        let position = self.config_maps_by_name.get(&key(namespace, name))?;
        self.config_maps.get(*position)
    }

    /// A Service.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Declared<'s, Service>> {
        let position = self.services_by_name.get(&key(namespace, name))?;
        self.services.get(*position)
    }

    /// Whether an object of the set has a shape that keeps it from being looked at.
    #[must_use]
    pub fn is_unreadable(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.problems.iter().any(|(manifest, _)| {
            manifest.kind() == kind
                && manifest.name() == name
                && manifest.namespace().is_none_or(|own| own == namespace)
        })
    }

    /// The Services that select a maker's pods, or one of them by its name, in the manifests' order.
    #[must_use]
    pub fn services_of(&self, maker: &PodMaker<'_>) -> Vec<&Declared<'s, Service>> {
        let mut positions: Vec<usize> = own_labels(maker)
            .into_iter()
            .filter_map(|(name, value)| {
                let label = (maker.namespace.to_owned(), name, value);
                self.services_by_label.get(&label)
            })
            .flatten()
            .copied()
            .collect();
        positions.sort_unstable();
        positions.dedup();
        let services = positions.into_iter().map(|position| &self.services[position]);
        services
            .filter(|service| selects(&service.object, maker))
            .collect()
    }

    /// The ConfigMaps' files that a container mounts, each with the path that it has in the container.
    #[must_use]
    pub fn mounted_files(
        &self,
        maker: &PodMaker<'_>,
        container: &DeclaredContainer<'_>,
    ) -> Vec<(String, Snippet<'s>)> {
        let mut files = Vec::new();
        for mount in container.spec.volume_mounts.iter().flatten() {
            let volumes = maker.pod.volumes.iter().flatten();
            let Some(volume) = volumes.into_iter().find(|volume| volume.name == mount.name) else {
                continue;
            };
            let Some(source) = &volume.config_map else {
                continue;
            };
            let Some(config_map) = self.config_map(maker.namespace, &source.name) else {
                continue;
            };
            for (key, text) in config_map.object.data.iter().flatten() {
                let item = source.items.iter().flatten().find(|item| item.key == *key);
                let file = match (&source.items, item) {
                    (None, _) => key.as_str(),
                    (Some(_), Some(item)) => item.path.as_str(),
                    (Some(_), None) => continue,
                };
                let path = match mount.sub_path.as_deref() {
                    Some(part) if part == file => mount.mount_path.clone(),
                    Some(_) => continue,
                    None => format!("{}/{file}", mount.mount_path.trim_end_matches('/')),
                };
                let pointer = format!("/data/{}", token(key));
                let snippet = Snippet {
                    manifest: config_map.manifest,
                    pointer,
                    text: text.clone(),
                };
                files.push((path, snippet));
            }
        }
        files
    }

    /// What a command runs: itself, and the files of ConfigMaps that it names.
    #[must_use]
    pub fn scripts(
        &self,
        maker: &PodMaker<'_>,
        container: &DeclaredContainer<'_>,
        command: &Command<'s>,
    ) -> Vec<Snippet<'s>> {
        let mut scripts = vec![command.snippet.clone()];
        let files = self.mounted_files(maker, container).into_iter();
        let named = files.filter(|(path, _)| command.snippet.text.contains(path.as_str()));
        scripts.extend(named.map(|(_, file)| file));
        scripts
    }

    /// Every text that has to do with a maker's pods: what its containers run and mount, and what their environment
    /// says in the clear.
    #[must_use]
    pub fn texts(&self, maker: &PodMaker<'s>) -> Vec<Snippet<'s>> {
        let mut texts = Vec::new();
        for container in &maker.containers {
            texts.extend(container.commands().into_iter().map(|command| command.snippet));
            texts.extend(
                self.mounted_files(maker, container)
                    .into_iter()
                    .map(|(_, file)| file),
            );
            for (position, variable) in container.spec.env.iter().flatten().enumerate() {
                let value = variable.value.as_deref().unwrap_or_default();
                texts.push(Snippet {
                    manifest: container.manifest,
                    pointer: container.path(&format!("env/{position}/value")),
                    text: format!("{}={value}", variable.name),
                });
            }
        }
        texts
    }

    /// The kind of the volume that a path in a container is on, where it is one that Kubernetes mounts read-only
    /// whatever the manifest says: `ConfigMap`, `Secret`, `projected` or `downwardAPI` (Kubernetes, "Volumes").
    #[must_use]
    pub fn read_only_volume(
        maker: &PodMaker<'_>,
        container: &DeclaredContainer<'_>,
        path: &str,
    ) -> Option<&'static str> {
        let mounts = container.spec.volume_mounts.iter().flatten();
        let mount = mounts
            .filter(|mount| covers(&mount.mount_path, path))
            .max_by_key(|mount| mount.mount_path.trim_end_matches('/').len())?;
        let volumes = maker.pod.volumes.iter().flatten();
        let volume = volumes.into_iter().find(|volume| volume.name == mount.name)?;
        if volume.config_map.is_some() {
            Some("ConfigMap")
        } else if volume.secret.is_some() {
            Some("Secret")
        } else if volume.projected.is_some() {
            Some("projected")
        } else if volume.downward_api.is_some() {
            Some("downwardAPI")
        } else {
            None
        }
    }

    fn take(&mut self, manifest: &'s Manifest, neighbours: Neighbours<'s>) -> Result<(), Problem> {
        let unknown = match (manifest.api_version(), manifest.kind()) {
            ("v1", "Service") => declared(manifest, neighbours, &mut self.services)?,
            ("v1", "ConfigMap") => declared(manifest, neighbours, &mut self.config_maps)?,
            ("v1", "PersistentVolume") => declared(manifest, neighbours, &mut self.volumes)?,
            ("v1", "PersistentVolumeClaim") => declared(manifest, neighbours, &mut self.claims)?,
            ("storage.k8s.io/v1", "StorageClass") => declared(manifest, neighbours, &mut self.classes)?,
            _ => maker(manifest, neighbours, &mut self.pods)?,
        };
        let unknown = unknown.into_iter().map(|pointer| (manifest, pointer));
        self.unknown_fields.extend(unknown);
        Ok(())
    }

    fn index(&mut self) {
        let claims = self.claims.iter().enumerate();
        self.claims_by_name = claims
            .map(|(position, claim)| (key(claim.namespace, claim.name()), position))
            .collect();
        let maps = self.config_maps.iter().enumerate();
        self.config_maps_by_name = maps
            .map(|(position, map)| (key(map.namespace, map.name()), position))
            .collect();
        for (position, service) in self.services.iter().enumerate() {
            let namespace = service.namespace;
            self.services_by_name
                .insert(key(namespace, service.name()), position);
            let spec = service.object.spec.as_ref();
            let selector = spec.and_then(|spec| spec.selector.as_ref());
            if let Some((name, value)) = selector.and_then(|labels| labels.first_key_value()) {
                let label = (namespace.to_owned(), name.clone(), value.clone());
                self.services_by_label.entry(label).or_default().push(position);
            }
        }
    }
}

fn key(namespace: &str, name: &str) -> (String, String) {
    (namespace.to_owned(), name.to_owned())
}

/// Takes an object in, and gives the fields that its type does not have.
fn declared<'s, T: DeserializeOwned>(
    manifest: &'s Manifest,
    neighbours: Neighbours<'s>,
    all: &mut Vec<Declared<'s, T>>,
) -> Result<Vec<String>, Problem> {
    let (object, unknown) = typed_at(manifest, "")?;
    let namespace = neighbours.namespace();
    all.push(Declared {
        manifest,
        namespace,
        object,
    });
    Ok(unknown)
}

/// Takes in what makes pods, as far as Kubernetes itself or the shape of its template says so, and gives the fields that
/// its type does not have.
fn maker<'s>(
    manifest: &'s Manifest,
    neighbours: Neighbours<'s>,
    all: &mut Vec<PodMaker<'s>>,
) -> Result<Vec<String>, Problem> {
    let (made, template, unknown) = match (manifest.api_version(), manifest.kind()) {
        ("apps/v1", "StatefulSet") => {
            let (StatefulSet { spec, .. }, unknown) = typed_at(manifest, "")?;
            let template = spec.template.clone();
            (Made::StatefulSet(Box::new(spec)), template, unknown)
        }
        ("apps/v1", "Deployment") => {
            let (Deployment { spec, .. }, unknown) = typed_at(manifest, "")?;
            let template = spec.template.clone();
            (Made::Deployment(Box::new(spec)), template, unknown)
        }
        ("v1", "Pod") => {
            let (Pod { metadata, spec, .. }, unknown) = typed_at(manifest, "")?;
            let metadata = Some(metadata);
            (Made::Other, PodTemplateSpec { metadata, spec }, unknown)
        }
        ("apps/v1" | "batch/v1" | "v1", _) => {
            let Some((pointer, _)) = manifest.pod_spec() else {
                return Ok(Vec::new());
            };
            let template = pointer.strip_suffix("/spec").unwrap_or(pointer);
            let (template, unknown) = typed_at(manifest, template)?;
            (Made::Other, template, unknown)
        }
        // A custom resource may have a template of another shape.
        _ => return Ok(Vec::new()),
    };
    all.extend(PodMaker::new(manifest, made, template, neighbours));
    Ok(unknown)
}

/// The labels by which a Service may select the pods: their own, and those that a StatefulSet gives to each
/// (Kubernetes, "Pod Name Label", "Pod index label").
fn own_labels(maker: &PodMaker<'_>) -> Vec<(String, String)> {
    let mut labels: Vec<(String, String)> = maker.labels.clone().into_iter().collect();
    if maker.stateful_set().is_some() {
        for ordinal in 0..maker.replicas().min(MOST_MEMBERS) {
            labels.push((
                POD_NAME.to_owned(),
                format!("{}-{ordinal}", maker.manifest.name()),
            ));
            labels.push((POD_INDEX.to_owned(), ordinal.to_string()));
        }
    }
    labels
}

/// More members than any database has.
const MOST_MEMBERS: u32 = 64;
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

fn selects(service: &Service, maker: &PodMaker<'_>) -> bool {
    let selector = service.spec.as_ref().and_then(|spec| spec.selector.clone());
    let Some(mut wanted) = selector.filter(|wanted| !wanted.is_empty()) else {
        return false;
    };
    if maker.stateful_set().is_some() {
        if let Some(pod) = wanted.remove(POD_NAME) {
            let ordinal = pod
                .strip_prefix(maker.manifest.name())
                .and_then(|rest| rest.strip_prefix('-'));
            if ordinal.is_none_or(|ordinal| ordinal.parse::<u32>().is_err()) {
                return false;
            }
        }
        wanted.remove(POD_INDEX);
    }
    selector::selects(&wanted, &maker.labels)
}
