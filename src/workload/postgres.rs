//! What the official PostgreSQL image promises: <https://github.com/docker-library/docs/tree/master/postgres>.

use k8s_openapi::api::core::v1::Container;

use super::environment::Environment;
use super::image::ImageName;
use super::{Credentials, DiscoverError, Engine, EngineKind, Password, ports};
use crate::manifest::{Manifest, Problem};

const PORT: u16 = 5432;

/// The newest major version when this was written: what an image without a version is taken for.
const NEWEST: u32 = 18;

/// The engine in a container that runs this image.
pub(super) fn engine(container: &Container, environment: &Environment) -> Engine {
    let image = container.image.clone().unwrap_or_default();
    Engine {
        kind: EngineKind::PostgreSql,
        container: container.name.clone(),
        port: ports::declared(container, &["postgres", "postgresql"], PORT),
        data_directory: environment
            .known("PGDATA")
            .map_or_else(|| default_data_directory(&image), str::to_owned),
        image,
    }
}

/// The directory that the image declares as a volume of its own: unless something is mounted at this very path,
/// the container's runtime mounts an anonymous volume there, which goes with the container.
pub(super) fn image_volume(image: &str) -> &'static str {
    if major(image) >= 18 {
        "/var/lib/postgresql"
    } else {
        "/var/lib/postgresql/data"
    }
}

/// How to log in, as the image initialises the database.
pub(super) fn credentials(
    environment: &Environment,
    pointer: &str,
    workload: &Manifest,
    problems: &mut Vec<Problem>,
) -> Option<Credentials> {
    let mut setting = |variable| environment.setting(variable, pointer, workload, problems);
    let (user, password, database) = (
        setting("POSTGRES_USER"),
        setting("POSTGRES_PASSWORD"),
        setting("POSTGRES_DB"),
    );
    let from_file = environment.get("POSTGRES_PASSWORD_FILE").is_some();
    let trusted = environment.known("POSTGRES_HOST_AUTH_METHOD") == Some("trust");
    if password == Ok(None) && !trusted {
        let place = workload.locate(&format!("{pointer}/env"));
        let object = workload.to_string();
        problems.push(if from_file {
            Problem::new(DiscoverError::UnknownSetting {
                object,
                variable: "POSTGRES_PASSWORD".to_owned(),
                source_of_value: "a file (POSTGRES_PASSWORD_FILE)",
            })
            .at(place, "this environment sets it")
        } else {
            let variable = "POSTGRES_PASSWORD";
            Problem::new(DiscoverError::NoPassword { object, variable })
                .at(place, "this environment has no POSTGRES_PASSWORD")
        });
        return None;
    }
    let user = user.ok()?.unwrap_or_else(|| "postgres".to_owned());
    Some(Credentials {
        password: Password::new(password.ok()?.unwrap_or_default()),
        database: database.ok()?.unwrap_or_else(|| user.clone()),
        user,
    })
}

/// What a reader should know about the image.
pub(super) fn note(image: &str, engine: &Engine) -> Option<String> {
    ImageName::parse(image).major().is_none().then(|| {
        format!(
            "the image {image} names no version: its data directory is taken for {}",
            engine.data_directory
        )
    })
}

fn major(image: &str) -> u32 {
    ImageName::parse(image).major().unwrap_or(NEWEST)
}

/// Since version 18 the directory has the version in its name.
fn default_data_directory(image: &str) -> String {
    match major(image) {
        major @ 18.. => format!("/var/lib/postgresql/{major}/docker"),
        _ => "/var/lib/postgresql/data".to_owned(),
    }
}
