use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fast_socks5::server::{Config, SimpleUserPassword, Socks5Socket};
use fast_socks5::util::target_addr::TargetAddr;
use mongodb::bson::Uuid;
use mongodb::options::Socks5Proxy;
use tokio::io::{AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::engine::{Dialled, Reach, ReachError, SessionError};

/// How long a client may take to say where it wants to go.
const REQUEST_DEADLINE: Duration = Duration::from_secs(5);

/// "Succeeded, bound to 0.0.0.0:0" and "general failure" (RFC 1928, section 6).
const SUCCEEDED: [u8; 10] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
const FAILED: [u8; 10] = [5, 1, 0, 1, 0, 0, 0, 0, 0, 0];

/// A SOCKS5 proxy on the loopback address through which a driver reaches the servers: whatever it connects to is dialled
/// through a [`Reach`], names unresolved. It ends, with every connection, when this is dropped.
///
/// User and password are random, and every client has to give them: without, it would be a way into the cluster for
/// every user of this machine.
pub struct Proxy {
    options: Socks5Proxy,
    trouble: Arc<Mutex<Trouble>>,
    accepting: AbortHandle,
}

/// What the ways said when they failed.
#[derive(Default)]
struct Trouble {
    lost: Option<ReachError>,
    last_words: Option<String>,
}

type Auth = Config<SimpleUserPassword>;

impl Proxy {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`SessionError::Server`] when no port can be had.
    pub async fn start(reach: &Arc<dyn Reach>) -> Result<Self, SessionError> {
        let no_port = |error| SessionError::Server(format!("no loopback port for the SOCKS5 proxy: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(no_port)?;
        let port = listener.local_addr().map_err(no_port)?.port();
        let (username, password) = (Uuid::new().to_string(), Uuid::new().to_string());
        let options = Socks5Proxy::builder()
            .host(Ipv4Addr::LOCALHOST.to_string())
            .port(port)
            .authentication((username.clone(), password.clone()))
            .build();
        let mut auth = Auth::default().with_authentication(SimpleUserPassword { username, password });
        // The name goes to the vantage as it is, and so does the connection.
        auth.set_dns_resolve(false).set_execute_command(false);
        let trouble = Arc::new(Mutex::new(Trouble::default()));
        let accepting = tokio::spawn(accept(listener, Arc::new(auth), reach.clone(), trouble.clone()));
        Ok(Self {
            options,
            trouble,
            accepting: accepting.abort_handle(),
        })
    }

    /// How a driver is told to use it.
    pub fn options(&self) -> Socks5Proxy {
        self.options.clone()
    }

    /// Why a connection failed, where the way there knows more than the driver: the way itself was lost, or `nc` said
    /// why it could not connect.
    pub fn explain(&self, error: SessionError) -> SessionError {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lost) = trouble.lost.take() {
            return SessionError::Reach(lost);
        }
        match trouble.last_words.take() {
            Some(words) => SessionError::Server(words),
            None => error,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, auth: Arc<Auth>, reach: Arc<dyn Reach>, trouble: Arc<Mutex<Trouble>>) {
    // Its tasks end with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                connections.spawn(serve(client, auth.clone(), reach.clone(), trouble.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one client: whoever does not say the right password, or asks for anything but a connection, is turned away.
async fn serve(client: TcpStream, auth: Arc<Auth>, reach: Arc<dyn Reach>, trouble: Arc<Mutex<Trouble>>) {
    let asking = Socks5Socket::new(client, auth).upgrade_to_socks5();
    let Ok(Ok(socket)) = tokio::time::timeout(REQUEST_DEADLINE, asking).await else {
        return;
    };
    // An address only where a replica set's configuration has one: the driver goes where the set sends it.
    let (host, port) = match socket.target_addr() {
        Some(TargetAddr::Domain(host, port)) => (host.clone(), *port),
        Some(TargetAddr::Ip(address)) => (address.ip().to_string(), address.port()),
        None => return,
    };
    let mut client = socket.into_inner();
    let dialled = reach.dial(&host, port).await;
    let Dialled { stream, link } = match dialled {
        Ok(dialled) => dialled,
        Err(lost) => {
            trouble.lock().unwrap_or_else(PoisonError::into_inner).lost = Some(lost);
            // Its client finds the stream closed if not even this arrives.
            drop(client.write_all(&FAILED).await);
            return;
        }
    };
    if client.write_all(&SUCCEEDED).await.is_err() {
        return;
    }
    splice(client, stream).await;
    let words = link.last_words().await;
    if !words.is_empty() {
        trouble.lock().unwrap_or_else(PoisonError::into_inner).last_words = Some(words);
    }
}

/// Until either side ends: neither the protocol nor `nc` knows half-closed connections.
async fn splice(client: TcpStream, server: Box<dyn crate::engine::Stream>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = split(server);
    // `copy` flushes whenever there is nothing more to read.
    tokio::select! {
        _ = copy(&mut from_client, &mut to_server) => {}
        _ = copy(&mut from_server, &mut to_client) => {}
    }
}
