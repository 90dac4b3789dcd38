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
            Some(words) => SessionError::Unconnected(words),
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

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use fast_socks5::client::{Config as ClientConfig, Socks5Stream};
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::engine::{Link, Process};

    /// Whatever is dialled, it is this echo on the loopback address.
    struct Echo(u16);

    struct Words(&'static str);

    #[async_trait]
    impl Reach for Echo {
        async fn dial(&self, host: &str, _port: u16) -> Result<Dialled, ReachError> {
            if host == "lost" {
                return Err(ReachError("the vantage is gone".into()));
            }
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.0)).await;
            let stream = stream.map_err(|error| ReachError(error.into()))?;
            Ok(Dialled {
                stream: Box::new(stream),
                link: Box::new(Words(if host == "nobody" {
                    "nc: bad address 'nobody'"
                } else {
                    ""
                })),
            })
        }

        async fn exec(&self, _: &str, _: &str, _: &str, _: &[&str]) -> Result<Process, ReachError> {
            Err(ReachError("an echo runs no commands".into()))
        }
    }

    #[async_trait]
    impl Link for Words {
        async fn last_words(self: Box<Self>) -> String {
            self.0.to_owned()
        }
    }

    async fn proxy() -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = client.split();
                    drop(copy(&mut from, &mut to).await);
                });
            }
        });
        let reach: Arc<dyn Reach> = Arc::new(Echo(port));
        Proxy::start(&reach).await.unwrap()
    }

    fn address(proxy: &Proxy) -> String {
        let options = proxy.options();
        format!("{}:{}", options.host, options.port.unwrap())
    }

    async fn through(
        proxy: &Proxy,
        host: &str,
        password: &str,
    ) -> fast_socks5::Result<Socks5Stream<TcpStream>> {
        let (user, _) = proxy.options().authentication.unwrap();
        let (host, password) = (host.to_owned(), password.to_owned());
        let config = ClientConfig::default();
        Socks5Stream::connect_with_password(address(proxy), host, 27017, user, password, config).await
    }

    fn password(proxy: &Proxy) -> String {
        proxy.options().authentication.unwrap().1
    }

    #[tokio::test]
    async fn who_knows_the_password_gets_through_by_name() {
        let proxy = proxy().await;
        let mut stream = through(&proxy, "mongodb-0.mongodb", &password(&proxy))
            .await
            .unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");
    }

    #[tokio::test]
    async fn who_does_not_is_turned_away() {
        let proxy = proxy().await;
        assert!(through(&proxy, "mongodb-0", "guessed").await.is_err());
        let without = Socks5Stream::connect(
            address(&proxy),
            "mongodb-0".to_owned(),
            27017,
            ClientConfig::default(),
        );
        assert!(without.await.is_err());
        // Neither did any harm to those who come after them.
        assert!(through(&proxy, "mongodb-0", &password(&proxy)).await.is_ok());
    }

    #[tokio::test]
    async fn two_proxies_have_different_passwords() {
        assert_ne!(password(&proxy().await), password(&proxy().await));
    }

    #[tokio::test]
    async fn nobody_gets_through_once_it_is_dropped() {
        let proxy = proxy().await;
        let (there, password) = (address(&proxy), password(&proxy));
        let mut open = through(&proxy, "mongodb-0", &password).await.unwrap();
        drop(proxy);
        // The open connection ends, and there is nobody to ask for another.
        assert_eq!(open.read(&mut [0]).await.unwrap_or(0), 0);
        assert!(TcpStream::connect(there).await.is_err());
    }

    #[tokio::test]
    async fn the_loss_of_the_way_is_told_from_the_loss_of_the_server() {
        let proxy = proxy().await;
        assert!(through(&proxy, "lost", &password(&proxy)).await.is_err());
        let silence = || SessionError::Server("no answer".to_owned());
        assert!(matches!(proxy.explain(silence()), SessionError::Reach(_)));
        assert_eq!(proxy.explain(silence()).to_string(), "no answer");
    }
}
