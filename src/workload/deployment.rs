use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec, Service};

use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::typed::typed;
use super::{
    ClaimTemplate, DiscoverError, Discovered, EngineKind, PodManagement, Retention, ServiceRef,
    UpdateStrategy, Workload, WorkloadKind, data_directory, engines, template,
};
use crate::manifest::{Manifest, Problem};

/// The database that a Deployment runs. `None` when it runs none that is known, or when there are problems.
///
/// A web server in a Deployment is no database: it is left alone.
pub(super) fn read(
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Discovered> {
    manifest
        .images()
        .filter_map(engines::recognise)
        .find(|engine| *engine != EngineKind::Http)?;
    let spec = match typed::<Deployment>(manifest) {
        Ok(deployment) => deployment.spec,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let engine = template::engine_of(&spec.template).filter(|(_, engine)| *engine != EngineKind::Http)?;
    let known = problems.len();
    template::check_selector(&spec.selector, &spec.template, manifest, problems);
    let services = services(&spec, manifest, neighbours, problems);
    let template = template::read(&spec.template, engine, manifest, neighbours, problems);
    let (container, engine) = (&template.container, template.engine);
    let claims = claims(&template.pod, container, manifest, neighbours, problems);
    if problems.len() > known {
        return None;
    }

    let mut notes = template.notes;
    notes.extend(data_directory::note(
        &engine,
        template.image_volume,
        container,
        &template.pod,
        &claims,
    ));
    let workload = Workload {
        kind: WorkloadKind::Deployment,
        namespace: neighbours.namespace().to_owned(),
        name: manifest.name().to_owned(),
        replicas: spec
            .replicas
            .map_or(1, |replicas| u32::try_from(replicas).unwrap_or_default()),
        governing_service: String::new(),
        services,
        update: update(&spec),
        budgets: Vec::new(),
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

/// The Services that select the pods; none is a problem: nothing else gives a Deployment's pods a name.
fn services(
    spec: &DeploymentSpec,
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<ServiceRef> {
    let labels = template::labels(&spec.template);
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for declared in neighbours.every("Service") {
        match typed::<Service>(declared) {
            Ok(service) => match service_ref(declared.name(), &service, &labels, neighbours) {
                Some(service) => found.push(service),
                None => others.push(declared.name()),
            },
            Err(problem) => problems.push(problem),
        }
    }
    if found.is_empty() {
        let namespace = neighbours.namespace();
        let error = DiscoverError::NoServiceSelects {
            object: manifest.to_string(),
            labels: selector::list(&labels),
            found: if others.is_empty() {
                format!("the set has no Service in namespace {namespace}")
            } else {
                format!("in namespace {namespace} it has {}", others.join(", "))
            },
        };
        let place = manifest.locate("/spec/template/metadata/labels");
        problems.push(Problem::new(error).at(place, "no Service selects these"));
    }
    found
}

/// A Service that selects pods with these labels.
fn service_ref(
    name: &str,
    service: &Service,
    labels: &Labels,
    neighbours: Neighbours<'_>,
) -> Option<ServiceRef> {
    let spec = service.spec.as_ref()?;
    let wanted = spec.selector.clone().unwrap_or_default();
    if wanted.is_empty() || !selector::selects(&wanted, labels) {
        return None;
    }
    let port = spec.ports.iter().flatten().next()?;
    Some(ServiceRef {
        name: name.to_owned(),
        dns: format!("{name}.{}.svc.cluster.local", neighbours.namespace()),
        headless: spec.cluster_ip.as_deref() == Some("None"),
        port: u16::try_from(port.port).ok()?,
        pod: None,
        publishes_not_ready: spec.publish_not_ready_addresses == Some(true),
    })
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
