//! What the official MySQL image promises: <https://github.com/docker-library/docs/tree/master/mysql>.

use k8s_openapi::api::core::v1::Container;

use super::environment::Environment;
use super::{Credentials, DiscoverError, Engine, EngineKind, Password, ports};
use crate::manifest::{Manifest, Problem};

/// The database that the ledger is kept in where the manifest asks for none: the session creates it.
pub const LEDGER_DATABASE: &str = "stateproof";

const PORT: u16 = 3306;

/// The directory that the image declares as a volume of its own.
pub(super) const IMAGE_VOLUME: &str = "/var/lib/mysql";

/// The engine in a container that runs this image.
pub(super) fn engine(container: &Container) -> Engine {
    let asked = option(container, "port").and_then(|port| port.parse().ok());
    Engine {
        kind: EngineKind::MySql,
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        port: asked.unwrap_or_else(|| ports::declared(container, &["mysql"], PORT)),
        data_directory: option(container, "datadir").unwrap_or(IMAGE_VOLUME).to_owned(),
    }
}

/// How to log in, as the image initialises the database: as the user that it makes for one database where it makes
/// one, else as root.
pub(super) fn credentials(
    environment: &Environment,
    pointer: &str,
    workload: &Manifest,
    problems: &mut Vec<Problem>,
) -> Option<Credentials> {
    let mut setting = |variable| environment.setting(variable, pointer, workload, problems);
    let (user, password) = (setting("MYSQL_USER"), setting("MYSQL_PASSWORD"));
    let (root, database) = (setting("MYSQL_ROOT_PASSWORD"), setting("MYSQL_DATABASE"));
    let (user, password, root, database) = (user.ok()?, password.ok()?, root.ok()?, database.ok()?);
    // The image lets anything that is not empty stand for yes.
    let empty_is_allowed = environment.get("MYSQL_ALLOW_EMPTY_PASSWORD").is_some();
    let random = environment.get("MYSQL_RANDOM_ROOT_PASSWORD").is_some();
    let file = environment.get("MYSQL_ROOT_PASSWORD_FILE").is_some();
    if root.is_none() && !empty_is_allowed && !random && !file {
        let error = DiscoverError::NoPassword {
            object: workload.to_string(),
            variable: "MYSQL_ROOT_PASSWORD",
        };
        let place = workload.locate(&format!("{pointer}/env"));
        problems.push(Problem::new(error).at(place, "this environment has no MYSQL_ROOT_PASSWORD"));
        return None;
    }
    // Without both of them the image makes no user; without a database it makes one that may do nothing.
    if let (Some(user), Some(password), Some(database)) = (user, password, &database) {
        return Some(Credentials {
            user,
            password: Password::new(password),
            database: database.clone(),
        });
    }
    let unknown = match root {
        None if file => Some("a file (MYSQL_ROOT_PASSWORD_FILE)"),
        None if random => Some("the server's log (MYSQL_RANDOM_ROOT_PASSWORD)"),
        _ => None,
    };
    if let Some(source_of_value) = unknown {
        let error = DiscoverError::UnknownSetting {
            object: workload.to_string(),
            variable: "MYSQL_ROOT_PASSWORD".to_owned(),
            source_of_value,
        };
        let place = workload.locate(&format!("{pointer}/env"));
        problems.push(Problem::new(error).at(place, "this environment sets it"));
        return None;
    }
    Some(Credentials {
        user: "root".to_owned(),
        password: Password::new(root.unwrap_or_default()),
        database: database.unwrap_or_else(|| LEDGER_DATABASE.to_owned()),
    })
}

/// What `mysqld` is told on its command line: `--NAME=VALUE` or `--NAME VALUE`.
fn option<'c>(container: &'c Container, name: &str) -> Option<&'c str> {
    let arguments = [&container.command, &container.args];
    let arguments: Vec<&str> = arguments
        .into_iter()
        .flatten()
        .flatten()
        .map(String::as_str)
        .collect();
    arguments.iter().enumerate().find_map(|(place, argument)| {
        match argument.strip_prefix("--")?.strip_prefix(name)? {
            "" => arguments.get(place + 1).copied(),
            rest => rest.strip_prefix('='),
        }
    })
}
