//! A PostgreSQL server in a container, and the ways in.

use std::net::SocketAddr;

use anyhow::Result;
use stateproof::engine::postgres::Session;
use stateproof::engine::{Rows, Session as _, SessionError};
use stateproof::workload::{Credentials, EngineKind, Password};
use testcontainers::ImageExt;
use tokio_postgres::{Client, NoTls};

use super::container::{Container, Request, patiently, request, within};
use super::docker::POSTGRES;
use super::loopback::{Loopback, target};

/// The database that the container is told to make.
pub const DATABASE: &str = "orders";
/// The superuser that it is told to make.
pub const USER: &str = "keeper";
/// That user's password: one that a shell would stumble over.
pub const PASSWORD: &str = "it's $HOME \"sweet\" `home`";

/// A container whose server is up.
pub struct Server {
    /// What it runs in.
    pub container: Container,
}

/// Tells a container to make the database, the user and the password.
pub fn configured(request: Request) -> Request {
    request
        .with_env_var("POSTGRES_DB", DATABASE)
        .with_env_var("POSTGRES_USER", USER)
        .with_env_var("POSTGRES_PASSWORD", PASSWORD)
}

/// What logs in to a server that was started so.
pub fn credentials() -> Credentials {
    Credentials {
        user: USER.into(),
        password: Password::new(PASSWORD),
        database: DATABASE.into(),
        authority: None,
    }
}

/// Logs in without the adapter.
pub async fn log_in(container: &Container) -> Result<Client, LoginError> {
    let stream = container.dial().await.map_err(LoginError::Unreachable)?;
    let mut config = tokio_postgres::Config::new();
    config.user(USER).password(PASSWORD).dbname(DATABASE);
    let (client, connection) = within("a login", async { Ok(config.connect_raw(stream, NoTls).await) })
        .await
        .map_err(LoginError::Unreachable)?
        .map_err(LoginError::Driver)?;
    // Its error is not lost: whatever request is under way fails with it.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// Why the login without the adapter failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Nobody there.
    #[error("no connection: {0}")]
    Unreachable(anyhow::Error),
    /// The server refused, or something in between cut the line.
    #[error(transparent)]
    Driver(tokio_postgres::Error),
}

impl Server {
    /// Starts one, and waits until it is ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(configured(request(POSTGRES))).await
    }

    /// The same, from a request of one's own.
    pub async fn start_with(request: Request) -> Result<Self> {
        let container = Container::start(request).await?;
        container.ready().await?;
        Ok(Self { container })
    }

    /// Starts it again, and waits until it is ready.
    pub async fn start_again(&mut self) -> Result<()> {
        self.container.start_again().await?;
        self.container.ready().await
    }

    /// A session through the adapter.
    pub async fn session(&self) -> Result<Session> {
        open(&self.container).await
    }

    /// A session without the adapter.
    pub async fn client(&self) -> Result<Client> {
        Ok(log_in(&self.container).await?)
    }
}

/// Opens a session through the adapter.
pub async fn open(container: &Container) -> Result<Session> {
    Ok(open_at(container.address().await?, &credentials()).await?)
}

/// Opens a session with whoever is there.
pub async fn open_at(address: SocketAddr, credentials: &Credentials) -> Result<Session, SessionError> {
    patiently(async || attempt_at(address, credentials).await).await
}

/// The same, in one attempt.
pub async fn attempt_at(address: SocketAddr, credentials: &Credentials) -> Result<Session, SessionError> {
    let target = target(EngineKind::PostgreSql, address.port());
    Session::open(&Loopback(address), &target, credentials).await
}

/// Reads a ledger over a connection of its own.
pub async fn read(container: &Container, ledger: &str) -> Result<Rows> {
    let session = open(container).await?;
    within("a read", async { Ok(session.read(ledger).await?) }).await
}
