use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::engines::Marked;
use super::environment::Environment;
use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::{
    Credentials, DiscoverError, Engine, EngineKind, Replication, engines, http, mongodb, mysql, postgres,
    references,
};
use crate::manifest::{Manifest, Problem};

/// Where a StatefulSet and a Deployment have their pods' spec.
pub(super) const POD: &str = "/spec/template/spec";

/// What the pods' template says of the server, whatever makes the pods.
pub(super) struct Template {
    pub(super) engine: Engine,
    /// How its members keep each other's rows.
    pub(super) replication: Option<Replication>,
    /// The directory that the image declares as a volume of its own.
    pub(super) image_volume: &'static str,
    /// None when they cannot be known: the problems say why.
    pub(super) credentials: Option<Credentials>,
    /// The container that runs the engine.
    pub(super) container: Container,
    pub(super) pod: PodSpec,
    /// How long a pod may take to end, in seconds.
    pub(super) grace_seconds: u32,
    pub(super) notes: Vec<String>,
}

/// The container that runs the engine: its position, and which engine it is. `claims` are the names of the volumes that
/// are claims.
pub(super) fn engine_of(
    template: &PodTemplateSpec,
    claims: &[&str],
    marked: Marked,
) -> Option<(usize, EngineKind)> {
    engines::container(&template.spec.as_ref()?.containers, claims, marked)
}

/// Reads the template around the container that runs the engine. What would keep the pods from starting is a problem.
pub(super) fn read(
    template: &PodTemplateSpec,
    (position, kind): (usize, EngineKind),
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Template {
    let pod = template.spec.clone().unwrap_or_default();
    references::check_volumes(&pod, POD, manifest, neighbours, problems);
    let environment = environments(&pod, position, manifest, neighbours, problems);
    let container = pod.containers[position].clone();
    let pointer = format!("{POD}/containers/{position}");
    let (mut notes, mut replication) = (Vec::new(), None);
    let (engine, image_volume, credentials) = match kind {
        EngineKind::PostgreSql => {
            let engine = postgres::engine(&container, &environment);
            notes.extend(postgres::note(&engine.image, &engine));
            let volume = postgres::image_volume(&engine.image);
            let credentials = postgres::credentials(&environment, &pointer, manifest, problems);
            (engine, volume, credentials)
        }
        EngineKind::MySql => {
            let credentials = mysql::credentials(&environment, &pointer, manifest, problems);
            (mysql::engine(&container), mysql::IMAGE_VOLUME, credentials)
        }
        EngineKind::Http => (http::engine(&container), "", Some(http::credentials())),
        EngineKind::MongoDb => {
            notes.extend(mongodb::note(&container, &environment));
            replication = mongodb::replication(&container, &environment);
            let credentials = mongodb::credentials(&environment, &pointer, manifest, problems);
            (
                mongodb::engine(&container, &environment),
                mongodb::DATA_DIRECTORY,
                credentials,
            )
        }
        EngineKind::Unknown => (unread(&container, kind), "", None),
    };
    Template {
        engine,
        replication,
        image_volume,
        credentials,
        container,
        grace_seconds: pod
            .termination_grace_period_seconds
            .map_or(30, |seconds| u32::try_from(seconds).unwrap_or_default()),
        pod,
        notes,
    }
}

/// An engine of which nothing is read but which container runs it.
pub(super) fn unread(container: &Container, kind: EngineKind) -> Engine {
    Engine {
        kind,
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        port: 0,
        data_directory: String::new(),
    }
}

/// Checks that what makes the pods selects them.
pub(super) fn check_selector(
    selector: &LabelSelector,
    template: &PodTemplateSpec,
    manifest: &Manifest,
    problems: &mut Vec<Problem>,
) {
    let labels = labels(template);
    if selector::matches(selector, &labels) {
        return;
    }
    let error = DiscoverError::SelectorMismatch {
        object: manifest.to_string(),
        wanted: selector::describe(selector),
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

/// The labels that the pods get.
pub(super) fn labels(template: &PodTemplateSpec) -> Labels {
    let metadata = template.metadata.as_ref();
    metadata
        .and_then(|metadata| metadata.labels.clone())
        .unwrap_or_default()
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
