use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::Container;

use super::discover::Read;
use super::engines::Marked;
use super::login::Login;
use super::neighbours::Neighbours;
use super::typed::typed;
use super::{
    ClaimTemplate, DiscoverError, Discovered, EngineKind, PodManagement, Retention, RetentionPolicy,
    UpdateStrategy, Workload, WorkloadKind, budgets, data_directory, engines, governing, http, services,
    template,
};
use crate::manifest::{Manifest, Problem};

/// What is known of a StatefulSet. Nothing when there are problems.
pub(super) fn read(
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Read> {
    let (marked, spec) = match marked(manifest, neighbours).and_then(|marked| {
        let typed = typed::<StatefulSet>(manifest)?;
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
    let Some(engine) = template::engine_of(&spec.template, &volumes(&spec), &marked) else {
        if spec.volume_claim_templates.iter().flatten().next().is_none() {
            return Some(Read::LeftAlone(
                "no database is recognised in it, and it has no claim templates: it keeps nothing".to_owned(),
            ));
        }
        problems.push(unknown_engine(manifest));
        return None;
    };
    let known = problems.len();
    let mut notes = Vec::new();
    check_identity(manifest, &spec, neighbours, &mut notes, problems);
    let template = template::read(&spec.template, &engine, manifest, neighbours, problems);
    if problems.len() > known {
        return None;
    }

    let (container, mut engine) = (&template.container, template.engine);
    let mut claims = claims(&spec, container);
    for claim in &mut claims {
        claim.retained = neighbours.retains(claim.storage_class.as_deref());
    }
    notes.extend(template.notes);
    if engine.kind == EngineKind::Http {
        // Unless somebody says where.
        if engine.data_directory.is_empty() {
            engine.data_directory = http::directory(&claims);
        }
        notes.extend(http::note(&engine));
    } else if engine.kind != EngineKind::Other {
        notes.extend(data_directory::note(
            &engine,
            template.image_volume,
            container,
            &template.pod,
            &claims,
        ));
    }
    let login = template.login?;
    let (replicas, labels) = (count(spec.replicas, 1), template::labels(&spec.template));
    let services = services::leading_to(&engine, container, manifest.name(), &labels, neighbours);
    let kind = engine.kind;
    let workload = Workload {
        kind: WorkloadKind::StatefulSet,
        namespace: neighbours.namespace().to_owned(),
        name: manifest.name().to_owned(),
        replicas,
        governing_service: spec.service_name.clone().unwrap_or_default(),
        services,
        update: update(&spec),
        budgets: budgets::selecting(&labels, replicas, neighbours),
        replication: template.replication,
        selector: spec.selector.match_labels.clone().unwrap_or_default(),
        pod_management: match spec.pod_management_policy.as_deref() {
            Some("Parallel") => PodManagement::Parallel,
            _ => PodManagement::OrderedReady,
        },
        retention: retention(&spec),
        claims,
        engine,
        has_readiness_probe: container.readiness_probe.is_some(),
        termination_grace_seconds: template.grace_seconds,
        declared_at: manifest.place().file_and_line(),
        login: engine_login(kind, &login),
        notes,
    };
    Some(Read::Found(Box::new(Discovered {
        workload: with_notes(workload),
        credentials: login.credentials(),
    })))
}

/// What is told of the login; nothing where nobody logs in.
pub(super) fn engine_login(kind: EngineKind, login: &Login) -> String {
    match kind {
        EngineKind::Http | EngineKind::Other | EngineKind::Unknown => String::new(),
        _ => login.told(),
    }
}

/// What is said of a workload's engine, the nearest word first: on the workload itself, then beside the manifests.
pub(super) fn marked(manifest: &Manifest, neighbours: Neighbours<'_>) -> Result<Marked, Problem> {
    Ok(match engines::mark(manifest)? {
        Marked::Not => neighbours.declared(manifest.name()).mark().unwrap_or(Marked::Not),
        marked => marked,
    })
}

fn unknown_engine(manifest: &Manifest) -> Problem {
    let error = DiscoverError::UnknownEngine {
        object: manifest.to_string(),
        seen: engines::seen(manifest),
    };
    Problem::new(error).at(
        manifest.locate("/spec/template/spec/containers/0/image"),
        "no engine is known by this name",
    )
}

/// What replicates by itself once it is configured, which stateproof does not look at.
const CLUSTERED: [&str; 4] = [
    "PostgreSQL with repmgr",
    "Percona XtraDB Cluster",
    "MariaDB Galera Cluster",
    "Spilo (PostgreSQL with Patroni)",
];

/// The names of the volumes that are claims.
pub(super) fn volumes(spec: &StatefulSetSpec) -> Vec<&str> {
    let templates = spec.volume_claim_templates.iter().flatten();
    templates
        .filter_map(|template| template.metadata.name.as_deref())
        .collect()
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
    template::check_selector(&spec.selector, &spec.template, manifest, problems);
    let labels = template::labels(&spec.template);
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

pub(super) fn claims(spec: &StatefulSetSpec, container: &Container) -> Vec<ClaimTemplate> {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    spec.volume_claim_templates
        .iter()
        .flatten()
        .map(|template| {
            let name = template.metadata.name.clone().unwrap_or_default();
            let mounts = mounts.iter().filter(|mount| mount.name == name);
            let mounts = mounts.map(|mount| mount.mount_path.clone()).collect();
            ClaimTemplate::of(name, template, mounts)
        })
        .collect()
}

fn update(spec: &StatefulSetSpec) -> UpdateStrategy {
    let asked = spec.update_strategy.as_ref();
    match asked.and_then(|strategy| strategy.type_.as_deref()) {
        Some("OnDelete") => UpdateStrategy::OnDelete,
        _ => UpdateStrategy::RollingUpdate,
    }
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
    let Workload { replicas, engine, .. } = &workload;
    if *replicas > 1 && workload.replication.is_none() {
        let note = match engine.kind {
            EngineKind::Http if engine.data_directory.is_empty() => None,
            EngineKind::Http => Some(format!("{replicas} members, each with files of its own")),
            // Whether they replicate is nobody's guess.
            EngineKind::Other => None,
            _ if CLUSTERED.contains(&engine.product.as_str()) => None,
            kind => Some(format!(
                "{replicas} separate databases, not a cluster: {kind} does not replicate by itself"
            )),
        };
        workload.notes.extend(note);
    }
    workload
}

pub(super) fn count(replicas: Option<i32>, default: u32) -> u32 {
    replicas.map_or(default, |replicas| u32::try_from(replicas).unwrap_or_default())
}
