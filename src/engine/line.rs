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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::net::TcpStream;

    use super::*;

    /// A line, and what the server has of it.
    async fn line() -> (Line, DuplexStream) {
        let (near, server) = duplex(64);
        (Line::before(Box::new(near)).await.unwrap(), server)
    }

    async fn is_refused(address: SocketAddr) -> bool {
        let refused = TcpStream::connect(address).await.map_err(|error| error.kind());
        matches!(refused, Err(io::ErrorKind::ConnectionRefused))
    }

    #[tokio::test]
    async fn the_first_is_let_in_and_nobody_after() {
        let (line, mut server) = line().await;
        let mut driver = TcpStream::connect(line.address()).await.unwrap();
        driver.write_all(b"login").await.unwrap();
        let mut heard = [0; 5];
        // What has arrived was sent on after the port was shut.
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"login");
        assert!(is_refused(line.address()).await);
        // Whoever tried is no harm to the one that is in.
        server.write_all(b"hello").await.unwrap();
        driver.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
    }

    /// Both may have dialled before either was let in: the second is sent away unheard.
    #[tokio::test]
    async fn the_second_in_the_queue_is_heard_by_nobody() {
        let (line, mut server) = line().await;
        // `connect` gives the line its turn: without the runtime both are there before it looks.
        let dial = || std::net::TcpStream::connect(line.address()).unwrap();
        let (mut first, mut second) = (dial(), dial());
        io::Write::write_all(&mut first, b"first").unwrap();
        io::Write::write_all(&mut second, b"second").unwrap();
        let mut heard = [0; 5];
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"first");
        let said = io::Read::read(&mut second, &mut heard);
        assert!(matches!(said, Ok(0) | Err(_)), "{said:?}");
        drop(first);
        let mut rest = Vec::new();
        server.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
    }

    #[tokio::test]
    async fn nobody_is_let_in_once_it_is_dropped() {
        for dialled in [false, true] {
            let (line, mut server) = line().await;
            let (address, ended) = (line.address(), line.ended());
            let driver = if dialled {
                Some(TcpStream::connect(address).await.unwrap())
            } else {
                None
            };
            drop(line);
            ended.cancelled().await;
            assert!(is_refused(address).await, "{dialled}");
            let mut rest = Vec::new();
            server.read_to_end(&mut rest).await.unwrap();
            assert_eq!(rest, b"", "{dialled}");
            if let Some(mut driver) = driver {
                assert!(matches!(driver.read(&mut [0; 1]).await, Ok(0) | Err(_)));
            }
        }
    }
}
