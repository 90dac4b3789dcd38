use k8s_openapi::api::core::v1::Container;

use super::image::ImageName;
use super::{DiscoverError, EngineKind};
use crate::manifest::{Manifest, Problem};

/// The engines by the last part of their images' repositories: `docker.io/library/postgres:16` is `postgres`.
/// What such an image promises of its environment and its directories stands in the engine's own file.
const KNOWN: &[(&str, EngineKind)] = &[
    ("postgres", EngineKind::PostgreSql),
    ("mysql", EngineKind::MySql),
    ("mongo", EngineKind::MongoDb),
    ("nginx", EngineKind::Http),
];

/// The annotation or label that says what an image holds whose name does not.
const MARK: &str = "stateproof.dev/engine";

/// What the mark may say; nothing stands for "leave it alone".
const MARKS: &[(&str, Option<EngineKind>)] = &[
    ("postgresql", Some(EngineKind::PostgreSql)),
    ("mysql", Some(EngineKind::MySql)),
    ("mongodb", Some(EngineKind::MongoDb)),
    ("http", Some(EngineKind::Http)),
    ("none", None),
];

/// What the manifest itself says of its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marked {
    /// Nothing.
    Not,
    /// That it is none of stateproof's business.
    Ignored,
    /// Which it is.
    As(EngineKind),
}

/// The engine that an image holds.
pub(super) fn recognise(image: &str) -> Option<EngineKind> {
    let repository = ImageName::parse(image).repository;
    KNOWN
        .iter()
        .find(|(known, _)| *known == repository)
        .map(|&(_, kind)| kind)
}

/// The mark on a workload or its pods' template. The nearer one wins: the workload's own, annotations first.
pub(super) fn mark(manifest: &Manifest) -> Result<Marked, Problem> {
    let escaped = MARK.replace('/', "~1");
    let marked = ["/metadata", "/spec/template/metadata"]
        .iter()
        .flat_map(|metadata| ["annotations", "labels"].map(|list| format!("{metadata}/{list}/{escaped}")))
        .find_map(|pointer| Some((manifest.json().pointer(&pointer)?.as_str()?, pointer)));
    let Some((value, pointer)) = marked else {
        return Ok(Marked::Not);
    };
    match MARKS.iter().find(|(name, _)| *name == value) {
        Some((_, Some(kind))) => Ok(Marked::As(*kind)),
        Some((_, None)) => Ok(Marked::Ignored),
        None => Err(Problem::new(DiscoverError::UnknownMark {
            object: manifest.to_string(),
            value: value.to_owned(),
        })
        .at(manifest.locate(&pointer), "no engine of this name")),
    }
}

/// The container that runs the engine, and the engine. Of several known images a database comes before a web server,
/// which may only stand in front of it. A marked engine whose image is not known is in the container that mounts a
/// claim, else in the first.
pub(super) fn container(
    containers: &[Container],
    claims: &[&str],
    marked: Marked,
) -> Option<(usize, EngineKind)> {
    let known: Vec<(usize, EngineKind)> = containers
        .iter()
        .enumerate()
        .filter_map(|(position, container)| Some((position, recognise(container.image.as_deref()?)?)))
        .collect();
    match marked {
        Marked::Ignored => None,
        Marked::Not => {
            let database = known.iter().find(|(_, kind)| *kind != EngineKind::Http);
            database.or(known.first()).copied()
        }
        Marked::As(wanted) => {
            let by_image = known.iter().find(|(_, kind)| *kind == wanted);
            let mounts = |container: &Container| {
                let mut mounts = container.volume_mounts.iter().flatten();
                mounts.any(|mount| claims.contains(&mount.name.as_str()))
            };
            let position = by_image.map_or_else(
                || containers.iter().position(mounts).unwrap_or_default(),
                |(position, _)| *position,
            );
            (position < containers.len()).then_some((position, wanted))
        }
    }
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
