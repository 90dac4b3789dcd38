use k8s_openapi::api::core::v1::PersistentVolumeClaimSpec;

use super::{DeclaredContainer, Inventory, Made, PodMaker};
use crate::manifest::{Manifest, Place};
use crate::workload::data_directory::{covers, trimmed};

/// A claim that a pod's container mounts.
#[derive(Clone, Debug)]
pub struct MountedClaim<'s> {
    /// Where it comes from.
    pub source: Source,
    /// The volume's name within the pod.
    pub volume: String,
    /// What it asks for; none where the claim is not in the set.
    pub spec: Option<PersistentVolumeClaimSpec>,
    /// The object that declares it, and the pointer to its spec there; the pod's volume where it is not in the set.
    pub declared: (&'s Manifest, String),
}

/// Where a pod's claim comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One of the StatefulSet's `volumeClaimTemplates`: each pod has a claim of its own.
    Template,
    /// `persistentVolumeClaim.claimName`: all pods share the claim of this name.
    Named(String),
}

impl MountedClaim<'_> {
    /// Where a field of its spec stands.
    #[must_use]
    pub fn at(&self, field: &str) -> Place {
        let (manifest, pointer) = &self.declared;
        manifest.locate(&format!("{pointer}/{field}"))
    }

    /// Whether it asks for this access mode.
    #[must_use]
    pub fn has_mode(&self, mode: &str) -> bool {
        let modes = self
            .spec
            .iter()
            .flat_map(|spec| spec.access_modes.iter().flatten());
        modes.into_iter().any(|asked| asked == mode)
    }

    /// Whether no node but one may mount it at a time.
    #[must_use]
    pub fn is_single_node(&self) -> bool {
        let modes = self.spec.as_ref().and_then(|spec| spec.access_modes.as_ref());
        modes.is_some_and(|modes| {
            !modes.is_empty()
                && modes
                    .iter()
                    .all(|mode| mode == "ReadWriteOnce" || mode == "ReadWriteOncePod")
        })
    }

    /// The class it asks for by name.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.spec
            .as_ref()?
            .storage_class_name
            .as_deref()
            .filter(|class| !class.is_empty())
    }
}

impl<'s> PodMaker<'s> {
    /// The claims of its pods, those of templates first.
    #[must_use]
    pub fn claims(&self, inventory: &Inventory<'s>) -> Vec<MountedClaim<'s>> {
        let mut claims = Vec::new();
        if let Made::StatefulSet(spec) = &self.made {
            for (position, template) in spec.volume_claim_templates.iter().flatten().enumerate() {
                claims.push(MountedClaim {
                    source: Source::Template,
                    volume: template.metadata.name.clone().unwrap_or_default(),
                    spec: template.spec.clone(),
                    declared: (
                        self.manifest,
                        format!("/spec/volumeClaimTemplates/{position}/spec"),
                    ),
                });
            }
        }
        for (position, volume) in self.pod.volumes.iter().flatten().enumerate() {
            let Some(source) = &volume.persistent_volume_claim else {
                continue;
            };
            let declared = inventory.claim(self.namespace, &source.claim_name);
            claims.push(MountedClaim {
                source: Source::Named(source.claim_name.clone()),
                volume: volume.name.clone(),
                spec: declared.and_then(|claim| claim.object.spec.clone()),
                declared: declared.map_or_else(
                    || {
                        let pointer = format!("{}/volumes/{position}/persistentVolumeClaim", self.pointer);
                        (self.manifest, pointer)
                    },
                    |claim| (claim.manifest, "/spec".to_owned()),
                ),
            });
        }
        claims
    }

    /// Whether its pods have a claim.
    #[must_use]
    pub fn has_claims(&self) -> bool {
        let named = self.pod.volumes.iter().flatten();
        let templates = match &self.made {
            Made::StatefulSet(spec) => spec.volume_claim_templates.as_deref().unwrap_or_default(),
            Made::Deployment(_) | Made::Other => &[],
        };
        !templates.is_empty()
            || named
                .into_iter()
                .any(|volume| volume.persistent_volume_claim.is_some())
    }

    /// The mount that covers the server's data directory, by its position in the container: the longest one that leads
    /// to it. None where nothing does, and where the image declares a volume of its own below it: the container's
    /// runtime mounts an anonymous one there (docker-library/postgres issue 1163).
    #[must_use]
    pub fn data_mount(&self) -> Option<usize> {
        let server = self.server()?;
        let container = self.server_container()?;
        let directory = trimmed(&server.data_directory);
        let mounts = container.spec.volume_mounts.as_deref().unwrap_or_default();
        let (position, mount) = mounts
            .iter()
            .enumerate()
            .filter(|(_, mount)| covers(&mount.mount_path, directory))
            .max_by_key(|(_, mount)| trimmed(&mount.mount_path).len())?;
        let image_volume = server.image_volume;
        let hidden = !image_volume.is_empty()
            && covers(image_volume, directory)
            && trimmed(&mount.mount_path).len() < image_volume.len();
        (!hidden).then_some(position)
    }

    /// The claim that the server's data directory is on.
    #[must_use]
    pub fn data_claim(&self, inventory: &Inventory<'s>) -> Option<MountedClaim<'s>> {
        let container = self.server_container()?;
        let mount = container.spec.volume_mounts.as_ref()?.get(self.data_mount()?)?;
        // A template takes precedence over a volume of the same name.
        let mut claims = self.claims(inventory).into_iter();
        claims.find(|claim| claim.volume == mount.name)
    }

    /// Whether a container mounts the volume so that it can write to it.
    #[must_use]
    pub fn writes_to(&self, volume: &str) -> bool {
        let mounts = |container: &DeclaredContainer<'_>| {
            let mut mounts = container.spec.volume_mounts.iter().flatten();
            mounts.any(|mount| mount.name == volume && mount.read_only != Some(true))
        };
        let volumes = self.pod.volumes.iter().flatten();
        let read_only = volumes.into_iter().any(|declared| {
            let claim = declared.persistent_volume_claim.as_ref();
            declared.name == volume && claim.is_some_and(|claim| claim.read_only == Some(true))
        });
        !read_only && self.containers.iter().any(mounts)
    }
}
