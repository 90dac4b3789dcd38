use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};

use super::WorkloadId;
use super::declaration::{Declaration, Declarations};
use super::typed::typed;
use crate::manifest::{Manifest, ManifestSet, Problem};

/// The namespace of objects that name none.
const DEFAULT: &str = "default";

/// Kinds of custom resources of which an operator makes a Secret.
const SECRET_MAKERS: [&str; 7] = [
    "ExternalSecret",
    "SealedSecret",
    "Certificate",
    "VaultStaticSecret",
    "VaultDynamicSecret",
    "OnePasswordItem",
    "InfisicalSecret",
];

/// What a namespace may be called beside the manifests, the nearest first. Whoever writes a file cannot know what the
/// run's own namespace is called: for that one `default` stands as well.
pub(crate) fn spellings<'n>(namespace: &'n str, default_namespace: &str) -> impl Iterator<Item = &'n str> {
    let default = (namespace == default_namespace && namespace != DEFAULT).then_some(DEFAULT);
    [namespace].into_iter().chain(default)
}

/// The set's objects in one namespace: what a workload there can refer to.
#[derive(Clone, Copy)]
pub(super) struct Neighbours<'s> {
    set: &'s ManifestSet,
    namespace: &'s str,
    default_namespace: &'s str,
    declarations: &'s Declarations,
}

impl<'s> Neighbours<'s> {
    pub(super) fn of(
        manifest: &'s Manifest,
        set: &'s ManifestSet,
        default_namespace: &'s str,
        declarations: &'s Declarations,
    ) -> Self {
        Self {
            set,
            namespace: manifest.namespace().unwrap_or(default_namespace),
            default_namespace,
            declarations,
        }
    }

    /// What is declared of the workload of this name, beside the manifests.
    pub(super) fn declared(&self, name: &str) -> Declaration {
        let declared = spellings(self.namespace, self.default_namespace).find_map(|namespace| {
            self.declarations.get(&WorkloadId {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        });
        declared.cloned().unwrap_or_default()
    }

    /// What in the set has some operator make a Secret of this name, as the end of a message; else empty.
    pub(super) fn maker_of(&self, kind: &str, name: &str) -> String {
        let in_namespace = self.set.iter().filter(|manifest| {
            manifest.namespace().unwrap_or(self.default_namespace) == self.namespace
                && SECRET_MAKERS.contains(&manifest.kind())
        });
        let made = |manifest: &&Manifest| {
            let spec = &manifest.json()["spec"];
            let named = [
                "/target/name",
                "/secretName",
                "/destination/name",
                "/template/metadata/name",
            ];
            let named = named.iter().find_map(|pointer| spec.pointer(pointer)?.as_str());
            named.unwrap_or(manifest.name()) == name
        };
        let mut makers = in_namespace.filter(made).filter(|_| kind == "Secret");
        makers.next().map_or_else(String::new, |maker| {
            format!(
                ": {maker} ({}) has its operator make it, and the operator is not in the set",
                maker.api_version()
            )
        })
    }

    pub(super) fn namespace(&self) -> &'s str {
        self.namespace
    }

    /// The `v1` object of this kind and name.
    pub(super) fn find(&self, kind: &str, name: &str) -> Option<&'s Manifest> {
        self.set.named(name).find(|manifest| {
            manifest.api_version() == "v1"
                && manifest.kind() == kind
                && manifest.namespace().unwrap_or(self.default_namespace) == self.namespace
        })
    }

    /// The `v1` objects of this kind.
    pub(super) fn every(&self, kind: &str) -> impl Iterator<Item = &'s Manifest> {
        self.every_of("v1", kind)
    }

    /// The objects of this kind.
    pub(super) fn every_of(&self, api_version: &str, kind: &str) -> impl Iterator<Item = &'s Manifest> {
        let (namespace, default_namespace) = (self.namespace, self.default_namespace);
        self.set.of_kind(kind).filter(move |manifest| {
            manifest.api_version() == api_version
                && manifest.namespace().unwrap_or(default_namespace) == namespace
        })
    }

    /// Whether the set has PersistentVolumes of this class that outlive their claims: `Retain` is what one that is made
    /// by hand has unless it says otherwise.
    pub(super) fn retains(&self, class: Option<&str>) -> bool {
        let volumes = self.set.of_kind("PersistentVolume").filter(|manifest| {
            let spec = &manifest.json()["spec"];
            spec["storageClassName"].as_str() == class
                && spec["persistentVolumeReclaimPolicy"]
                    .as_str()
                    .is_none_or(|policy| policy == "Retain")
        });
        class.is_some() && volumes.count() > 0
    }

    /// A Secret's or ConfigMap's texts by their keys; `None` when it is not in the set.
    ///
    /// What is no text is left out: it cannot be a variable.
    pub(super) fn texts(
        &self,
        kind: &'static str,
        name: &str,
    ) -> Option<Result<BTreeMap<String, String>, Problem>> {
        let manifest = self.find(kind, name)?;
        Some(if kind == "Secret" {
            typed::<Secret>(manifest).map(|secret| {
                let mut texts: BTreeMap<String, String> = secret
                    .data
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|(key, bytes)| Some((key, String::from_utf8(bytes.0).ok()?)))
                    .collect();
                // The API server lets stringData win over data.
                texts.extend(secret.string_data.unwrap_or_default());
                texts
            })
        } else {
            typed::<ConfigMap>(manifest).map(|config_map| config_map.data.unwrap_or_default())
        })
    }
}
