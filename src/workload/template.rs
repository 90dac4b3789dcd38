use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::engines::{Marked, Recognised};
use super::environment::Environment;
use super::login::Login;
use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::{
    DiscoverError, Engine, EngineKind, Replication, Tls, engines, http, mongodb, mysql, postgres, references,
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
    /// None when it cannot be known: the problems say why.
    pub(super) login: Option<Login>,
    /// The container that runs the engine.
    pub(super) container: Container,
    pub(super) pod: PodSpec,
    /// How long a pod may take to end, in seconds.
    pub(super) grace_seconds: u32,
    pub(super) notes: Vec<String>,
}

/// The container that runs the engine. `claims` are the names of the volumes that are claims.
pub(super) fn engine_of(template: &PodTemplateSpec, claims: &[&str], marked: &Marked) -> Option<Recognised> {
    engines::container(&template.spec.as_ref()?.containers, claims, marked)
}

/// Reads the template around the container that runs the engine. What would keep the pods from starting is a problem.
pub(super) fn read(
    template: &PodTemplateSpec,
    recognised: &Recognised,
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Template {
    read_at(POD, template, recognised, manifest, neighbours, problems)
}

/// As [`read`], with the JSON pointer to the pod's spec.
pub(super) fn read_at(
    at: &str,
    template: &PodTemplateSpec,
    recognised: &Recognised,
    manifest: &Manifest,
    neighbours: Neighbours<'_>,
    problems: &mut Vec<Problem>,
) -> Template {
    let pod = template.spec.clone().unwrap_or_default();
    references::check_volumes(&pod, at, manifest, neighbours, problems);
    let environment = environments(at, &pod, recognised.position, manifest, neighbours, problems);
    let container = pod.containers[recognised.position].clone();
    let pointer = format!("{at}/containers/{}", recognised.position);
    let declared = neighbours.declared(manifest.name());
    let image = container.image.clone().unwrap_or_default();
    let (mut notes, mut replication) = (Vec::new(), None);
    let (mut engine, image_volume, login) = match recognised.kind {
        EngineKind::PostgreSql => {
            let engine = postgres::engine(&container, &environment);
            notes.extend(postgres::note(&engine.image, &engine));
            let login = postgres::login(&environment, &image, &pointer, manifest, &declared, problems);
            (engine, postgres::image_volume(&image), login)
        }
        EngineKind::MySql => {
            let login = mysql::login(&environment, &image, &pointer, manifest, &declared, problems);
            (
                mysql::engine(&container, &environment),
                mysql::image_volume(&image),
                login,
            )
        }
        EngineKind::Http => (http::engine(&container), "", Some(Login::nobody())),
        EngineKind::MongoDb => {
            notes.extend(mongodb::note(&container, &environment));
            replication = mongodb::replication(&container, &environment);
            let login = mongodb::login(&environment, &image, &pointer, manifest, &declared, problems);
            (
                mongodb::engine(&container, &environment),
                mongodb::image_volume(&image),
                login,
            )
        }
        EngineKind::Other => (unread(&container, recognised.kind), "", Some(Login::nobody())),
        EngineKind::Unknown => (unread(&container, recognised.kind), "", None),
    };
    engine.product.clone_from(&recognised.product);
    engine.recognised_by.clone_from(&recognised.by);
    engine.port = declared.port.unwrap_or(engine.port);
    engine.tls = declared.tls.unwrap_or(engine.tls);
    if let Some(directory) = &declared.data_directory {
        engine.data_directory.clone_from(directory);
    }
    if recognised.kind == EngineKind::Other {
        notes.push(unspoken(recognised));
    }
    Template {
        engine,
        replication,
        image_volume,
        login: login.map(|login| login.or_declared(&declared)),
        container,
        grace_seconds: pod
            .termination_grace_period_seconds
            .map_or(30, |seconds| u32::try_from(seconds).unwrap_or_default()),
        pod,
        notes,
    }
}

/// What is not proven of an engine that nobody speaks.
fn unspoken(recognised: &Recognised) -> String {
    let why = recognised.why.map_or_else(String::new, |why| format!(" ({why})"));
    format!(
        "stateproof does not speak {}{why}: nothing is written and read back; names, order, addresses and claims are \
         proven all the same",
        recognised.product
    )
}

/// An engine of which nothing is read but which container runs it.
pub(super) fn unread(container: &Container, kind: EngineKind) -> Engine {
    let declared = container.ports.iter().flatten().next();
    Engine {
        kind,
        product: String::new(),
        recognised_by: String::new(),
        tls: Tls::default(),
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        port: declared.map_or(0, |port| u16::try_from(port.container_port).unwrap_or_default()),
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
    at: &str,
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
            let pointer = format!("{at}/{list}/{position}");
            let environment = Environment::of(container, pod, &pointer, manifest, neighbours, problems);
            if list == "containers" && position == engine {
                wanted = environment;
            }
        }
    }
    wanted
}
