use k8s_openapi::api::core::v1::Container;

use super::products::{self, Product};
use super::{DiscoverError, EngineKind, programs};
use crate::manifest::{Manifest, Problem, token};

/// The annotation or label that says what an image holds whose name does not.
const MARK: &str = "stateproof.dev/engine";

/// What the mark may say; nothing stands for "leave it alone".
const MARKS: &[(&str, Option<EngineKind>)] = &[
    ("postgresql", Some(EngineKind::PostgreSql)),
    ("mysql", Some(EngineKind::MySql)),
    ("mongodb", Some(EngineKind::MongoDb)),
    ("http", Some(EngineKind::Http)),
    ("other", Some(EngineKind::Other)),
    ("none", None),
];

/// The ports at which servers are found, and variables that only a server's own image reads: together they tell an
/// image whose name does not. The port alone is also an application's that calls it; a variable alone, a client's.
const SIGNS: &[(EngineKind, i32, &[&str])] = &[
    (
        EngineKind::PostgreSql,
        5432,
        &[
            "POSTGRES_PASSWORD",
            "POSTGRES_PASSWORD_FILE",
            "POSTGRESQL_PASSWORD",
            "PGDATA",
        ],
    ),
    (
        EngineKind::MySql,
        3306,
        &[
            "MYSQL_ROOT_PASSWORD",
            "MYSQL_ROOT_PASSWORD_FILE",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MARIADB_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD_FILE",
        ],
    ),
    (
        EngineKind::MongoDb,
        27017,
        &[
            "MONGO_INITDB_ROOT_USERNAME",
            "MONGO_INITDB_ROOT_PASSWORD",
            "MONGO_INITDB_DATABASE",
            "MONGODB_INITDB_ROOT_USERNAME",
            "MONGODB_ROOT_PASSWORD",
        ],
    ),
];

/// What is said of a workload's engine by somebody, instead of by what it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marked {
    /// Nothing.
    Not,
    /// That it is none of stateproof's business; who says so.
    Ignored(String),
    /// Which it is; who says so.
    As(EngineKind, String),
}

/// A container that runs an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recognised {
    /// Its position among the pod's containers.
    pub(super) position: usize,
    /// What it speaks.
    pub(super) kind: EngineKind,
    /// What its server is called.
    pub(super) product: String,
    /// How it was recognised, as a sentence fragment after "recognised by".
    pub(super) by: String,
    /// Why stateproof does not speak it, where there is more to say.
    pub(super) why: Option<&'static str>,
}

/// Whether an image is the engine's official one, whose tags are the engine's versions.
pub(super) fn is_official(image: &str, kind: EngineKind) -> bool {
    let repository = crate::image::ImageName::parse(image).repository;
    let official = match kind {
        EngineKind::PostgreSql => "postgres",
        EngineKind::MySql => "mysql",
        EngineKind::MongoDb => "mongo",
        EngineKind::Http => "nginx",
        EngineKind::Other | EngineKind::Unknown => return false,
    };
    repository == official
}

/// The mark that a name stands for.
pub(super) fn marked_as(name: &str, by: &str) -> Option<Marked> {
    let (_, kind) = MARKS.iter().find(|(known, _)| *known == name)?;
    Some(match kind {
        Some(kind) => Marked::As(*kind, by.to_owned()),
        None => Marked::Ignored(by.to_owned()),
    })
}

/// The mark on a workload or its pods' template. The nearer one wins: the workload's own, annotations first.
pub(super) fn mark(manifest: &Manifest) -> Result<Marked, Problem> {
    let escaped = token(MARK);
    let marked = ["/metadata", "/spec/template/metadata"]
        .iter()
        .flat_map(|metadata| ["annotations", "labels"].map(|list| format!("{metadata}/{list}/{escaped}")))
        .find_map(|pointer| Some((manifest.json().pointer(&pointer)?.as_str()?, pointer)));
    let Some((value, pointer)) = marked else {
        return Ok(Marked::Not);
    };
    let list = if pointer.contains("/labels/") {
        "label"
    } else {
        "annotation"
    };
    marked_as(value, &format!("the {list} {MARK}: {value}")).ok_or_else(|| {
        Problem::new(DiscoverError::UnknownMark {
            object: manifest.to_string(),
            value: value.to_owned(),
        })
        .at(manifest.locate(&pointer), "no engine of this name")
    })
}

/// The container that runs the engine. Of several, a database that is spoken comes before one that is not, and that
/// before a web server, which may only stand in front of it; then what mounts a claim, then what comes first. A marked
/// engine that nothing else tells is in the container that mounts a claim, else in the first.
pub(super) fn container(containers: &[Container], claims: &[&str], marked: &Marked) -> Option<Recognised> {
    let mounts_claim = |container: &Container| {
        let mut mounts = container.volume_mounts.iter().flatten();
        mounts.any(|mount| claims.contains(&mount.name.as_str()))
    };
    let known = containers.iter().enumerate().filter_map(|(position, container)| {
        let found = recognise(position, container)?;
        let rank = match found.kind {
            EngineKind::Http => 2,
            EngineKind::Other | EngineKind::Unknown => 1,
            _ => 0,
        };
        Some(((rank, !mounts_claim(container), position), found))
    });
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|(rank, _)| *rank);
    let mut known = known.into_iter().map(|(_, found)| found);
    match marked {
        Marked::Ignored(_) => None,
        Marked::Not => known.next(),
        Marked::As(wanted, by) => known.find(|found| found.kind == *wanted).or_else(|| {
            let position = containers.iter().position(mounts_claim).unwrap_or_default();
            (position < containers.len()).then(|| Recognised {
                position,
                kind: *wanted,
                product: match wanted {
                    // What it is called is nobody's secret: the image says so.
                    EngineKind::Other => containers[position].image.clone().unwrap_or_default(),
                    kind => kind.to_string(),
                },
                by: by.clone(),
                why: None,
            })
        }),
    }
}

/// What a container runs: by its image, else by its command, else by its port and its environment together.
fn recognise(position: usize, container: &Container) -> Option<Recognised> {
    let image = container.image.as_deref().unwrap_or_default();
    let declares_port = container.ports.as_ref().is_some_and(|ports| !ports.is_empty());
    if programs::is_client(container) && !declares_port {
        return None;
    }
    let found = |kind, product: &str, by: String, why| Recognised {
        position,
        kind,
        product: product.to_owned(),
        by,
        why,
    };
    match products::of(image) {
        Some(Product::Companion) => return None,
        Some(Product::Spoken { kind, name }) => {
            return Some(found(kind, name, format!("its image {image}"), None));
        }
        Some(Product::Unspoken { name, why }) => {
            return Some(found(EngineKind::Other, name, format!("its image {image}"), why));
        }
        None => {}
    }
    if let Some((program, engine)) = programs::server(container) {
        let by = format!("its command {program}");
        return Some(match engine {
            Ok(kind) => found(kind, &kind.to_string(), by, None),
            Err(name) => found(EngineKind::Other, name, by, None),
        });
    }
    let (kind, port, variable) = SIGNS.iter().find_map(|(kind, port, variables)| {
        let listens = container
            .ports
            .iter()
            .flatten()
            .any(|declared| declared.container_port == *port);
        let set = container.env.iter().flatten();
        let told = set
            .map(|variable| variable.name.as_str())
            .find(|name| variables.contains(name));
        told.filter(|_| listens).map(|variable| (*kind, *port, variable))
    })?;
    let by = format!("its port {port} and its variable {variable}, as its image {image} tells nothing");
    Some(found(kind, &kind.to_string(), by, None))
}

/// The images and ports of a workload's containers, as a message tells them.
pub(super) fn seen(manifest: &Manifest) -> String {
    let images: Vec<&str> = manifest.images().collect();
    let containers = manifest
        .pod_spec()
        .and_then(|(_, pod)| pod["containers"].as_array());
    let ports = containers.into_iter().flatten().flat_map(|container| {
        let ports = container["ports"].as_array().into_iter().flatten();
        ports.filter_map(|port| port["containerPort"].as_u64())
    });
    let ports: Vec<String> = ports.map(|port| port.to_string()).collect();
    let ports = match &ports[..] {
        [] => "no port declared".to_owned(),
        [port] => format!("port {port}"),
        ports => format!("ports {}", ports.join(", ")),
    };
    format!("{}; {ports}", images.join(", "))
}
