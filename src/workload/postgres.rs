//! What the official PostgreSQL image promises: <https://github.com/docker-library/docs/tree/master/postgres>.

use k8s_openapi::api::core::v1::Container;

use super::declaration::Declaration;
use super::environment::{Environment, Setting};
use super::login::Login;
use super::products::{self, Flavour};
use super::{DiscoverError, Engine, EngineKind, Tls, ports};
use crate::image::ImageName;
use crate::manifest::{Manifest, Problem};

const PORT: u16 = 5432;

/// The newest major version when this was written: what an image without a version is taken for.
const NEWEST: u32 = 18;

/// The variables that set the server up, in the order in which the images look at them.
const USER: &[&str] = &["POSTGRES_USER"];
const PASSWORD: &[&str] = &["POSTGRES_PASSWORD"];
const DATABASE: &[&str] = &["POSTGRES_DB"];

/// Bitnami's and OpenShift's images take these instead or as well.
const VENDOR_USER: &[&str] = &["POSTGRESQL_USERNAME", "POSTGRESQL_USER", "POSTGRES_USER"];
const VENDOR_PASSWORD: &[&str] = &["POSTGRESQL_PASSWORD", "POSTGRES_PASSWORD"];
const VENDOR_DATABASE: &[&str] = &["POSTGRESQL_DATABASE", "POSTGRES_DATABASE", "POSTGRES_DB"];
/// Zalando's images (<https://github.com/zalando/spilo/blob/master/ENVIRONMENT.rst>).
const SPILO_USER: &[&str] = &["PGUSER_SUPERUSER"];
const SPILO_PASSWORD: &[&str] = &["PGPASSWORD_SUPERUSER"];
const NONE: &[&str] = &[];

const VENDOR_PORT: &str = "POSTGRESQL_PORT_NUMBER";

/// The engine in a container that runs this image.
pub(super) fn engine(container: &Container, environment: &Environment) -> Engine {
    let image = container.image.clone().unwrap_or_default();
    let port = environment.known(VENDOR_PORT).and_then(|port| port.parse().ok());
    Engine {
        kind: EngineKind::PostgreSql,
        product: String::new(),
        recognised_by: String::new(),
        tls: Tls::default(),
        container: container.name.clone(),
        port: port.unwrap_or_else(|| {
            ports::declared(container, &["postgres", "postgresql", "tcp-postgresql"], PORT)
        }),
        data_directory: environment
            .known("PGDATA")
            .map_or_else(|| default_data_directory(&image), str::to_owned),
        image,
    }
}

/// The directory that the image declares as a volume of its own: unless something is mounted at this very path,
/// the container's runtime mounts an anonymous volume there, which goes with the container.
pub(super) fn image_volume(image: &str) -> &'static str {
    match products::flavour(image) {
        Flavour::Bitnami => "/bitnami/postgresql",
        Flavour::Sclorg | Flavour::Spilo => "",
        Flavour::Official if is_timescale_ha(image) => "/home/postgres/pgdata",
        Flavour::Official if major(image) >= 18 => "/var/lib/postgresql",
        Flavour::Official => "/var/lib/postgresql/data",
    }
}

/// How to log in, as the image initialises the database.
pub(super) fn login(
    environment: &Environment,
    image: &str,
    pointer: &str,
    workload: &Manifest,
    declared: &Declaration,
    problems: &mut Vec<Problem>,
) -> Option<Login> {
    let flavour = products::flavour(image);
    let (users, passwords, databases) = match flavour {
        Flavour::Official => (USER, PASSWORD, DATABASE),
        Flavour::Bitnami | Flavour::Sclorg => (VENDOR_USER, VENDOR_PASSWORD, VENDOR_DATABASE),
        Flavour::Spilo => (SPILO_USER, SPILO_PASSWORD, NONE),
    };
    let mut setting = |names| environment.setting(names, pointer, workload, problems);
    let password = declared.password_or(|| setting(passwords));
    let database = declared.database_or(|| setting(databases));
    // A database that nothing names is called like the user that the image makes, whoever logs in.
    let user = match database {
        Ok(Some(_)) => declared.user_or(|| setting(users)),
        _ => setting(users),
    };
    let trusted = environment.known("POSTGRES_HOST_AUTH_METHOD") == Some("trust")
        || environment.get("ALLOW_EMPTY_PASSWORD").is_some();
    if matches!(password, Ok(None)) && !trusted {
        let place = workload.locate(&format!("{pointer}/env"));
        let variable = passwords[0];
        let error = DiscoverError::NoPassword {
            object: workload.to_string(),
            variable,
        };
        problems.push(Problem::new(error).at(place, format!("this environment has no {variable}")));
        return None;
    }
    let (user, password, database) = (user.ok()?, password.ok()?, database.ok()?);
    let default_user = if ImageName::parse(image).is("supabase/postgres") {
        "supabase_admin"
    } else {
        "postgres"
    };
    let user = user.unwrap_or_else(|| Setting::default_of(default_user));
    let database = database.unwrap_or_else(|| {
        if flavour == Flavour::Official {
            named_like(&user)
        } else {
            // Bitnami's images, and the others, make no other than the server's own.
            Setting::default_of("postgres")
        }
    });
    Some(Login {
        authority: None,
        password: password.unwrap_or_else(|| Setting::default_of("")),
        database,
        user,
    })
}

/// A database that is called like a user.
fn named_like(user: &Setting) -> Setting {
    if user.public {
        user.clone()
    } else {
        Setting {
            from: "the user's name".to_owned(),
            ..user.clone()
        }
    }
}

/// What a reader should know about the image.
pub(super) fn note(image: &str, engine: &Engine) -> Option<String> {
    let is_official = products::flavour(image) == Flavour::Official;
    (is_official && !is_timescale_ha(image) && ImageName::parse(image).major().is_none()).then(|| {
        format!(
            "the image {image} names no version: its data directory is taken for {}",
            engine.data_directory
        )
    })
}

/// The server's major version. TimescaleDB's tags have it behind their own: `2.17.2-pg16`, `pg16-ts2.17`.
fn major(image: &str) -> u32 {
    let name = ImageName::parse(image);
    let named = name
        .tag
        .and_then(|tag| tag.split('-').find_map(|part| part.strip_prefix("pg")));
    let named = named.and_then(|version| version.split('.').next()?.parse().ok());
    named.or_else(|| name.major()).unwrap_or(NEWEST)
}

fn is_timescale_ha(image: &str) -> bool {
    ImageName::parse(image).is("timescaledb-ha")
}

/// Since version 18 the official image's directory has the version in its name.
fn default_data_directory(image: &str) -> String {
    match products::flavour(image) {
        Flavour::Bitnami => "/bitnami/postgresql/data".to_owned(),
        Flavour::Sclorg => "/var/lib/pgsql/data/userdata".to_owned(),
        Flavour::Spilo => "/home/postgres/pgdata/pgroot/data".to_owned(),
        Flavour::Official if is_timescale_ha(image) => "/home/postgres/pgdata/data".to_owned(),
        Flavour::Official => match major(image) {
            major @ 18.. => format!("/var/lib/postgresql/{major}/docker"),
            _ => "/var/lib/postgresql/data".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_s_version_is_found_behind_the_extension_s() {
        for (image, version) in [
            ("timescale/timescaledb:2.17.2-pg16", 16),
            ("timescale/timescaledb-ha:pg17-ts2.17", 17),
            ("postgis/postgis:15-3.4", 15),
            ("pgvector/pgvector:pg16", 16),
            ("postgres:16-alpine", 16),
            ("postgres", NEWEST),
        ] {
            assert_eq!(major(image), version, "{image}");
        }
    }
}
