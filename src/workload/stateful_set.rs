use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec};

use super::environment::Environment;
use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::typed::typed;
use super::{
    ClaimTemplate, DiscoverError, Discovered, EngineKind, PodManagement, Retention, RetentionPolicy,
    UpdateStrategy, Workload, WorkloadKind, data_directory, engines, governing, postgres, references,
};
use crate::manifest::{Manifest, Problem};

/// Where a StatefulSet has its pods' spec.
const POD: &str = "/spec/template/spec";

/// The database that a StatefulSet runs. `None` when it runs none that is known, or when there are problems.
pub(super) fn read(
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Discovered> {
    manifest.images().find_map(engines::recognise)?;
    let spec = match typed::<StatefulSet>(manifest) {
        Ok(set) => set.spec,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let pod = spec.template.spec.clone().unwrap_or_default();
    let (position, kind) = pod
        .containers
        .iter()
        .enumerate()
        .find_map(|(position, container)| {
            Some((position, engines::recognise(container.image.as_deref()?)?))
        })?;

    let known = problems.len();
    let mut notes = Vec::new();
    check_identity(manifest, &spec, neighbours, &mut notes, problems);
    references::check_volumes(&pod, POD, manifest, neighbours, problems);
    let environment = environments(&pod, position, manifest, neighbours, problems);
    let container = &pod.containers[position];
    let pointer = format!("{POD}/containers/{position}");
    let (engine, image_volume, credentials) = match kind {
        EngineKind::PostgreSql => {
            let engine = postgres::engine(container, &environment);
            notes.extend(postgres::note(&engine.image, &engine));
            let volume = postgres::image_volume(&engine.image);
            let credentials = postgres::credentials(&environment, &pointer, manifest, problems);
            (engine, volume, credentials)
        }
        EngineKind::MySql | EngineKind::MongoDb | EngineKind::Http => todo!(),
        // Not among those that are recognised.
        EngineKind::Unknown => return None,
    };
    if problems.len() > known {
        return None;
    }

    let claims = claims(&spec, container);
    notes.extend(data_directory::note(
        &engine,
        image_volume,
        container,
        &pod,
        &claims,
    ));
    let workload = Workload {
        kind: WorkloadKind::StatefulSet,
        namespace: neighbours.namespace().to_owned(),
        name: manifest.name().to_owned(),
        replicas: count(spec.replicas, 1),
        governing_service: spec.service_name.clone().unwrap_or_default(),
        services: Vec::new(),
        update: UpdateStrategy::default(),
        budgets: Vec::new(),
        replication: None,
        selector: spec.selector.match_labels.clone().unwrap_or_default(),
        pod_management: match spec.pod_management_policy.as_deref() {
            Some("Parallel") => PodManagement::Parallel,
            _ => PodManagement::OrderedReady,
        },
        retention: retention(&spec),
        claims,
        engine,
        has_readiness_probe: container.readiness_probe.is_some(),
        termination_grace_seconds: pod
            .termination_grace_period_seconds
            .map_or(30, |seconds| u32::try_from(seconds).unwrap_or_default()),
        declared_at: manifest.place().file_and_line(),
        notes,
    };
    Some(Discovered {
        workload: with_notes(workload),
        credentials: credentials?,
    })
}

/// Checks what gives the members their names: ordinals, selector and governing Service.
fn check_identity(
    manifest: &Manifest,
    spec: &StatefulSetSpec,
    neighbours: Neighbours<'_>,
    notes: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    problems.extend(check_ordinals(manifest, spec));
    let labels: Labels = spec
        .template
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.labels.clone())
        .unwrap_or_default();
    if !selector::matches(&spec.selector, &labels) {
        let error = DiscoverError::SelectorMismatch {
            object: manifest.to_string(),
            wanted: selector::describe(&spec.selector),
            labels: selector::list(&labels),
        };
        problems.push(
            Problem::new(error)
                .at(manifest.locate("/spec/selector"), "its pods do not have this")
                .at(
                    manifest.locate("/spec/template/metadata/labels"),
                    "its pods' labels",
                ),
        );
    }
    match governing::check(manifest, spec.service_name.as_deref(), &labels, neighbours) {
        Ok(note) => notes.extend(note),
        Err(problem) => problems.push(problem),
    }
}

/// What is wrong with how the members are counted.
pub(super) fn check_ordinals(manifest: &Manifest, spec: &StatefulSetSpec) -> Option<Problem> {
    let start = spec.ordinals.as_ref()?.start.filter(|&start| start != 0)?;
    let object = manifest.to_string();
    Some(
        Problem::new(DiscoverError::OrdinalsStart { object, start })
            .at(manifest.locate("/spec/ordinals/start"), "not 0"),
    )
}

/// The environment of the engine's container. The other containers' is resolved too: what is missing there keeps
/// the pod from starting as well.
fn environments(
    pod: &PodSpec,
    engine: usize,
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Environment {
    let mut wanted = Environment::default();
    let init = pod.init_containers.as_deref().unwrap_or_default();
    for (list, containers) in [("initContainers", init), ("containers", &pod.containers)] {
        for (position, container) in containers.iter().enumerate() {
            let pointer = format!("{POD}/{list}/{position}");
            let environment = Environment::of(container, &pointer, manifest, neighbours, problems);
            if list == "containers" && position == engine {
                wanted = environment;
            }
        }
    }
    wanted
}

pub(super) fn claims(spec: &StatefulSetSpec, container: &Container) -> Vec<ClaimTemplate> {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    spec.volume_claim_templates
        .iter()
        .flatten()
        .map(|template| {
            let name = template.metadata.name.clone().unwrap_or_default();
            let mounts = mounts.iter().filter(|mount| mount.name == name);
            ClaimTemplate {
                storage: requested(template),
                mounts: mounts.map(|mount| mount.mount_path.clone()).collect(),
                access_modes: template
                    .spec
                    .as_ref()
                    .and_then(|spec| spec.access_modes.clone())
                    .unwrap_or_default(),
                storage_class: template
                    .spec
                    .as_ref()
                    .and_then(|spec| spec.storage_class_name.clone()),
                name,
            }
        })
        .collect()
}

fn requested(template: &PersistentVolumeClaim) -> String {
    template
        .spec
        .as_ref()
        .and_then(|spec| spec.resources.as_ref()?.requests.as_ref()?.get("storage"))
        .map(|quantity| quantity.0.clone())
        .unwrap_or_default()
}

pub(super) fn retention(spec: &StatefulSetSpec) -> Retention {
    let policy = |text: Option<&String>| match text.map(String::as_str) {
        Some("Delete") => RetentionPolicy::Delete,
        _ => RetentionPolicy::Retain,
    };
    spec.persistent_volume_claim_retention_policy
        .as_ref()
        .map_or_else(Retention::default, |asked| Retention {
            when_deleted: policy(asked.when_deleted.as_ref()),
            when_scaled: policy(asked.when_scaled.as_ref()),
        })
}

/// Adds what a reader should know about a workload as it now stands.
fn with_notes(mut workload: Workload) -> Workload {
    if !workload.has_readiness_probe {
        workload
            .notes
            .push("no readiness probe: Ready means started".to_owned());
    }
    for (policy, field, event) in [
        (
            workload.retention.when_deleted,
            "whenDeleted",
            "go with the StatefulSet",
        ),
        (
            workload.retention.when_scaled,
            "whenScaled",
            "go when it is scaled down",
        ),
    ] {
        if policy == RetentionPolicy::Delete {
            workload.notes.push(format!(
                "the manifest asks for the claims to {event} (persistentVolumeClaimRetentionPolicy.{field}: Delete)"
            ));
        }
    }
    if workload.replicas > 1 {
        workload.notes.push(format!(
            "{} separate databases, not a cluster: {} does not replicate by itself",
            workload.replicas, workload.engine.kind
        ));
    }
    workload
}

pub(super) fn count(replicas: Option<i32>, default: u32) -> u32 {
    replicas.map_or(default, |replicas| u32::try_from(replicas).unwrap_or_default())
}
