//! What the official MySQL image promises: <https://github.com/docker-library/docs/tree/master/mysql>; and MariaDB's,
//! which takes `MARIADB_…` before `MYSQL_…`: <https://github.com/docker-library/docs/tree/master/mariadb>.

use k8s_openapi::api::core::v1::Container;

use super::declaration::Declaration;
use super::environment::{Environment, Setting};
use super::login::Login;
use super::products::{self, Flavour};
use super::{DiscoverError, Engine, EngineKind, Tls, ports};
use crate::image::ImageName;
use crate::manifest::{Manifest, Problem};

/// The database that the ledger is kept in where the manifest asks for none: the session creates it.
pub const LEDGER_DATABASE: &str = "stateproof";

const PORT: u16 = 3306;

/// Where the official image keeps its data: a volume that it declares.
const IMAGE_VOLUME: &str = "/var/lib/mysql";

/// The engine in a container that runs this image.
pub(super) fn engine(container: &Container, environment: &Environment) -> Engine {
    let image = container.image.clone().unwrap_or_default();
    let asked = option(container, "port").map(str::to_owned);
    let numbers = ["MYSQL_PORT_NUMBER", "MARIADB_PORT_NUMBER"];
    let asked = asked.or_else(|| {
        numbers
            .iter()
            .find_map(|name| environment.known(name).map(str::to_owned))
    });
    Engine {
        kind: EngineKind::MySql,
        product: String::new(),
        recognised_by: String::new(),
        tls: Tls::default(),
        container: container.name.clone(),
        port: asked
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| ports::declared(container, &["mysql", "mariadb"], PORT)),
        data_directory: option(container, "datadir")
            .map_or_else(|| directory(&image).to_owned(), str::to_owned),
        image,
    }
}

/// The directory that the image declares as a volume of its own.
pub(super) fn image_volume(image: &str) -> &'static str {
    match (products::flavour(image), is_mariadb(image)) {
        (Flavour::Bitnami, true) => "/bitnami/mariadb",
        (Flavour::Bitnami, false) => "/bitnami/mysql",
        (Flavour::Sclorg, _) => "",
        (Flavour::Official | Flavour::Spilo, _) => IMAGE_VOLUME,
    }
}

fn directory(image: &str) -> &'static str {
    match (products::flavour(image), is_mariadb(image)) {
        (Flavour::Bitnami, true) => "/bitnami/mariadb/data",
        (Flavour::Bitnami, false) => "/bitnami/mysql/data",
        (Flavour::Sclorg, _) => "/var/lib/mysql/data",
        (Flavour::Official | Flavour::Spilo, _) => IMAGE_VOLUME,
    }
}

fn is_mariadb(image: &str) -> bool {
    ImageName::parse(image).repository.starts_with("mariadb")
}

/// How to log in, as the image initialises the database: as the user that it makes for one database where it makes
/// one, else as root.
pub(super) fn login(
    environment: &Environment,
    image: &str,
    pointer: &str,
    workload: &Manifest,
    declared: &Declaration,
    problems: &mut Vec<Problem>,
) -> Option<Login> {
    // What is MariaDB's own comes first there, and means nothing elsewhere.
    let of_mariadb: &[&[&str]] = &[
        &["MARIADB_USER", "MYSQL_USER"],
        &["MARIADB_PASSWORD", "MYSQL_PASSWORD"],
        &["MARIADB_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD"],
        &["MARIADB_DATABASE", "MYSQL_DATABASE"],
    ];
    let is_mariadb = is_mariadb(image);
    let names = |position: usize| {
        let names = of_mariadb[position];
        if is_mariadb { names } else { &names[1..] }
    };
    let mut setting = |position| environment.setting(names(position), pointer, workload, problems);
    let makes_user = |name: &&str| {
        [(*name).to_owned(), format!("{name}_FILE")]
            .iter()
            .any(|name| environment.get(name).is_some())
    };
    // A password that is declared is the user's where the image makes one, else root's.
    let password = if declared.user.is_some() || names(1).iter().any(makes_user) {
        declared.password_or(|| setting(1))
    } else {
        setting(1)
    };
    let user = declared.user_or(|| setting(0));
    let root = declared.password_or(|| setting(2));
    let database = declared.database_or(|| setting(3));
    let (user, password, root, database) = (user.ok()?, password.ok()?, root.ok()?, database.ok()?);
    let any = |names: &[&str]| names.iter().any(|name| environment.get(name).is_some());
    // The image lets anything that is not empty stand for yes.
    let empty_is_allowed = any(&[
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
        "ALLOW_EMPTY_PASSWORD",
    ]);
    let random = any(&["MYSQL_RANDOM_ROOT_PASSWORD", "MARIADB_RANDOM_ROOT_PASSWORD"]);
    let hashed = is_mariadb && any(&["MARIADB_ROOT_PASSWORD_HASH"]);
    let variable = names(2)[0];
    let place = || workload.locate(&format!("{pointer}/env"));
    // OpenShift's image asks for a password of root's only where it makes no user.
    let makes_do = products::flavour(image) == Flavour::Sclorg
        && user.is_some()
        && password.is_some()
        && database.is_some();
    if root.is_none() && !empty_is_allowed && !random && !hashed && !makes_do {
        let error = DiscoverError::NoPassword {
            object: workload.to_string(),
            variable,
        };
        problems.push(Problem::new(error).at(place(), format!("this environment has no {variable}")));
        return None;
    }
    // Without both of them the image makes no user; without a database it makes one that may do nothing.
    if let (Some(user), Some(password), Some(database)) = (user, password, &database) {
        return Some(Login {
            authority: None,
            user,
            password,
            database: database.clone(),
        });
    }
    let unknown = match root {
        None if random => Some("the server's log (…_RANDOM_ROOT_PASSWORD)"),
        None if hashed => Some("a hash (MARIADB_ROOT_PASSWORD_HASH)"),
        _ => None,
    };
    if let Some(source_of_value) = unknown {
        let error = DiscoverError::UnknownSetting {
            object: workload.to_string(),
            variable: variable.to_owned(),
            source_of_value: source_of_value.to_owned(),
        };
        problems.push(Problem::new(error).at(place(), "this environment sets it"));
        return None;
    }
    Some(Login {
        authority: None,
        user: Setting::default_of("root"),
        password: root.unwrap_or_else(|| Setting::default_of("")),
        database: database.unwrap_or_else(|| Setting {
            from: "stateproof's own".to_owned(),
            ..Setting::default_of(LEDGER_DATABASE)
        }),
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
