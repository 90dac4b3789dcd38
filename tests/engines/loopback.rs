//! The way to a server that is published on the loopback address, whatever name it is called by.

use std::net::SocketAddr;

use async_trait::async_trait;
use stateproof::engine::{Address, Dialled, Link, Process, Reach, ReachError, Target};
use stateproof::workload::{Engine, EngineKind};
use tokio::net::TcpStream;

/// A published port.
pub struct Loopback(pub SocketAddr);

/// A connection of the host's own hangs on nothing.
struct Nothing;

#[async_trait]
impl Reach for Loopback {
    async fn dial(&self, _host: &str, _port: u16) -> Result<Dialled, ReachError> {
        let stream = TcpStream::connect(self.0)
            .await
            .map_err(|error| ReachError(error.into()))?;
        Ok(Dialled {
            stream: Box::new(stream),
            link: Box::new(Nothing),
        })
    }

    async fn exec(
        &self,
        _namespace: &str,
        _pod: &str,
        _container: &str,
        _argv: &[&str],
    ) -> Result<Process, ReachError> {
        Err(ReachError("a published port runs no commands".into()))
    }
}

#[async_trait]
impl Link for Nothing {
    async fn last_words(self: Box<Self>) -> String {
        String::new()
    }
}

/// A server of this kind, by a name that is not looked at.
pub fn target(kind: EngineKind, port: u16) -> Target {
    Target {
        engine: Engine {
            kind,
            product: String::new(),
            recognised_by: String::new(),
            container: String::new(),
            image: String::new(),
            port,
            data_directory: String::new(),
            tls: stateproof::workload::Tls::default(),
        },
        address: Address::Name {
            dns: "server".to_owned(),
            pod: None,
        },
    }
}
