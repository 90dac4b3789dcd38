use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{PodSpec, Volume};

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
    /// Its texts by their keys; `None` when it is optional and not in the set. `key` is the one that is asked for.
    pub(super) fn texts(
        &self,
        key: Option<&str>,
        workload: &Manifest,
        neighbours: Neighbours<'_>,
    ) -> Result<Option<BTreeMap<String, String>>, Problem> {
        match neighbours.texts(self.kind, self.name) {
            Some(texts) => texts.map(Some),
            None if self.optional => Ok(None),
            None => Err(self.missing(workload, key, neighbours)),
        }
    }

    fn missing(&self, workload: &Manifest, key: Option<&str>, neighbours: Neighbours<'_>) -> Problem {
        let error = DiscoverError::ReferenceMissing {
            object: workload.to_string(),
            kind: self.kind,
            name: self.name.to_owned(),
            maker: neighbours.maker_of(self.kind, self.name),
            remedy: remedy(self.kind, self.name, key, workload.namespace()),
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
        for needed in of_volume(volume, &pointer) {
            let there =
                needed.name == ROOT_CERTIFICATES || neighbours.find(needed.kind, needed.name).is_some();
            if !there && !needed.optional {
                problems.push(needed.missing(workload, None, neighbours));
            }
        }
    }
}

/// What a volume needs: of a projected one, each of its sources.
fn of_volume<'a>(volume: &'a Volume, pointer: &str) -> Vec<Needed<'a>> {
    let secret = |name, optional, pointer| Needed {
        kind: "Secret",
        name,
        optional: optional == Some(true),
        pointer,
    };
    let config_map = |name, optional, pointer| Needed {
        kind: "ConfigMap",
        name,
        optional: optional == Some(true),
        pointer,
    };
    let mut needed = Vec::new();
    if let Some(source) = &volume.secret {
        let name = source.secret_name.as_deref().unwrap_or_default();
        needed.push(secret(
            name,
            source.optional,
            format!("{pointer}/secret/secretName"),
        ));
    }
    if let Some(source) = &volume.config_map {
        let pointer = format!("{pointer}/configMap/name");
        needed.push(config_map(&source.name, source.optional, pointer));
    }
    let sources = volume
        .projected
        .iter()
        .flat_map(|projected| projected.sources.iter().flatten());
    for (position, source) in sources.enumerate() {
        let pointer = format!("{pointer}/projected/sources/{position}");
        if let Some(source) = &source.secret {
            needed.push(secret(
                &source.name,
                source.optional,
                format!("{pointer}/secret/name"),
            ));
        }
        if let Some(source) = &source.config_map {
            needed.push(config_map(
                &source.name,
                source.optional,
                format!("{pointer}/configMap/name"),
            ));
        }
    }
    needed
}

/// How to add what is missing, without writing its values into a manifest that is kept.
fn remedy(kind: &str, name: &str, key: Option<&str>, namespace: Option<&str>) -> String {
    let what = if kind == "Secret" {
        "secret generic"
    } else {
        "configmap"
    };
    let namespace = namespace.map_or_else(String::new, |namespace| format!(" -n {namespace}"));
    let key = key.unwrap_or("KEY");
    format!(
        "`kubectl create {what} {name}{namespace} --from-literal={key}=… --dry-run=client -o yaml | stateproof verify \
         PATH -`"
    )
}
