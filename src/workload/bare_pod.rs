use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};

use super::discover::Read;
use super::engines::Marked;
use super::neighbours::Neighbours;
use super::typed::typed;
use super::{
    Discovered, EngineKind, PodManagement, Retention, UpdateStrategy, Workload, WorkloadKind, budgets,
    data_directory, deployment, services, stateful_set, template,
};
use crate::manifest::{Manifest, Problem};

/// Where a Pod has its spec.
const POD: &str = "/spec";

/// What is known of a bare Pod: a database if it runs one and mounts a claim; nothing when there are problems.
///
/// It keeps its name, and nothing brings it back when it is gone: whoever has the manifest does.
pub(super) fn read(
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Read> {
    let (marked, pod) = match stateful_set::marked(manifest, neighbours)
        .and_then(|marked| Ok((marked, typed::<Pod>(manifest)?)))
    {
        Ok(read) => read,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    if let Marked::Ignored(by) = &marked {
        return Some(Read::LeftAlone(format!("left alone, as {by} says")));
    }
    let left_alone = |reason: &str| Some(Read::LeftAlone(reason.to_owned()));
    let made = PodTemplateSpec {
        metadata: Some(pod.metadata),
        spec: pod.spec,
    };
    let mounted = deployment::volumes(&made);
    let Some(engine) = template::engine_of(&made, &mounted, &marked) else {
        return left_alone("no database is recognised in it");
    };
    if mounted.is_empty() || matches!(engine.kind, EngineKind::Other | EngineKind::Http) {
        return left_alone(
            "a bare Pod without a claim, or of an engine that keeps nothing stateproof could ask for",
        );
    }
    let known = problems.len();
    let template = template::read_at(POD, &made, &engine, manifest, neighbours, problems);
    let (container, labels) = (&template.container, template::labels(&made));
    let services = services::leading_to(&template.engine, container, manifest.name(), &labels, neighbours);
    if services.is_empty() {
        problems.push(deployment::no_service(
            manifest,
            "/metadata/labels",
            &labels,
            neighbours,
        ));
    }
    let claims = deployment::claims(POD, &template.pod, container, manifest, neighbours, problems);
    if problems.len() > known {
        return None;
    }
    let (login, kind) = (template.login?, template.engine.kind);
    let mut notes = template.notes;
    notes.extend(data_directory::note(
        &template.engine,
        template.image_volume,
        container,
        &template.pod,
        &claims,
    ));
    notes.push("a bare Pod: when it is gone nothing brings it back; lose-pod applies it again".to_owned());
    if container.readiness_probe.is_none() {
        notes.push("no readiness probe: Ready means started".to_owned());
    }
    let has_readiness_probe = container.readiness_probe.is_some();
    let workload = Workload {
        kind: WorkloadKind::Pod,
        namespace: neighbours.namespace().to_owned(),
        name: manifest.name().to_owned(),
        replicas: 1,
        governing_service: String::new(),
        services,
        update: UpdateStrategy::OnDelete,
        budgets: budgets::selecting(&labels, 1, neighbours),
        replication: None,
        selector: labels,
        pod_management: PodManagement::Parallel,
        retention: Retention::default(),
        claims,
        engine: template.engine,
        has_readiness_probe,
        termination_grace_seconds: template.grace_seconds,
        declared_at: manifest.place().file_and_line(),
        login: stateful_set::engine_login(kind, &login),
        notes,
    };
    Some(Read::Found(Box::new(Discovered {
        workload,
        credentials: login.credentials(),
    })))
}
