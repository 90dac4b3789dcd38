use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec};

use super::engines::Marked;
use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::typed::typed;
use super::{
    ClaimTemplate, DiscoverError, Discovered, EngineKind, PodManagement, Retention, UpdateStrategy, Workload,
    WorkloadKind, budgets, data_directory, engines, http, services, template,
};
use crate::manifest::{Manifest, Problem};

/// The database that a Deployment runs. `None` when it runs none that is known, or when there are problems.
///
/// A web server in a Deployment is no database: it is left alone unless it is marked as what is to be verified.
pub(super) fn read(
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Discovered> {
    let marked = match engines::mark(manifest) {
        Ok(marked) => marked,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let database = |image| engines::recognise(image).is_some_and(|engine| engine != EngineKind::Http);
    if marked == Marked::Ignored || (marked == Marked::Not && !manifest.images().any(database)) {
        return None;
    }
    let spec = match typed::<Deployment>(manifest) {
        Ok(deployment) => deployment.spec,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let engine = template::engine_of(&spec.template, &volumes(&spec), marked)?;
    if marked == Marked::Not && engine.1 == EngineKind::Http {
        return None;
    }
    let known = problems.len();
    template::check_selector(&spec.selector, &spec.template, manifest, problems);
    let template = template::read(&spec.template, engine, manifest, neighbours, problems);
    let (container, mut engine) = (&template.container, template.engine);
    let labels = template::labels(&spec.template);
    let services = services::leading_to(&engine, container, manifest.name(), &labels, neighbours);
    if services.is_empty() {
        problems.push(no_service(manifest, &labels, neighbours));
    }
    let claims = claims(&template.pod, container, manifest, neighbours, problems);
    if problems.len() > known {
        return None;
    }

    let mut notes = template.notes;
    if engine.kind == EngineKind::Http {
        engine.data_directory = http::directory(&claims);
        notes.extend(http::note(&engine));
    } else {
        notes.extend(data_directory::note(
            &engine,
            template.image_volume,
            container,
            &template.pod,
            &claims,
        ));
    }
    let replicas = spec
        .replicas
        .map_or(1, |replicas| u32::try_from(replicas).unwrap_or_default());
    let workload = Workload {
        kind: WorkloadKind::Deployment,
        namespace: neighbours.namespace().to_owned(),
        name: manifest.name().to_owned(),
        replicas,
        governing_service: String::new(),
        services,
        update: update(&spec),
        budgets: budgets::selecting(&labels, replicas, neighbours),
        replication: None,
        selector: spec.selector.match_labels.clone().unwrap_or_default(),
        // What a Deployment does: nothing waits for anything.
        pod_management: PodManagement::Parallel,
        retention: Retention::default(),
        claims,
        engine,
        has_readiness_probe: container.readiness_probe.is_some(),
        termination_grace_seconds: template.grace_seconds,
        declared_at: manifest.place().file_and_line(),
        notes,
    };
    Some(Discovered {
        workload: with_notes(workload),
        credentials: template.credentials?,
    })
}

/// The names of the volumes that are claims.
fn volumes(spec: &DeploymentSpec) -> Vec<&str> {
    let volumes = spec
        .template
        .spec
        .iter()
        .flat_map(|pod| pod.volumes.iter().flatten());
    volumes
        .filter(|volume| volume.persistent_volume_claim.is_some())
        .map(|volume| volume.name.as_str())
        .collect()
}

fn update(spec: &DeploymentSpec) -> UpdateStrategy {
    let strategy = spec
        .strategy
        .as_ref()
        .and_then(|strategy| strategy.type_.as_deref());
    match strategy {
        Some("Recreate") => UpdateStrategy::Recreate,
        _ => UpdateStrategy::RollingUpdate,
    }
}

/// Nothing but a Service gives a Deployment's pods a name.
fn no_service(manifest: &Manifest, labels: &Labels, neighbours: Neighbours<'_>) -> Problem {
    let namespace = neighbours.namespace();
    let others: Vec<&str> = neighbours.every("Service").map(Manifest::name).collect();
    let error = DiscoverError::NoServiceSelects {
        object: manifest.to_string(),
        labels: selector::list(labels),
        found: if others.is_empty() {
            format!("the set has no Service in namespace {namespace}")
        } else {
            format!("in namespace {namespace} it has {}", others.join(", "))
        },
    };
    let place = manifest.locate("/spec/template/metadata/labels");
    Problem::new(error).at(place, "no Service selects these")
}

/// The claims that the engine's container mounts by their names, as the set declares them.
fn claims(
    pod: &PodSpec,
    container: &Container,
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<ClaimTemplate> {
    let mut claims = Vec::new();
    for (position, volume) in pod.volumes.iter().flatten().enumerate() {
        let Some(source) = &volume.persistent_volume_claim else {
            continue;
        };
        let Some(declared) = neighbours.find("PersistentVolumeClaim", &source.claim_name) else {
            let error = DiscoverError::ReferenceMissing {
                object: manifest.to_string(),
                kind: "PersistentVolumeClaim",
                name: source.claim_name.clone(),
            };
            let place = manifest.locate(&format!(
                "/spec/template/spec/volumes/{position}/persistentVolumeClaim/claimName"
            ));
            problems.push(Problem::new(error).at(place, "no PersistentVolumeClaim of this name in the set"));
            continue;
        };
        let mounts = container.volume_mounts.iter().flatten();
        let mounts = mounts.filter(|mount| mount.name == volume.name);
        let mounts: Vec<_> = mounts.map(|mount| mount.mount_path.clone()).collect();
        match typed::<PersistentVolumeClaim>(declared) {
            // One that only other containers mount is no volume of the server's.
            Ok(_) if mounts.is_empty() => {}
            Ok(claim) => claims.push(ClaimTemplate::of(source.claim_name.clone(), &claim, mounts)),
            Err(problem) => problems.push(problem),
        }
    }
    claims
}

/// Adds what a reader should know about a database that a Deployment runs.
fn with_notes(mut workload: Workload) -> Workload {
    if !workload.has_readiness_probe {
        workload
            .notes
            .push("no readiness probe: Ready means started".to_owned());
    }
    let claims: Vec<_> = workload.claims.iter().map(|claim| claim.name.as_str()).collect();
    if let [first, ..] = claims.as_slice() {
        let shared = match (workload.replicas, workload.update) {
            (2.., _) => Some(format!(
                "{} pods of one Deployment mount the claim {first}: {} servers on one volume",
                workload.replicas, workload.replicas
            )),
            (_, UpdateStrategy::RollingUpdate) => Some(format!(
                "the strategy is RollingUpdate: a rollout starts the new server on the claim {first} before the old \
                 one has ended"
            )),
            _ => None,
        };
        workload.notes.extend(shared);
    } else if workload.replicas > 1 {
        workload.notes.push(format!(
            "{} separate databases, not a cluster: {} does not replicate by itself",
            workload.replicas, workload.engine.kind
        ));
    }
    workload
}
