use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};

use super::SessionError;

/// The way to a server: through the cluster's own DNS and network, or straight to a container in a test.
#[async_trait]
pub trait Reach: Send + Sync {
    /// Opens a connection to a name.
    ///
    /// It may return before the connection is made: if it fails, the stream ends and [`Link::last_words`] says why.
    ///
    /// # Errors
    /// [`ReachError`] when the way itself is lost, which says nothing of the server.
    async fn dial(&self, host: &str, port: u16) -> Result<Dialled, ReachError>;

    /// Begins a command in a container, with its standard input and output as one stream.
    ///
    /// # Errors
    /// [`ReachError`] when the API server does not let it.
    async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        argv: &[&str],
    ) -> Result<Process, ReachError>;
}

/// A byte stream both ways.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection that was dialled, and what it hangs on.
pub struct Dialled {
    /// The connection.
    pub stream: Box<dyn Stream>,
    /// What it hangs on: it ends when this is dropped.
    pub link: Box<dyn Link>,
}

/// A command that runs in a container: its standard input and output, and what it hangs on.
pub type Process = Dialled;

/// What a connection hangs on.
#[async_trait]
pub trait Link: Send + Sync {
    /// What was said when the connection ended, for example `nc: bad address 'postgres-0…'`; empty when nothing was.
    async fn last_words(self: Box<Self>) -> String;
}

/// What `nc` knows of a connection that was never made, where it says anything: more than whoever spoke over it.
pub(super) async fn explain(link: Box<dyn Link>, error: SessionError) -> SessionError {
    let words = link.last_words().await;
    if words.is_empty() {
        error
    } else {
        SessionError::Unconnected(words)
    }
}

/// A way on which every name leads to one address: a pod's, which no name leads to yet, or one of those that a name leads
/// to. What is said to the server, and what its certificate is checked against, stays the name.
#[must_use]
pub fn straight_to(address: String, way: Arc<dyn Reach>) -> Arc<dyn Reach> {
    Arc::new(Straight { address, way })
}

struct Straight {
    address: String,
    way: Arc<dyn Reach>,
}

#[async_trait]
impl Reach for Straight {
    async fn dial(&self, _host: &str, port: u16) -> Result<Dialled, ReachError> {
        self.way.dial(&self.address, port).await
    }

    async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        argv: &[&str],
    ) -> Result<Process, ReachError> {
        self.way.exec(namespace, pod, container, argv).await
    }
}

/// The way to the servers was lost: no word about the servers themselves.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct ReachError(#[from] pub Box<dyn std::error::Error + Send + Sync>);
