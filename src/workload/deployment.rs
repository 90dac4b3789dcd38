use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec, PodTemplateSpec};

use super::discover::Read;
use super::engines::Marked;
use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::typed::typed;
use super::{
    ClaimTemplate, DiscoverError, Discovered, EngineKind, PodManagement, Retention, UpdateStrategy, Workload,
    WorkloadKind, budgets, data_directory, http, services, stateful_set, template,
};
use crate::manifest::{Manifest, Problem};

/// What is known of a Deployment. Nothing when there are problems.
///
/// A web server in a Deployment is no database: it is left alone unless it is marked as what is to be verified. So is
/// what stateproof does not speak: names, order and claims of each pod's own are no Deployment's.
pub(super) fn read(
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Read> {
    let (marked, spec) = match stateful_set::marked(manifest, neighbours).and_then(|marked| {
        let typed = typed::<Deployment>(manifest)?;
        Ok((marked, typed.spec))
    }) {
        Ok(read) => read,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    if let Marked::Ignored(by) = &marked {
        return Some(Read::LeftAlone(format!("left alone, as {by} says")));
    }
    let left_alone = |reason: String| Some(Read::LeftAlone(reason));
    let Some(engine) = template::engine_of(&spec.template, &volumes(&spec.template), &marked) else {
        return left_alone("no database is recognised in it".to_owned());
    };
    if engine.kind == EngineKind::Other {
        return left_alone(format!(
            "{} in a Deployment, which stateproof does not speak: a Deployment promises no names, no order and no \
             claims of each pod's own that could be proven instead",
            engine.product
        ));
    }
    if marked == Marked::Not && engine.kind == EngineKind::Http {
        return left_alone("a web server in a Deployment: nobody expects it to keep anything".to_owned());
    }
    let known = problems.len();
    template::check_selector(&spec.selector, &spec.template, manifest, problems);
    let template = template::read(&spec.template, &engine, manifest, neighbours, problems);
    let (container, mut engine) = (&template.container, template.engine);
    let labels = template::labels(&spec.template);
    let services = services::leading_to(&engine, container, manifest.name(), &labels, neighbours);
    if services.is_empty() {
        let at = "/spec/template/metadata/labels";
        problems.push(no_service(manifest, at, &labels, neighbours));
    }
    let claims = claims(
        template::POD,
        &template.pod,
        container,
        manifest,
        neighbours,
        problems,
    );
    if problems.len() > known {
        return None;
    }

    let mut notes = template.notes;
    if engine.kind == EngineKind::Http {
        // Unless somebody says where.
        if engine.data_directory.is_empty() {
            engine.data_directory = http::directory(&claims);
        }
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
    let (login, kind) = (template.login?, engine.kind);
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
        login: stateful_set::engine_login(kind, &login),
        notes,
    };
    Some(Read::Found(Box::new(Discovered {
        workload: with_notes(workload),
        credentials: login.credentials(),
    })))
}

/// The names of the volumes that are claims.
pub(super) fn volumes(template: &PodTemplateSpec) -> Vec<&str> {
    let volumes = template.spec.iter().flat_map(|pod| pod.volumes.iter().flatten());
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

/// Nothing but a Service gives a Deployment's pods, or a bare Pod, a name.
pub(super) fn no_service(
    manifest: &Manifest,
    at: &str,
    labels: &Labels,
    neighbours: Neighbours<'_>,
) -> Problem {
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
    Problem::new(error).at(manifest.locate(at), "no Service selects these")
}

/// The claims that the engine's container mounts by their names, as the set declares them.
pub(super) fn claims(
    at: &str,
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
            let error = DiscoverError::ClaimMissing {
                object: manifest.to_string(),
                name: source.claim_name.clone(),
            };
            let place = manifest.locate(&format!(
                "{at}/volumes/{position}/persistentVolumeClaim/claimName"
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
