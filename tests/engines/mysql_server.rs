//! A MySQL server in a container, and the ways in.

use std::net::SocketAddr;

use anyhow::Result;
use mysql_async::{Conn, OptsBuilder};
use stateproof::engine::mysql::Session;
use stateproof::engine::{Rows, Session as _, SessionError};
use stateproof::workload::{Credentials, EngineKind, Password};
use testcontainers::ImageExt;

use super::container::{Container, Request, patiently, request, within};
use super::docker::MYSQL;
use super::loopback::{Loopback, target};

/// The database that the container is told to make: one that SQL would stumble over.
pub const DATABASE: &str = "or`ders";
/// The user that it is told to make.
pub const USER: &str = "keeper";
/// That user's password: one that a shell would stumble over.
pub const PASSWORD: &str = "it's $HOME \"sweet\" `home`";
/// Root's password: one that SQL, a URL and a printf would stumble over.
pub const ROOT: &str = "ro\\ot'%s@%2F/? ;--";

/// A container whose server is up.
pub struct Server {
    /// What it runs in.
    pub container: Container,
}

/// Tells a container to make the database, the user and the passwords.
pub fn configured(request: Request) -> Request {
    request
        .with_env_var("MYSQL_ROOT_PASSWORD", ROOT)
        .with_env_var("MYSQL_DATABASE", DATABASE)
        .with_env_var("MYSQL_USER", USER)
        .with_env_var("MYSQL_PASSWORD", PASSWORD)
}

/// What logs in as a user.
pub fn credentials(user: &str, password: &str, database: &str) -> Credentials {
    Credentials {
        user: user.into(),
        password: Password::new(password),
        database: database.into(),
        authority: None,
    }
}

/// What logs in to a server that was started so.
pub fn keeper() -> Credentials {
    credentials(USER, PASSWORD, DATABASE)
}

impl Server {
    /// Starts one, and waits until it is ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(configured(request(MYSQL))).await
    }

    /// The same, from a request of one's own.
    pub async fn start_with(request: Request) -> Result<Self> {
        let server = Self {
            container: Container::start(request).await?,
        };
        server.ready().await?;
        Ok(server)
    }

    /// Starts it again, and waits until it is ready.
    pub async fn start_again(&mut self) -> Result<()> {
        self.container.start_again().await?;
        self.ready().await
    }

    /// Waits for the server that listens on TCP: that of the first initialisation says `port: 0`.
    pub async fn ready(&self) -> Result<()> {
        ready(&self.container).await
    }

    /// A session through the adapter.
    pub async fn session(&self) -> Result<Session> {
        Ok(self.open(&keeper()).await?)
    }

    /// A session through the adapter, as somebody else.
    pub async fn open(&self, credentials: &Credentials) -> Result<Session, SessionError> {
        let address = self.container.address().await;
        let address = address.map_err(|error| SessionError::Server(error.to_string()))?;
        open_at(address, credentials).await
    }

    /// A connection without the adapter, as root.
    pub async fn root(&self) -> Result<Conn> {
        let address = self.container.address().await?;
        let options = OptsBuilder::default()
            .ip_or_hostname(address.ip().to_string())
            .tcp_port(address.port())
            .user(Some("root"))
            .pass(Some(ROOT))
            .db_name(Some(DATABASE))
            .prefer_socket(false);
        within("a login", async { Ok(Conn::new(options).await?) }).await
    }

    /// Reads a ledger over a connection of its own.
    pub async fn read(&self, ledger: &str) -> Result<Rows> {
        let session = self.session().await?;
        within("a read", async { Ok(session.read(ledger).await?) }).await
    }
}

/// Waits for the server that listens on TCP: that of the first initialisation says `port: 0`.
pub async fn ready(container: &Container) -> Result<()> {
    let is_ready =
        |line: &str| line.contains("ready for connections. Version") && line.contains("port: 3306");
    container.logs("a server that is ready", is_ready).await
}

/// Opens a session with whoever is there.
pub async fn open_at(address: SocketAddr, credentials: &Credentials) -> Result<Session, SessionError> {
    patiently(async || attempt_at(address, credentials).await).await
}

/// The same, in one attempt.
pub async fn attempt_at(address: SocketAddr, credentials: &Credentials) -> Result<Session, SessionError> {
    let target = target(EngineKind::MySql, address.port());
    Session::open(&Loopback(address), &target, credentials).await
}
