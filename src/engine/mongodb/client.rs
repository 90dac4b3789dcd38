use std::sync::Arc;
use std::time::Duration;

use mongodb::Client;
use mongodb::options::{ClientOptions, Credential, ServerAddress, ServerMonitoringMode};

use super::proxy::Proxy;
use crate::engine::{Reach, SessionError};
use crate::workload::Credentials;

/// How long a connection may take: a tunnel, a handshake and SCRAM, each some 0.1 s on a server under a CPU limit.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// Connections at once to one server: each is a tunnel of its own.
const POOL: u32 = 2;

/// Where the role of the user is kept whom the image makes, and the commands of an administrator go.
pub const ADMIN: &str = "admin";

/// A driver's client, and the proxy that it lives by.
pub struct Tunnelled {
    pub driver: Client,
    pub proxy: Proxy,
}

/// The servers that a client is for.
pub enum Place<'a> {
    /// One, whatever its role.
    One(&'a str),
    /// The PRIMARY of a set.
    Set { name: &'a str, members: &'a [String] },
}

/// Makes a client. Nothing is connected yet.
pub async fn client(
    reach: &Arc<dyn Reach>,
    place: Place<'_>,
    port: u16,
    credentials: &Credentials,
) -> Result<Tunnelled, SessionError> {
    let proxy = Proxy::start(reach).await?;
    let address = |host: &str| ServerAddress::Tcp {
        host: host.to_owned(),
        port: Some(port),
    };
    let mut options = ClientOptions::builder()
        .app_name("stateproof".to_owned())
        .socks5_proxy(proxy.options())
        .connect_timeout(CONNECT_DEADLINE)
        .server_selection_timeout(CONNECT_DEADLINE)
        // A retry would be made in secret.
        .retry_writes(false)
        .retry_reads(false)
        // Streaming takes a connection more for each server: a tunnel more.
        .server_monitoring_mode(ServerMonitoringMode::Poll)
        .max_pool_size(POOL)
        .build();
    match place {
        Place::One(host) => {
            options.hosts = vec![address(host)];
            options.direct_connection = Some(true);
        }
        Place::Set { name, members } => {
            options.hosts = members.iter().map(|host| address(host)).collect();
            options.repl_set_name = Some(name.to_owned());
        }
    }
    if !credentials.user.is_empty() {
        options.credential = Some(
            Credential::builder()
                .username(credentials.user.clone())
                .password(credentials.password.reveal().to_owned())
                .source(ADMIN.to_owned())
                .build(),
        );
    }
    let driver = Client::with_options(options)?;
    Ok(Tunnelled { driver, proxy })
}

impl From<mongodb::error::Error> for SessionError {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Server(super::fate::describe(&error))
    }
}
