//! What the official MongoDB image promises (<https://github.com/docker-library/docs/tree/master/mongo>), and what
//! `mongod` is told on its command line.

use k8s_openapi::api::core::v1::Container;

use super::environment::{Environment, Variable};
use super::{Credentials, DiscoverError, Engine, EngineKind, Password, Replication};
use crate::manifest::{Manifest, Problem};

const PORT: u16 = 27017;

/// Where the server keeps its data unless it is told otherwise, and a volume that the image declares.
pub(super) const DATA_DIRECTORY: &str = "/data/db";

/// The database of the ledger where the manifest names none.
const DATABASE: &str = "stateproof";

/// The engine in a container that runs this image.
pub(super) fn engine(container: &Container, environment: &Environment) -> Engine {
    let line = CommandLine::of(container, environment);
    Engine {
        kind: EngineKind::MongoDb,
        container: container.name.clone(),
        image: container.image.clone().unwrap_or_default(),
        port: line
            .option(&["--port"])
            .and_then(|port| port.parse().ok())
            .unwrap_or(PORT),
        data_directory: line.option(&["--dbpath"]).unwrap_or(DATA_DIRECTORY).to_owned(),
    }
}

/// The replica set that the server is told to be a member of.
pub(super) fn replication(container: &Container, environment: &Environment) -> Option<Replication> {
    let line = CommandLine::of(container, environment);
    // Of `NAME/SEED,…` only the name counts any more.
    let name = line.option(&["--replSet"])?.split('/').next()?.to_owned();
    Some(Replication::ReplicaSet { name })
}

/// What a reader should know of how the server is started.
pub(super) fn note(container: &Container, environment: &Environment) -> Option<String> {
    let line = CommandLine::of(container, environment);
    let file = line.option(&["--config", "-f"])?;
    Some(format!(
        "the server reads its configuration from {file}, which stateproof does not: what is set there and not on the \
         command line (a replica set, a port, a data directory) is not known"
    ))
}

/// How to log in, as the image initialises the database; an empty user where it makes none.
pub(super) fn credentials(
    environment: &Environment,
    pointer: &str,
    workload: &Manifest,
    problems: &mut Vec<Problem>,
) -> Option<Credentials> {
    let known = problems.len();
    let mut setting = |variable: &str| {
        let source = match environment.get(variable) {
            Some(Variable::Known(value)) => return Some(value.clone()),
            Some(Variable::AtRuntime(source)) => source,
            None if environment.get(&format!("{variable}_FILE")).is_some() => "a file (…_FILE)",
            // What is missing is a problem already.
            Some(Variable::Missing) | None => return None,
        };
        let error = DiscoverError::UnknownSetting {
            object: workload.to_string(),
            variable: variable.to_owned(),
            source_of_value: source,
        };
        let place = workload.locate(&format!("{pointer}/env"));
        problems.push(Problem::new(error).at(place, "this environment sets it"));
        None
    };
    let user = setting("MONGO_INITDB_ROOT_USERNAME");
    let password = setting("MONGO_INITDB_ROOT_PASSWORD");
    let database = setting("MONGO_INITDB_DATABASE");
    // The image makes a user only where it is given both.
    let (user, password) = user.zip(password).unwrap_or_default();
    (problems.len() == known && !environment.incomplete).then(|| Credentials {
        user,
        password: Password::new(password),
        database: database.unwrap_or_else(|| DATABASE.to_owned()),
    })
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
