use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodSpec;

use super::DiscoverError;
use super::neighbours::Neighbours;
use crate::manifest::{Manifest, Problem};

/// A ConfigMap that Kubernetes puts into every namespace.
const ROOT_CERTIFICATES: &str = "kube-root-ca.crt";

/// A Secret or ConfigMap that a workload's pods need.
pub(super) struct Needed<'a> {
    /// `Secret` or `ConfigMap`.
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) optional: bool,
    /// Where the workload names it.
    pub(super) pointer: String,
}

impl Needed<'_> {
    /// Its texts by their keys; `None` when it is optional and not in the set.
    pub(super) fn texts(
        &self,
        workload: &Manifest,
        neighbours: Neighbours<'_>,
    ) -> Result<Option<BTreeMap<String, String>>, Problem> {
        match neighbours.texts(self.kind, self.name) {
            Some(texts) => texts.map(Some),
            None if self.optional => Ok(None),
            None => Err(self.missing(workload)),
        }
    }

    fn missing(&self, workload: &Manifest) -> Problem {
        let error = DiscoverError::ReferenceMissing {
            object: workload.to_string(),
            kind: self.kind,
            name: self.name.to_owned(),
        };
        let label = format!("no {} of this name in the set", self.kind);
        Problem::new(error).at(workload.locate(&self.pointer), label)
    }
}

/// The Secrets and ConfigMaps that a pod mounts and that are not in the set: its containers would never start.
pub(super) fn check_volumes(
    pod: &PodSpec,
    pointer: &str,
    workload: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) {
    for (position, volume) in pod.volumes.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/volumes/{position}");
        let needed = if let Some(secret) = &volume.secret {
            Needed {
                kind: "Secret",
                name: secret.secret_name.as_deref().unwrap_or_default(),
                optional: secret.optional == Some(true),
                pointer: format!("{pointer}/secret/secretName"),
            }
        } else if let Some(config_map) = &volume.config_map {
            Needed {
                kind: "ConfigMap",
                name: &config_map.name,
                optional: config_map.optional == Some(true),
                pointer: format!("{pointer}/configMap/name"),
            }
        } else {
            continue;
        };
        let there = needed.name == ROOT_CERTIFICATES || neighbours.find(needed.kind, needed.name).is_some();
        if !there && !needed.optional {
            problems.push(needed.missing(workload));
        }
    }
}
