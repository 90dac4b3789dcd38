use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt, empty};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::session::within;
use super::{Dialled, Link, Process, Reach, ReachError, SessionError, Stream};
use crate::workload::{Credentials, Engine, EngineKind, Tls};

/// How long a handshake may take on a server under a CPU limit.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(5);

/// PostgreSQL's `SSLRequest`: its length and its code (PostgreSQL's manual, "Message Formats").
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The way to an engine's servers: encrypted from the first byte where its protocol wants that and its server is to be
/// spoken to so. The others agree on it after they have begun to speak.
#[must_use]
pub fn reach(plain: Arc<dyn Reach>, engine: &Engine, credentials: &Credentials) -> Arc<dyn Reach> {
    if engine.kind == EngineKind::MongoDb && engine.tls.is_wanted() {
        let authority = credentials.authority.clone();
        let tls = engine.tls;
        return Arc::new(Encrypted {
            plain,
            tls,
            authority,
        });
    }
    plain
}

struct Encrypted {
    plain: Arc<dyn Reach>,
    tls: Tls,
    authority: Option<String>,
}

#[async_trait]
impl Reach for Encrypted {
    async fn dial(&self, host: &str, port: u16) -> Result<Dialled, ReachError> {
        let Dialled { stream, link } = self.plain.dial(host, port).await?;
        match encrypted(stream, host, self.tls, self.authority.as_deref()).await {
            Ok(stream) => Ok(Dialled { stream, link }),
            // A word about the server, not about the way to it: it is said when the stream has ended.
            Err(error) => Ok(Dialled {
                stream: Box::new(empty()),
                link: Box::new(Refused {
                    link,
                    words: error.to_string(),
                }),
            }),
        }
    }

    async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        argv: &[&str],
    ) -> Result<Process, ReachError> {
        self.plain.exec(namespace, pod, container, argv).await
    }
}

/// What a connection hung on whose handshake failed.
struct Refused {
    link: Box<dyn Link>,
    words: String,
}

#[async_trait]
impl Link for Refused {
    async fn last_words(self: Box<Self>) -> String {
        // `nc` knows more of a connection that was never made.
        let words = self.link.last_words().await;
        if words.is_empty() { self.words } else { words }
    }
}

/// Asks a PostgreSQL server for TLS, as libpq does, and goes on as `tls` has it.
///
/// # Errors
/// [`SessionError`] when the server has none and one is wanted, or its certificate is not as it is wanted.
pub(super) async fn postgres(
    mut stream: Box<dyn Stream>,
    host: &str,
    tls: Tls,
    authority: Option<&str>,
) -> Result<Box<dyn Stream>, SessionError> {
    if tls == Tls::Disable {
        return Ok(stream);
    }
    let lost = |error: std::io::Error| SessionError::Server(format!("connection lost: {error}"));
    stream.write_all(&SSL_REQUEST).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    match stream.read_u8().await.map_err(lost)? {
        b'S' => encrypted(stream, host, tls, authority).await,
        b'N' if tls.is_wanted() => Err(SessionError::Server(format!(
            "the server offers no TLS, and `tls` is `{tls}`"
        ))),
        b'N' => Ok(stream),
        _ => Err(SessionError::Server(
            "it does not speak PostgreSQL's protocol".to_owned(),
        )),
    }
}

/// Encrypts a connection.
async fn encrypted(
    stream: Box<dyn Stream>,
    host: &str,
    tls: Tls,
    authority: Option<&str>,
) -> Result<Box<dyn Stream>, SessionError> {
    let refused = |error: String| SessionError::Server(format!("TLS with {host}: {error}"));
    let config = config(tls, authority).map_err(|error| refused(error.to_string()))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| refused(error.to_string()))?;
    let handshake = async {
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, stream);
        connecting.await.map_err(|error| refused(error.to_string()))
    };
    Ok(Box::new(
        within(HANDSHAKE_DEADLINE, "the TLS handshake", handshake).await?,
    ))
}

fn config(tls: Tls, authority: Option<&str>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = if tls == Tls::VerifyFull {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.unwrap_or_default().as_bytes()) {
            roots.add(certificate.map_err(|error| Error::General(error.to_string()))?)?;
        }
        builder.with_root_certificates(roots)
    } else {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
    };
    Ok(builder.with_no_client_auth())
}

/// Takes any certificate, as `sslmode=require` does; that the server holds its key is checked all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{DuplexStream, duplex};
    use tokio_rustls::LazyConfigAcceptor;
    use tokio_rustls::rustls::server::Acceptor;

    use super::*;
    use crate::engine::straight_to;

    /// A server that is given one connection, and the host that was dialled.
    #[derive(Default)]
    struct Server(Mutex<Option<(String, DuplexStream)>>);

    struct Nothing;

    #[async_trait]
    impl Link for Nothing {
        async fn last_words(self: Box<Self>) -> String {
            String::new()
        }
    }

    #[async_trait]
    impl Reach for Server {
        async fn dial(&self, host: &str, _port: u16) -> Result<Dialled, ReachError> {
            let (stream, theirs) = duplex(16_384);
            *self.0.lock().unwrap() = Some((host.to_owned(), theirs));
            Ok(Dialled {
                stream: Box::new(stream),
                link: Box::new(Nothing),
            })
        }

        async fn exec(&self, _: &str, _: &str, _: &str, _: &[&str]) -> Result<Process, ReachError> {
            Err(ReachError("it runs no commands".into()))
        }
    }

    /// What is dialled may be an address: the name that is asked for stays the one that the certificate is for.
    #[tokio::test]
    async fn the_name_that_is_checked_is_not_the_address_that_is_dialled() {
        const NAME: &str = "orders-0.orders.shop.svc.cluster.local";
        let server = Arc::new(Server::default());
        let way = straight_to("10.42.0.7".to_owned(), server.clone());
        let encrypted = Encrypted {
            plain: way,
            tls: Tls::Require,
            authority: None,
        };
        let dialling = encrypted.dial(NAME, 27017);
        let greeted = async {
            let (host, stream) = loop {
                let dialled = server.0.lock().unwrap().take();
                match dialled {
                    Some(dialled) => break dialled,
                    None => tokio::task::yield_now().await,
                }
            };
            let greeting = LazyConfigAcceptor::new(Acceptor::default(), stream)
                .await
                .unwrap();
            let name = greeting.client_hello().server_name().map(str::to_owned);
            (host, name)
        };
        let (_, (host, name)) = tokio::join!(dialling, greeted);
        assert_eq!((host.as_str(), name.as_deref()), ("10.42.0.7", Some(NAME)));
    }
}
