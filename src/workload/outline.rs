use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};

use super::declaration::Declarations;
use super::discover::no_database;
use super::neighbours::Neighbours;
use super::stateful_set::{check_ordinals, claims, count, retention, volumes};
use super::typed::typed;
use super::{
    Credentials, Discovered, EngineKind, Password, PodManagement, UpdateStrategy, Workload, WorkloadKind,
    engines, template,
};
use crate::manifest::{Manifest, ManifestSet, Problem, Problems};

/// Finds the StatefulSets in a set that is expected to fail: members and claims by their names, and no more.
///
/// What keeps a database from being reached is no fault here, since it may be the very failure that is to be shown: a
/// Secret or ConfigMap, or a key of it, that is not in the set; no password; a Service that is missing or selects
/// nothing; an image that no known engine is in. Nobody logs in, so the credentials are empty.
///
/// # Errors
/// What would keep the members from being found at all: no StatefulSet, a field of the wrong shape, members that are
/// not counted from 0.
///
/// ```
/// use stateproof::manifest::ManifestSet;
/// use stateproof::workload::{EngineKind, outline};
///
/// let set = ManifestSet::from_str("web.yaml", "
/// apiVersion: apps/v1
/// kind: StatefulSet
/// metadata: { name: web }
/// spec:
///   selector: {}
///   template: { spec: { containers: [{ name: web, image: our-own:3 }] } }
/// ")?;
/// let found = outline(&set, "default")?.remove(0);
/// assert_eq!(found.workload.engine.kind, EngineKind::Unknown);
/// assert_eq!(found.workload.member(0).pod, "web-0");
/// # Ok::<(), stateproof::manifest::Problems>(())
/// ```
pub fn outline(set: &ManifestSet, default_namespace: &str) -> Result<Vec<Discovered>, Problems> {
    let mut problems = Vec::new();
    let declarations = Declarations::new();
    let found: Vec<Discovered> = set
        .iter()
        .filter(|manifest| manifest.api_version() == "apps/v1" && manifest.kind() == "StatefulSet")
        .filter_map(|manifest| {
            let neighbours = Neighbours::of(manifest, set, default_namespace, &declarations);
            read(manifest, neighbours.namespace(), &mut problems)
        })
        .collect();
    if found.is_empty() && problems.is_empty() {
        problems.push(no_database(set));
    }
    Problems::check(problems)?;
    Ok(found)
}

fn read(manifest: &Manifest, namespace: &str, problems: &mut Vec<Problem>) -> Option<Discovered> {
    let spec = match typed::<StatefulSet>(manifest) {
        Ok(set) => set.spec,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    if let Some(problem) = check_ordinals(manifest, &spec) {
        problems.push(problem);
        return None;
    }
    let pod = spec.template.spec.clone().unwrap_or_default();
    let marked = match engines::mark(manifest) {
        Ok(marked) => marked,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let found = template::engine_of(&spec.template, &volumes(&spec), &marked);
    let position = found.as_ref().map_or(0, |found| found.position);
    let kind = found.as_ref().map_or(EngineKind::Unknown, |found| found.kind);
    let container = pod.containers.get(position)?;
    let mut engine = template::unread(container, kind);
    if let Some(found) = found {
        (engine.product, engine.recognised_by) = (found.product, found.by);
    }
    let workload = Workload {
        kind: WorkloadKind::StatefulSet,
        namespace: namespace.to_owned(),
        name: manifest.name().to_owned(),
        replicas: count(spec.replicas, 1),
        governing_service: spec.service_name.clone().unwrap_or_default(),
        services: Vec::new(),
        selector: spec.selector.match_labels.clone().unwrap_or_default(),
        pod_management: pod_management(&spec),
        update: UpdateStrategy::default(),
        budgets: Vec::new(),
        replication: None,
        retention: retention(&spec),
        claims: claims(&spec, container),
        engine,
        has_readiness_probe: container.readiness_probe.is_some(),
        termination_grace_seconds: count(
            pod.termination_grace_period_seconds
                .map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
            30,
        ),
        declared_at: manifest.place().file_and_line(),
        login: String::new(),
        notes: Vec::new(),
    };
    let credentials = Credentials {
        user: String::new(),
        password: Password::new(""),
        database: String::new(),
        authority: None,
    };
    Some(Discovered {
        workload,
        credentials,
    })
}

fn pod_management(spec: &StatefulSetSpec) -> PodManagement {
    match spec.pod_management_policy.as_deref() {
        Some("Parallel") => PodManagement::Parallel,
        _ => PodManagement::OrderedReady,
    }
}
