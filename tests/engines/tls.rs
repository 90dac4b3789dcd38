//! Encrypted connections: servers that insist on them, certificates that are good, and those that are not.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use stateproof::engine::{Address, Reach, Session, SessionError, Target, open, reach};
use stateproof::history::WriteFate;
use stateproof::workload::{Credentials, EngineKind, Tls};
use testcontainers::ImageExt;

use super::certificates::{Signed, signed};
use super::container::{Container, PATIENCE, Request, patiently, request};
use super::docker::{MYSQL, POSTGRES};
use super::loopback::{Loopback, target};
use super::{mongo_server, mysql_server, server};

/// The name that the servers' certificate is for.
const NAME: &str = "orders.shop.svc.cluster.local";

/// A server that takes encrypted connections only, and how to log in.
struct Server {
    container: Container,
    kind: EngineKind,
    credentials: Credentials,
    authority: String,
}

impl Server {
    async fn start(
        kind: EngineKind,
        credentials: Credentials,
        request: impl FnOnce(&Signed) -> Request,
    ) -> Result<Self> {
        let signed = signed(NAME)?;
        Ok(Self {
            container: Container::start(request(&signed)).await?,
            kind,
            credentials,
            authority: signed.authority,
        })
    }

    async fn postgres() -> Result<Self> {
        let server = Self::start(EngineKind::PostgreSql, server::credentials(), |signed| {
            // Its key must be the server's own and nobody else's.
            let script = format!(
                "cat > \"$PGDATA/server.crt\" <<'EOF'\n{}EOF\numask 077\ncat > \"$PGDATA/server.key\" <<'EOF'\n{}EOF\n\
                 echo 'ssl = on' >> \"$PGDATA/postgresql.conf\"\n\
                 sed -i 's/^host /hostssl /' \"$PGDATA/pg_hba.conf\"\n",
                signed.certificate, signed.key
            );
            server::configured(request(POSTGRES))
                .with_copy_to("/docker-entrypoint-initdb.d/tls.sh", script.into_bytes())
        })
        .await?;
        server.container.ready().await?;
        Ok(server)
    }

    async fn mysql() -> Result<Self> {
        let server = Self::start(EngineKind::MySql, mysql_server::keeper(), |signed| {
            mysql_server::configured(request(MYSQL))
                .with_copy_to("/tls.crt", signed.certificate.clone().into_bytes())
                .with_copy_to("/tls.key", signed.key.clone().into_bytes())
                .with_cmd([
                    "--require-secure-transport=ON",
                    "--ssl-cert=/tls.crt",
                    "--ssl-key=/tls.key",
                ])
        })
        .await?;
        mysql_server::ready(&server.container).await?;
        Ok(server)
    }

    async fn mongodb() -> Result<Self> {
        let plain = mongo_server::request().await?;
        let server = Self::start(EngineKind::MongoDb, mongo_server::nobody(), |signed| {
            let both = format!("{}{}", signed.certificate, signed.key);
            plain.with_copy_to("/tls.pem", both.into_bytes()).with_cmd([
                "--bind_ip_all",
                "--tlsMode",
                "requireTLS",
                "--tlsCertificateKeyFile",
                "/tls.pem",
            ])
        })
        .await?;
        server
            .container
            .says("Waiting for connections")
            .await
            .context("mongod")?;
        Ok(server)
    }

    /// A row written and read back, in a ledger of its own.
    async fn keeps_a_row(&self, tls: Tls) -> Result<()> {
        let session = self.open(NAME, tls).await?;
        let ledger = tls.to_string();
        assert_eq!(session.write(&ledger, 1, PATIENCE).await, WriteFate::Acknowledged);
        assert_eq!(session.read(&ledger).await?.keys, [1].into_iter().collect());
        Ok(())
    }

    async fn open(&self, name: &str, tls: Tls) -> Result<Box<dyn Session>, SessionError> {
        let address = self.container.address().await;
        let address: SocketAddr = address.map_err(|error| SessionError::Server(error.to_string()))?;
        let mut target: Target = target(self.kind, address.port());
        target.engine.tls = tls;
        target.address = Address::Name {
            dns: name.to_owned(),
            pod: None,
        };
        let credentials = Credentials {
            authority: Some(self.authority.clone()),
            ..self.credentials.clone()
        };
        let plain: Arc<dyn Reach> = Arc::new(Loopback(address));
        let reach = reach(plain, &target.engine, &credentials);
        patiently(async || open(&reach, &target, &credentials).await).await
    }

    /// It keeps a row in each of these modes, and is refused under a name that its certificate is not for.
    async fn insists(&self, modes: &[Tls], wrong_name: &[&str]) -> Result<()> {
        for tls in modes {
            self.keeps_a_row(*tls).await?;
        }
        self.refused("another.name", Tls::VerifyFull, wrong_name).await;
        Ok(())
    }

    /// Refused, in words that say why.
    async fn refused(&self, name: &str, tls: Tls, words: &[&str]) {
        let error = match self.open(name, tls).await {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{tls} with {name} was let in"),
        };
        for word in words {
            assert!(
                error.contains(word),
                "{tls} with {name}: {word:?} is not in {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_postgresql_that_insists_on_tls() -> Result<()> {
    let server = Server::postgres().await?;
    let modes = [Tls::Prefer, Tls::Require, Tls::VerifyFull];
    let wrong_name = ["TLS with another.name", "certificate"];
    server.insists(&modes, &wrong_name).await?;
    server.refused(NAME, Tls::Disable, &["no encryption"]).await;
    Ok(())
}

#[tokio::test]
async fn a_mysql_that_insists_on_tls() -> Result<()> {
    let server = Server::mysql().await?;
    let modes = [Tls::Prefer, Tls::Require, Tls::VerifyFull];
    server
        .insists(&modes, &["certificate not valid for name"])
        .await?;
    server
        .refused(NAME, Tls::Disable, &["ERROR 3159", "insecure transport"])
        .await;
    Ok(())
}

#[tokio::test]
async fn a_mongodb_that_insists_on_tls() -> Result<()> {
    let wrong_name = ["TLS with another.name", "certificate"];
    let server = Server::mongodb().await?;
    server
        .insists(&[Tls::Require, Tls::VerifyFull], &wrong_name)
        .await
}

#[tokio::test]
async fn a_postgresql_without_tls_is_told_from_one_with_it() -> Result<()> {
    let plain = server::Server::start().await?;
    let server = Server {
        container: plain.container,
        kind: EngineKind::PostgreSql,
        credentials: server::credentials(),
        authority: signed(NAME)?.authority,
    };
    server.keeps_a_row(Tls::Prefer).await?;
    server
        .refused(NAME, Tls::Require, &["the server offers no TLS", "require"])
        .await;
    Ok(())
}
