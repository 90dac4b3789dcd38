//! What the official nginx image promises: <https://github.com/docker-library/docs/tree/master/nginx>.

use k8s_openapi::api::core::v1::Container;

use super::{ClaimTemplate, Credentials, Engine, EngineKind, Password, ports};

const PORT: u16 = 80;

/// The engine in a container that runs this image, without the directory that files are written in.
pub(super) fn engine(container: &Container) -> Engine {
    Engine {
        kind: EngineKind::Http,
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        port: ports::declared(container, &["http", "web"], PORT),
        data_directory: String::new(),
    }
}

/// Where files are written: where the container mounts its first claim. Empty where it mounts none.
pub(super) fn directory(claims: &[ClaimTemplate]) -> String {
    let mount = claims.iter().find_map(|claim| claim.mounts.first());
    mount.cloned().unwrap_or_default()
}

/// Nobody logs in.
pub(super) fn credentials() -> Credentials {
    Credentials {
        user: String::new(),
        password: Password::new(""),
        database: String::new(),
    }
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
