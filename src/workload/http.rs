//! What the official nginx image promises: <https://github.com/docker-library/docs/tree/master/nginx>.

use k8s_openapi::api::core::v1::Container;

use super::{ClaimTemplate, Engine, EngineKind, Tls, ports};
use crate::image::ImageName;

const PORT: u16 = 80;

/// The engine in a container that runs this image, without the directory that files are written in.
pub(super) fn engine(container: &Container) -> Engine {
    Engine {
        kind: EngineKind::Http,
        product: String::new(),
        recognised_by: String::new(),
        tls: Tls::default(),
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        port: ports::declared(container, &["http", "web"], port_of(container)),
        data_directory: String::new(),
    }
}

/// Where files are written: where the container mounts its first claim. Empty where it mounts none.
pub(super) fn directory(claims: &[ClaimTemplate]) -> String {
    let mount = claims.iter().find_map(|claim| claim.mounts.first());
    mount.cloned().unwrap_or_default()
}

/// What a reader should know about it.
pub(super) fn note(engine: &Engine) -> Option<String> {
    engine.data_directory.is_empty().then(|| {
        format!(
            "no claim is mounted in container {}: nothing is written and read back",
            engine.container
        )
    })
}

/// The port that the image's own configuration has. The one without root's rights cannot listen below 1024, and neither
/// does Bitnami's.
fn port_of(container: &Container) -> u16 {
    let image = ImageName::parse(container.image.as_deref().unwrap_or_default());
    if image.is("nginx-unprivileged") || image.is_by("bitnami") {
        8080
    } else {
        PORT
    }
}
