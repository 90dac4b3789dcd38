use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{copy, split};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::Stream;

/// A port on the loopback address in front of a stream, for a driver that wants to dial.
///
/// It accepts one connection and no other: an open port would hand the server to every local user. Over a Unix socket
/// a driver would think the transport safe, and send the password in a form that a server refuses over TCP.
pub(super) struct Line {
    address: SocketAddr,
    ended: CancellationToken,
    /// The line ends when this is dropped.
    _splice: AbortOnDropHandle<()>,
}

impl Line {
    /// Opens the port.
    pub async fn before(stream: Box<dyn Stream>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        let splice = tokio::spawn(async move {
            let _end = end;
            // Its errors are not lost: the driver's own connection ends with it.
            drop(splice(listener, stream).await);
        });
        Ok(Self {
            address,
            ended,
            _splice: AbortOnDropHandle::new(splice),
        })
    }

    /// Where to dial.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cancelled when either side has ended.
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }
}

async fn splice(listener: TcpListener, far: Box<dyn Stream>) -> io::Result<()> {
    let (near, _) = listener.accept().await?;
    drop(listener);
    near.set_nodelay(true)?;
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = split(far);
    // When one side has ended the other one is of no use.
    tokio::select! {
        copied = copy(&mut from_near, &mut to_far) => copied?,
        copied = copy(&mut from_far, &mut to_near) => copied?,
    };
    Ok(())
}
