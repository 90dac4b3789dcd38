//! PostgreSQL, through `tokio-postgres` over a tunnel from the vantage.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::Severity;
use tokio_postgres::{Client, NoTls, Statement};

use super::reach::explain;
use super::session::within;
use super::{Address, Dialled, Facts, Link, Reach, Row, Rows, SessionError, State, Stream, Target, tls};
use crate::history::WriteFate;
use crate::workload::Credentials;

/// How long logging in may take. A server under a CPU limit of 200m needs up to a second for SCRAM.
const LOGIN_DEADLINE: Duration = Duration::from_secs(5);

/// How long a read may take: a server that is killed with its pod's network takes the connection with it without a
/// word.
const ANSWER_DEADLINE: Duration = Duration::from_mins(1);

/// The settings that decide whether an acknowledged commit is durable (PostgreSQL's manual, "Reliability and the
/// Write-Ahead Log"), and what the write level was.
const DURABILITY_SETTINGS: [&str; 6] = [
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "wal_sync_method",
    "data_checksums",
    "data_directory",
];

/// Where the ledger is kept.
const TABLE: &str = "stateproof_ledger";

/// The advisory lock under which the table is made: of two `CREATE TABLE IF NOT EXISTS` at once, one may fail with 23505
/// (they race for the name in `pg_type`).
const TABLE_LOCK: i64 = 0x7374_6174_6570_726f;

/// A session with a server.
pub struct Session {
    client: Client,
    insert: Statement,
    server: Option<String>,
    connection: JoinHandle<()>,
    _link: Box<dyn Link>,
}

impl Session {
    /// Logs in and makes sure that the ledger's table is there.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses, is gone, or does not answer within 5 s.
    pub async fn open(
        reach: &dyn Reach,
        target: &Target,
        credentials: &Credentials,
    ) -> Result<Self, SessionError> {
        let Address::Name { dns, .. } = &target.address else {
            return Err(SessionError::Server("PostgreSQL has no replica sets".to_owned()));
        };
        let Dialled { stream, link } = reach.dial(dns, target.engine.port).await?;
        let login = async {
            let authority = credentials.authority.as_deref();
            let stream = tls::postgres(stream, dns, target.engine.tls, authority).await?;
            log_in(stream, credentials).await
        };
        match within(LOGIN_DEADLINE, "the login", login).await {
            Ok((client, insert, server, connection)) => Ok(Self {
                client,
                insert,
                server,
                connection,
                _link: link,
            }),
            Err(error) => Err(explain(link, error).await),
        }
    }
}

async fn log_in(
    stream: Box<dyn Stream>,
    credentials: &Credentials,
) -> Result<(Client, Statement, Option<String>, JoinHandle<()>), SessionError> {
    let mut config = tokio_postgres::Config::new();
    config
        .user(&credentials.user)
        .password(credentials.password.reveal())
        .dbname(&credentials.database)
        .application_name("stateproof")
        // Whether the stream is encrypted was settled before.
        .ssl_mode(SslMode::Disable);
    let (client, connection) = config.connect_raw(stream, NoTls).await?;
    // Its error is not lost: whatever request is under way fails with it.
    let connection = tokio::spawn(async move { drop(connection.await) });
    client
            .batch_execute(&format!(
                "set client_min_messages = warning; select pg_advisory_xact_lock({TABLE_LOCK}); \
                 create table if not exists {TABLE} \
                 (ledger text, key bigint, payload text not null, checksum bigint not null, primary key (ledger, key))"
            ))
            .await?;
    let insert = client
        .prepare(&format!(
            "insert into {TABLE} (ledger, key, payload, checksum) values ($1, $2, $3, $4)"
        ))
        .await?;
    let server = client
        .query_one("select host(inet_server_addr())", &[])
        .await?
        .try_get(0)?;
    Ok((client, insert, server, connection))
}

#[async_trait]
impl super::Session for Session {
    async fn write(&self, ledger: &str, key: u64, _patience: Duration) -> WriteFate {
        let row = Row::new(ledger, key);
        let answer = self
            .client
            .execute(
                &self.insert,
                &[
                    &ledger,
                    &key.cast_signed(),
                    &row.payload,
                    &i64::from(row.checksum),
                ],
            )
            .await;
        match answer {
            Ok(_) => WriteFate::Acknowledged,
            Err(error) => fate(&error),
        }
    }

    async fn read(&self, ledger: &str) -> Result<Rows, SessionError> {
        let query = format!("select key, payload, checksum from {TABLE} where ledger = $1");
        let rows = within(ANSWER_DEADLINE, "the read", async {
            Ok(self.client.query(&query, &[&ledger]).await?)
        })
        .await?;
        let (mut keys, mut corrupt) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            let key = row.try_get::<_, i64>(0)?.cast_unsigned();
            let checksum = u32::try_from(row.try_get::<_, i64>(2)?);
            let state = checksum.map_or(State::Corrupt, |sum| match row.try_get::<_, &str>(1) {
                Ok(payload) => Row::state(ledger, key, payload, sum),
                Err(_) => State::Corrupt,
            });
            if state == State::Corrupt {
                corrupt.push(key);
            }
            keys.push(key);
        }
        Ok(Rows {
            keys: keys.into_iter().collect(),
            corrupt: corrupt.into_iter().collect(),
        })
    }

    async fn facts(&self) -> Result<Facts, SessionError> {
        let query = "select version(), name, setting from pg_settings where name = any($1)";
        let names: Vec<&str> = DURABILITY_SETTINGS.to_vec();
        let rows = within(ANSWER_DEADLINE, "the question for its settings", async {
            Ok(self.client.query(query, &[&names]).await?)
        })
        .await?;
        let version = rows.first().map_or(Ok(String::new()), |row| row.try_get(0))?;
        let mut settings = BTreeMap::new();
        for row in rows {
            settings.insert(row.try_get(1)?, row.try_get(2)?);
        }
        Ok(Facts { version, settings })
    }

    async fn forget(&self, ledger: &str) -> Result<(), SessionError> {
        let delete = format!("delete from {TABLE} where ledger = $1");
        // Locked against whoever is about to make it, and whoever writes to it.
        let drop = format!(
            "begin; select pg_advisory_xact_lock({TABLE_LOCK}); lock table {TABLE}; \
             do $$ begin if not exists (select from {TABLE}) then drop table {TABLE}; end if; end $$; commit"
        );
        within(ANSWER_DEADLINE, "the removal of the rows", async {
            self.client.execute(&delete, &[&ledger]).await?;
            Ok(self.client.batch_execute(&drop).await?)
        })
        .await
    }

    fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn write_level(&self) -> &'static str {
        "COMMIT acknowledged"
    }

    fn read_level(&self) -> &'static str {
        "SELECT of all rows over a new connection, read committed"
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl From<tokio_postgres::Error> for SessionError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(describe(&error))
    }
}

/// An `ERROR` ends the transaction: the row is not there. A `FATAL` or `PANIC` ends the connection, and whether the
/// commit came before it nobody knows, no more than when the connection just breaks.
fn fate(error: &tokio_postgres::Error) -> WriteFate {
    let words = describe(error);
    match error
        .as_db_error()
        .and_then(tokio_postgres::error::DbError::parsed_severity)
    {
        Some(Severity::Error) => WriteFate::Refused(words),
        _ => WriteFate::Unknown(words),
    }
}

fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        return format!(
            "{}: {} ({})",
            answer.severity(),
            answer.message(),
            answer.code().code()
        );
    }
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
