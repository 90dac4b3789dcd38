//! A MongoDB server in a container, and the ways in.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use stateproof::engine::mongodb::{Connection, Hello, Server, Session};
use stateproof::engine::{Address, Dialled, Process, Reach, ReachError, SessionError, Target};
use stateproof::workload::{Credentials, EngineKind, Password};
use testcontainers::{GenericImage, ImageExt};

use super::container::{Container, DEADLINE, Request, patiently, published, within};
use super::docker::docker;
use super::loopback::{Loopback, target};

/// The port that MongoDB listens on.
pub const PORT: u16 = 27017;

const PAUSE: Duration = Duration::from_millis(250);

/// Servers by the names that they are called by.
#[derive(Default)]
pub struct Names(BTreeMap<String, SocketAddr>);

#[async_trait]
impl Reach for Names {
    async fn dial(&self, host: &str, port: u16) -> Result<Dialled, ReachError> {
        match self.0.get(host) {
            Some(address) => Loopback(*address).dial(host, port).await,
            None => Err(ReachError(format!("no server is called {host}").into())),
        }
    }

    async fn exec(&self, _: &str, _: &str, _: &str, _: &[&str]) -> Result<Process, ReachError> {
        Err(ReachError("a published port runs no commands".into()))
    }
}

/// A container with the server in it.
pub struct Mongo {
    /// The container.
    pub container: Container,
    /// How to log in.
    pub credentials: Credentials,
}

/// How to log in where nobody has to.
pub fn nobody() -> Credentials {
    Credentials {
        user: String::new(),
        password: Password::new(""),
        database: "orders".to_owned(),
        authority: None,
    }
}

/// How to log in as the user that the image makes.
pub fn keeper(password: &str) -> Credentials {
    Credentials {
        user: "keeper".to_owned(),
        password: Password::new(password),
        database: "orders".to_owned(),
        authority: None,
    }
}

/// A request for a container of the image.
pub async fn request() -> Result<Request> {
    docker()
        .await?
        .inspect_image("mongo:4.4")
        .await
        .context("these tests need Docker with the image mongo:4.4 in it: run scripts/setup")?;
    Ok(published(GenericImage::new("mongo", "4.4").into(), PORT))
}

/// Tells a container to make this user first.
fn of_user(request: Request, credentials: &Credentials) -> Request {
    request
        .with_env_var("MONGO_INITDB_ROOT_USERNAME", &credentials.user)
        .with_env_var("MONGO_INITDB_ROOT_PASSWORD", credentials.password.reveal())
}

impl Mongo {
    /// Starts one without a user, and waits until it answers.
    pub async fn start() -> Result<Self> {
        Self::start_with(request().await?, nobody()).await
    }

    /// Starts one that makes this user first.
    pub async fn start_for(credentials: Credentials) -> Result<Self> {
        Self::start_with(of_user(request().await?, &credentials), credentials).await
    }

    async fn start_with(request: Request, credentials: Credentials) -> Result<Self> {
        let container = Container::start(request).await?;
        let mongo = Self {
            container,
            credentials,
        };
        mongo.answers().await?;
        Ok(mongo)
    }

    /// Waits until it answers with its user.
    pub async fn answers(&self) -> Result<()> {
        let end = Instant::now() + DEADLINE;
        while let Err(error) = self.attempt(&self.credentials).await {
            ensure!(
                Instant::now() < end,
                "no session: {error}\n{}",
                self.container.log().await?
            );
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// A session.
    pub async fn open(&self) -> Result<Session, SessionError> {
        self.open_as(&self.credentials).await
    }

    /// A session as somebody else.
    pub async fn open_as(&self, credentials: &Credentials) -> Result<Session, SessionError> {
        patiently(async || self.attempt(credentials).await).await
    }

    /// The same, in one attempt.
    pub async fn attempt(&self, credentials: &Credentials) -> Result<Session, SessionError> {
        let reach = self
            .reach()
            .await
            .map_err(|error| SessionError::Server(error.to_string()))?;
        Session::open(&reach, &target(EngineKind::MongoDb, PORT), credentials).await
    }

    /// The way there.
    pub async fn reach(&self) -> Result<Arc<dyn Reach>> {
        Ok(Arc::new(Loopback(self.container.published(PORT).await?)))
    }
}

/// A replica set of containers in a network of its own.
pub struct Set {
    /// Its members, by the names that they have in the network.
    pub members: Vec<(String, Mongo)>,
    reach: Arc<dyn Reach>,
    credentials: Credentials,
}

impl Set {
    /// Starts as many servers that have heard of no configuration yet.
    pub async fn start(name: &str, count: usize) -> Result<Self> {
        let mut requests = Vec::new();
        for _ in 0..count {
            requests.push(request().await?.with_cmd(["--replSet", "rs0", "--bind_ip_all"]));
        }
        Self::start_with(name, requests, nobody()).await
    }

    /// The same with a user in each of them, who know each other by these keys.
    pub async fn start_with_keys(name: &str, keys: &[&str], credentials: Credentials) -> Result<Self> {
        let mut requests = Vec::new();
        for key in keys {
            // The server wants its key to be its own and nobody else's.
            let script = format!("(umask 077 && echo {key} >/data/configdb/key)\n");
            let keyed = of_user(request().await?, &credentials)
                .with_copy_to("/docker-entrypoint-initdb.d/key.sh", script.into_bytes())
                .with_cmd([
                    "--replSet",
                    "rs0",
                    "--keyFile",
                    "/data/configdb/key",
                    "--bind_ip_all",
                ]);
            requests.push(keyed);
        }
        Self::start_with(name, requests, credentials).await
    }

    async fn start_with(name: &str, requests: Vec<Request>, credentials: Credentials) -> Result<Self> {
        let network = format!("stateproof-{name}-{}", std::process::id());
        let mut members = Vec::new();
        let mut names = Names::default();
        for request in requests {
            let mongo = Mongo::start_with(request.with_network(&network), credentials.clone()).await?;
            let called = mongo.container.name().to_owned();
            names
                .0
                .insert(called.clone(), mongo.container.published(PORT).await?);
            members.push((called, mongo));
        }
        Ok(Self {
            members,
            reach: Arc::new(names),
            credentials,
        })
    }

    /// A member's name and port, as they stand in a configuration.
    pub fn hosts(&self) -> Vec<String> {
        self.members
            .iter()
            .map(|(name, _)| format!("{name}:{PORT}"))
            .collect()
    }

    /// A member as its administrator sees it.
    pub async fn server(&self, ordinal: usize) -> Result<Server, SessionError> {
        self.server_as(ordinal, &self.credentials).await
    }

    /// The same as somebody else.
    pub async fn server_as(&self, ordinal: usize, credentials: &Credentials) -> Result<Server, SessionError> {
        let name = &self.members[ordinal].0;
        patiently(async || Server::new(&self.reach, name, PORT, credentials).await).await
    }

    /// A bare connection to a member.
    pub async fn connection(&self, ordinal: usize) -> Result<Connection, SessionError> {
        let name = &self.members[ordinal].0;
        patiently(async || Connection::open(&self.reach, name, PORT).await).await
    }

    /// A session with one member.
    pub async fn member(&self, ordinal: usize) -> Result<Session, SessionError> {
        let mut target = target(EngineKind::MongoDb, PORT);
        target.address = Address::Name {
            dns: self.members[ordinal].0.clone(),
            pod: None,
        };
        patiently(async || Session::open(&self.reach, &target, &self.credentials).await).await
    }

    /// A session with the set.
    pub async fn session(&self) -> Result<Session, SessionError> {
        patiently(async || self.attempt().await).await
    }

    /// The same, in one attempt.
    pub async fn attempt(&self) -> Result<Session, SessionError> {
        let target = Target {
            address: Address::ReplicaSet {
                set: "rs0".to_owned(),
                members: self.members.iter().map(|(name, _)| name.clone()).collect(),
            },
            ..target(EngineKind::MongoDb, PORT)
        };
        Session::open(&self.reach, &target, &self.credentials).await
    }

    /// Waits, by `hello`, until a member says what is wanted of it.
    pub async fn until(&self, ordinal: usize, wanted: impl Fn(&Hello) -> bool) -> Result<Hello> {
        let mut connection = self.connection(ordinal).await?;
        within("a member's role", async {
            let mut hello = connection.hello(None).await?;
            while !wanted(&hello) {
                hello = connection.hello(hello.topology.as_ref()).await?;
            }
            Ok(hello)
        })
        .await
    }

    /// Initiates it, and waits until it has a PRIMARY and otherwise SECONDARY members; gives the PRIMARY.
    pub async fn initiated(name: &str, count: usize) -> Result<(Self, usize)> {
        let set = Self::start(name, count).await?;
        set.server(0).await?.initiate("rs0", &set.hosts()).await?;
        let primary = set.settled().await?;
        Ok((set, primary))
    }

    /// Waits until there is one PRIMARY and otherwise SECONDARY members, and gives the PRIMARY.
    pub async fn settled(&self) -> Result<usize> {
        within("one PRIMARY and otherwise SECONDARY members", async {
            loop {
                let mut roles = Vec::new();
                for ordinal in 0..self.members.len() {
                    roles.push(self.until(ordinal, |hello| hello.role.is_some()).await?.role);
                }
                let mut primaries = (0..roles.len()).filter(|ordinal| roles[*ordinal] == Some("PRIMARY"));
                if let (Some(primary), None) = (primaries.next(), primaries.next()) {
                    return Ok(primary);
                }
                tokio::time::sleep(PAUSE).await;
            }
        })
        .await
    }
}
