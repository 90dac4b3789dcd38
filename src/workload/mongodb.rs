//! What the official MongoDB image promises (<https://github.com/docker-library/docs/tree/master/mongo>), and what
//! `mongod` is told on its command line.

use k8s_openapi::api::core::v1::Container;
use serde_json::Value;

use super::declaration::Declaration;
use super::environment::{Environment, Setting, Variable};
use super::login::Login;
use super::products::{self, Flavour};
use super::{Engine, EngineKind, Replication, Tls};
use crate::manifest::{Manifest, Problem, Settings};

const PORT: u16 = 27017;

/// Where the server keeps its data unless it is told otherwise, and a volume that the image declares.
const DATA_DIRECTORY: &str = "/data/db";

/// The database of the ledger where the manifest names none.
const DATABASE: &str = "stateproof";

/// The engine in a container that runs this image.
pub(super) fn engine(container: &Container, environment: &Environment) -> Engine {
    let told = Told::of(container, environment);
    let port = told
        .option("--port", "/net/port")
        .or_else(|| environment.known("MONGODB_PORT_NUMBER").map(str::to_owned));
    Engine {
        kind: EngineKind::MongoDb,
        product: String::new(),
        recognised_by: String::new(),
        tls: told.tls(),
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        port: port.and_then(|port| port.parse().ok()).unwrap_or(PORT),
        data_directory: told
            .option("--dbpath", "/storage/dbPath")
            .unwrap_or_else(|| directory(container).to_owned()),
    }
}

/// The replica set that the server is told to be a member of.
pub(super) fn replication(container: &Container, environment: &Environment) -> Option<Replication> {
    let told = Told::of(container, environment);
    // Bitnami's image writes it into the server's configuration.
    let named = told.option("--replSet", "/replication/replSetName").or_else(|| {
        let mode = environment.get("MONGODB_REPLICA_SET_MODE").is_some();
        environment
            .known("MONGODB_REPLICA_SET_NAME")
            .filter(|_| mode)
            .map(str::to_owned)
    });
    // Of `NAME/SEED,…` only the name counts any more.
    let name = named?.split('/').next()?.to_owned();
    Some(Replication::ReplicaSet { name })
}

/// What a reader should know of how the server is started.
pub(super) fn note(container: &Container, environment: &Environment) -> Option<String> {
    let told = Told::of(container, environment);
    let file = told.line.option(CONFIGURATION).filter(|_| told.file.is_null())?;
    Some(format!(
        "the server reads its configuration from {file}, which is in no ConfigMap or Secret of the set, or is no YAML: \
         what is set there and not on the command line (a replica set, a port, a data directory) is not known"
    ))
}

/// The directory that the image declares as a volume of its own.
pub(super) fn image_volume(image: &str) -> &'static str {
    match products::flavour(image) {
        Flavour::Bitnami => "/bitnami/mongodb",
        Flavour::Sclorg => "",
        Flavour::Official | Flavour::Spilo => DATA_DIRECTORY,
    }
}

fn directory(container: &Container) -> &'static str {
    match products::flavour(container.image.as_deref().unwrap_or_default()) {
        Flavour::Bitnami => "/bitnami/mongodb/data/db",
        Flavour::Sclorg => "/var/lib/mongodb/data",
        Flavour::Official | Flavour::Spilo => DATA_DIRECTORY,
    }
}

/// How to log in, as the image initialises the database; an empty user where it makes none.
pub(super) fn login(
    environment: &Environment,
    image: &str,
    pointer: &str,
    workload: &Manifest,
    declared: &Declaration,
    problems: &mut Vec<Problem>,
) -> Option<Login> {
    let flavour = products::flavour(image);
    let is_official = matches!(flavour, Flavour::Official | Flavour::Spilo);
    let (users, passwords, databases): (&[&str], &[&str], &[&str]) = if is_official {
        // The second is that of the image by MongoDB itself.
        (
            &["MONGO_INITDB_ROOT_USERNAME", "MONGODB_INITDB_ROOT_USERNAME"],
            &["MONGO_INITDB_ROOT_PASSWORD", "MONGODB_INITDB_ROOT_PASSWORD"],
            &["MONGO_INITDB_DATABASE", "MONGODB_INITDB_DATABASE"],
        )
    } else {
        (
            &["MONGODB_ROOT_USER"],
            &["MONGODB_ROOT_PASSWORD", "MONGODB_ADMIN_PASSWORD"],
            &["MONGODB_DATABASE"],
        )
    };
    // The administrator that the image makes where it is given a password only.
    let default_user = match flavour {
        Flavour::Bitnami => Some("root"),
        Flavour::Sclorg => Some("admin"),
        Flavour::Official | Flavour::Spilo => None,
    };
    let mut setting = |names| environment.setting(names, pointer, workload, problems);
    let user = declared.user_or(|| setting(users));
    let password = declared.password_or(|| setting(passwords));
    let database = declared.database_or(|| setting(databases));
    let (user, password, database) = (user.ok()?, password.ok()?, database.ok()?);
    let user = user.or_else(|| default_user.map(Setting::default_of));
    // The image makes a user only where it is given both.
    let (user, password) = user
        .zip(password)
        .unwrap_or_else(|| (Setting::default_of(""), Setting::default_of("")));
    Some(Login {
        authority: None,
        user,
        password,
        database: database.unwrap_or_else(|| Setting {
            from: "stateproof's own".to_owned(),
            ..Setting::default_of(DATABASE)
        }),
    })
}

/// How a configuration file is named on the command line.
const CONFIGURATION: &[&str] = &["--config", "-f"];

/// What the server is told: on its command line, which comes first, and in its configuration file (MongoDB's manual,
/// "Configuration File Options").
struct Told {
    line: CommandLine,
    /// Nothing where there is no such file, or it cannot be read.
    file: Value,
}

impl Told {
    fn of(container: &Container, environment: &Environment) -> Self {
        let line = CommandLine::of(container, environment);
        let text = line.option(CONFIGURATION).and_then(|path| environment.file(path));
        let settings = text.and_then(|text| Settings::from_str("mongod.conf", text).ok());
        Self {
            line,
            file: settings.map_or(Value::Null, |settings| settings.json().clone()),
        }
    }

    /// An option by its name on the command line, or by its JSON pointer in the file.
    fn option(&self, name: &str, pointer: &str) -> Option<String> {
        let in_file = || match self.file.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        self.line.option(&[name]).map(str::to_owned).or_else(in_file)
    }

    /// A server that takes plain text as well (`allowTLS`, `preferTLS`) is spoken to in it.
    fn tls(&self) -> Tls {
        let mode = self
            .option("--tlsMode", "/net/tls/mode")
            .or_else(|| self.option("--sslMode", "/net/ssl/mode"));
        match mode.as_deref() {
            Some("requireTLS" | "requireSSL") => Tls::Require,
            _ => Tls::Prefer,
        }
    }
}

/// What the server is told on its command line, word by word.
struct CommandLine(Vec<String>);

impl CommandLine {
    /// Also within a shell's `-c`: its words are those between spaces. `$(NAME)` stands for a variable, as the kubelet
    /// has it.
    fn of(container: &Container, environment: &Environment) -> Self {
        let written = container
            .command
            .iter()
            .flatten()
            .chain(container.args.iter().flatten());
        let expanded = written.map(|text| match environment.expand(text) {
            Variable::Known(text) => text,
            Variable::AtRuntime(_) | Variable::Missing => text.clone(),
        });
        let words = expanded.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        Self(words.collect())
    }

    /// The value of an option, written `--name value` or `--name=value`.
    fn option(&self, names: &[&str]) -> Option<&str> {
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            let value = match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => Some(value),
                None if names.contains(&word.as_str()) => words.next().map(String::as_str),
                _ => None,
            };
            let unquoted = value.map(|value| value.trim_matches(['"', '\'']));
            if let Some(value) = unquoted.filter(|value| !value.is_empty()) {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(words: &[&str], name: &str) -> Option<String> {
        let line = CommandLine(words.iter().map(|word| (*word).to_owned()).collect());
        line.option(&[name]).map(str::to_owned)
    }

    #[test]
    fn a_server_that_wants_tls_gets_it() {
        let tls = |words: &[&str]| {
            let line = CommandLine(words.iter().map(|word| (*word).to_owned()).collect());
            let file = serde_json::json!({ "net": { "ssl": { "mode": "requireSSL" } } });
            let told = |file| Told {
                line: CommandLine(line.0.clone()),
                file,
            };
            (told(Value::Null).tls(), told(file).tls())
        };
        assert_eq!(tls(&["mongod", "--tlsMode", "requireTLS"]).0, Tls::Require);
        assert_eq!(tls(&["mongod"]), (Tls::Prefer, Tls::Require));
        assert_eq!(tls(&["mongod", "--tlsMode=preferTLS"]).1, Tls::Prefer);
    }

    #[test]
    fn an_option_is_found_however_it_is_written() {
        assert_eq!(
            option(&["mongod", "--replSet", "rs0"], "--replSet").as_deref(),
            Some("rs0")
        );
        assert_eq!(
            option(&["mongod", "--replSet=rs0"], "--replSet").as_deref(),
            Some("rs0")
        );
        assert_eq!(
            option(&["mongod", "--replSet", "\"rs0\""], "--replSet").as_deref(),
            Some("rs0")
        );
        assert_eq!(option(&["mongod", "--bind_ip_all"], "--replSet"), None);
        assert_eq!(option(&["mongod", "--replSet"], "--replSet"), None);
    }
}
