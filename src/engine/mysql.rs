//! MySQL, through `mysql_async` over a tunnel from the vantage.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, IoError, OptsBuilder, SslOpts, Statement};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::line::Line;
use super::reach::explain;
use super::session::within;
use super::{Address, Dialled, Facts, Link, Reach, ReachError, Row, Rows, SessionError, State, Target};
use crate::history::WriteFate;
use crate::workload::{Credentials, LEDGER_DATABASE, Tls};

/// How long logging in may take. The RSA exchange costs a server under a CPU limit a few hundredths of a second, making
/// the database and the table a few commits.
const LOGIN_DEADLINE: Duration = Duration::from_secs(5);

/// How long a read may take: a server that is killed with its pod's network takes the connection with it without a
/// word.
const ANSWER_DEADLINE: Duration = Duration::from_mins(1);

/// The bytes of a password that fit into one RSA-OAEP message with SHA-1 under the server's key of 2048 bits, the NUL
/// at its end not counted (RFC 8017, 7.1.1). The driver panics where they are more; MySQL's own clients refuse, too.
const LONGEST_PASSWORD: usize = 213;

/// The settings that decide whether an acknowledged commit is durable (MySQL's manual, "InnoDB and the ACID Model" and
/// "Replication and Binary Logging Options"), and those that a manifest sets so that text survives.
const SETTINGS: [&str; 12] = [
    "innodb_flush_log_at_trx_commit",
    "sync_binlog",
    "log_bin",
    "innodb_doublewrite",
    "innodb_flush_method",
    "innodb_fast_shutdown",
    "character_set_server",
    "collation_server",
    "default_storage_engine",
    "max_allowed_packet",
    "read_only",
    "datadir",
];

/// Where the ledger is kept. InnoDB whatever the default: MyISAM has no commits. Text is compared byte by byte: two
/// ledgers whose names differ in case only are two.
const TABLE: &str = "create table if not exists stateproof_ledger (
    ledger varchar(64) character set ascii collate ascii_bin not null,
    `key` bigint unsigned not null,
    payload text character set ascii collate ascii_bin not null,
    checksum bigint not null,
    primary key (ledger, `key`)
) engine = InnoDB";

/// Server errors that do not say whether the row is there: the commit itself failed, or the server ended the connection
/// on its own account (MySQL's "Server Error Message Reference").
const IN_DOUBT: [u16; 7] = [
    1053, // ER_SERVER_SHUTDOWN
    1180, // ER_ERROR_DURING_COMMIT
    1317, // ER_QUERY_INTERRUPTED
    1598, // ER_BINLOG_LOGGING_IMPOSSIBLE
    1927, // ER_CONNECTION_KILLED (MariaDB)
    3169, // ER_SESSION_WAS_KILLED
    4031, // ER_CLIENT_INTERACTION_TIMEOUT
];

/// `ER_BAD_DB_ERROR`: there is no such database.
const UNKNOWN_DATABASE: u16 = 1049;

/// `ER_SECURE_TRANSPORT_REQUIRED`: the server has `require_secure_transport`, and the connection is in plain text.
const INSECURE_TRANSPORT: u16 = 3159;

/// A session with a server.
///
/// One connection, on which MySQL takes one statement at a time: rows written at once wait for each other.
pub struct Session {
    connection: Arc<Mutex<Connection>>,
    server: Option<String>,
    closed: CancellationToken,
    _line: Line,
    _link: Box<dyn Link>,
}

struct Connection {
    conn: Conn,
    insert: Statement,
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
            return Err(SessionError::Server("MySQL has no replica sets".to_owned()));
        };
        let (port, tls) = (target.engine.port, target.engine.tls);
        if !tls.is_wanted() {
            match Self::over(reach, dns, port, credentials, None).await {
                Err(SessionError::PlainText(_)) if tls == Tls::Prefer => {}
                plain => return plain,
            }
        }
        let encryption = encryption(dns, tls, credentials);
        Self::over(reach, dns, port, credentials, Some(encryption)).await
    }

    /// One attempt, encrypted or not.
    async fn over(
        reach: &dyn Reach,
        dns: &str,
        port: u16,
        credentials: &Credentials,
        encryption: Option<SslOpts>,
    ) -> Result<Self, SessionError> {
        let bytes = credentials.password.reveal().len();
        if encryption.is_none() && bytes > LONGEST_PASSWORD {
            return Err(SessionError::Server(format!(
                "the password has {bytes} bytes: without TLS caching_sha2_password takes at most {LONGEST_PASSWORD}"
            )));
        }
        let Dialled { stream, link } = reach.dial(dns, port).await?;
        let line = Line::before(stream)
            .await
            .map_err(|error| ReachError(error.into()))?;
        let login = log_in(line.address(), credentials, encryption);
        match within(LOGIN_DEADLINE, "the login", login).await {
            Ok((connection, server)) => Ok(Self {
                connection: Arc::new(Mutex::new(connection)),
                server,
                closed: line.ended(),
                _line: line,
                _link: link,
            }),
            Err(error) => {
                drop(line);
                Err(explain(link, error).await)
            }
        }
    }

    /// Asks the server something, and hears the answer even where nobody waits for it any more: the answer to a
    /// statement that was given up would be taken for the next one's.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Answer<T>> + Send + 'static,
    ) -> Answer<T> {
        let (connection, closed) = (self.connection.clone(), self.closed.clone());
        let asking = tokio::spawn(async move {
            let mut connection = connection.lock_owned().await;
            let answer = question(&mut connection).await;
            if answer.as_ref().is_err_and(ends_the_connection) {
                closed.cancel();
            }
            answer
        });
        asking
            .await
            .unwrap_or_else(|panic| Err(mysql_async::Error::Other(panic.into())))
    }
}

type Answer<T> = Result<T, mysql_async::Error>;

/// A row as it is stored.
type Stored = (u64, Vec<u8>, i64);

impl Connection {
    async fn insert(&mut self, ledger: String, row: Row) -> Answer<()> {
        let values = (ledger, row.key, row.payload, row.checksum);
        self.conn.exec_drop(&self.insert, values).await
    }

    async fn rows(&mut self, ledger: String) -> Answer<Vec<Stored>> {
        let query = "select `key`, payload, checksum from stateproof_ledger where ledger = ?";
        self.conn.exec(query, (ledger,)).await
    }

    /// The table goes with its last row, and the ledger's own database with its last table. DROP commits by itself.
    async fn forget(&mut self, ledger: String) -> Answer<()> {
        let conn = &mut self.conn;
        conn.exec_drop("delete from stateproof_ledger where ledger = ?", (ledger,))
            .await?;
        let rows: Option<u64> = conn.query_first("select count(*) from stateproof_ledger").await?;
        if rows != Some(0) {
            return Ok(());
        }
        conn.query_drop("drop table stateproof_ledger").await?;
        let tables = "select count(*) from information_schema.tables where table_schema = database()";
        let tables: Option<u64> = conn.query_first(tables).await?;
        let database: Option<String> = conn.query_first("select database()").await?;
        if tables == Some(0) && database.as_deref() == Some(LEDGER_DATABASE) {
            conn.query_drop(format!("drop database {LEDGER_DATABASE}"))
                .await?;
        }
        Ok(())
    }

    async fn settings(&mut self) -> Answer<Facts> {
        let version: Option<(String, String)> = self
            .conn
            .query_first("select version(), @@version_comment")
            .await?;
        let (number, comment) = version.unwrap_or_default();
        let names = SETTINGS.map(|name| format!("'{name}'")).join(", ");
        let query = format!("show global variables where variable_name in ({names})");
        let settings: Vec<(String, String)> = self.conn.query(query).await?;
        Ok(Facts {
            version: format!("{number} {comment}").trim_end().to_owned(),
            settings: settings.into_iter().collect(),
        })
    }
}

/// As `tls` has it. The driver dials a port on the loopback address: the name that the certificate is for is said here.
fn encryption(host: &str, tls: Tls, credentials: &Credentials) -> SslOpts {
    let options = SslOpts::default().with_danger_tls_hostname_override(Some(host.to_owned()));
    if tls != Tls::VerifyFull {
        return options.with_danger_accept_invalid_certs(true);
    }
    let authority = credentials.authority.clone().unwrap_or_default();
    options
        .with_disable_built_in_roots(true)
        .with_root_certs(vec![authority.into_bytes().into()])
}

async fn log_in(
    address: SocketAddr,
    credentials: &Credentials,
    encryption: Option<SslOpts>,
) -> Result<(Connection, Option<String>), SessionError> {
    let options = OptsBuilder::default()
        .ip_or_hostname(address.ip().to_string())
        .tcp_port(address.port())
        .user(Some(&credentials.user))
        .pass(Some(credentials.password.reveal()))
        // Else the driver, seeing a loopback address, would ask for the server's socket and look for it on this host.
        .prefer_socket(false)
        .ssl_opts(encryption);
    let mut conn = Conn::new(options).await?;
    // What is acknowledged is committed, and what does not fit is refused, whatever the server's defaults are.
    conn.query_drop("set session autocommit = 1, sql_mode = 'STRICT_ALL_TABLES'")
        .await?;
    enter(&mut conn, &credentials.database).await?;
    conn.query_drop(TABLE).await?;
    let insert = conn
        .prep("insert into stateproof_ledger (ledger, `key`, payload, checksum) values (?, ?, ?, ?)")
        .await?;
    let server = conn.query_first("select @@hostname").await?;
    Ok((Connection { conn, insert }, server))
}

/// Makes the database the current one. Only the ledger's own is created where it is missing: if another one is, that
/// is for the user to see.
async fn enter(conn: &mut Conn, database: &str) -> Answer<()> {
    let name = format!("`{}`", database.replace('`', "``"));
    match conn.query_drop(format!("use {name}")).await {
        Err(mysql_async::Error::Server(error))
            if error.code == UNKNOWN_DATABASE && database == LEDGER_DATABASE =>
        {
            conn.query_drop(format!("create database if not exists {name}"))
                .await?;
            conn.query_drop(format!("use {name}")).await
        }
        entered => entered,
    }
}

#[async_trait]
impl super::Session for Session {
    async fn write(&self, ledger: &str, key: u64, _patience: Duration) -> WriteFate {
        let (row, ledger) = (Row::new(ledger, key), ledger.to_owned());
        match self
            .ask(|connection| connection.insert(ledger, row).boxed())
            .await
        {
            Ok(()) => WriteFate::Acknowledged,
            Err(error) => fate(&error),
        }
    }

    /// MySQL answers a statement before it reads the next.
    fn at_once(&self) -> usize {
        1
    }

    async fn read(&self, ledger: &str) -> Result<Rows, SessionError> {
        let name = ledger.to_owned();
        let stored = within(ANSWER_DEADLINE, "the read", async {
            Ok(self.ask(|connection| connection.rows(name).boxed()).await?)
        })
        .await?;
        let corrupt = stored.iter().filter(|(key, payload, checksum)| {
            let state = u32::try_from(*checksum).map_or(State::Corrupt, |sum| {
                std::str::from_utf8(payload)
                    .map_or(State::Corrupt, |payload| Row::state(ledger, *key, payload, sum))
            });
            state == State::Corrupt
        });
        Ok(Rows {
            corrupt: corrupt.map(|(key, ..)| *key).collect(),
            keys: stored.iter().map(|(key, ..)| *key).collect(),
        })
    }

    async fn facts(&self) -> Result<Facts, SessionError> {
        within(ANSWER_DEADLINE, "the question for its settings", async {
            Ok(self.ask(|connection| connection.settings().boxed()).await?)
        })
        .await
    }

    async fn forget(&self, ledger: &str) -> Result<(), SessionError> {
        let name = ledger.to_owned();
        within(ANSWER_DEADLINE, "the removal of the rows", async {
            Ok(self.ask(|connection| connection.forget(name).boxed()).await?)
        })
        .await
    }

    fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    fn is_closed(&self) -> bool {
        self.closed.is_cancelled()
    }

    fn write_level(&self) -> &'static str {
        "autocommitted INSERT acknowledged"
    }

    fn read_level(&self) -> &'static str {
        "SELECT of all rows over a new connection, autocommitted"
    }
}

impl From<mysql_async::Error> for SessionError {
    fn from(error: mysql_async::Error) -> Self {
        match &error {
            mysql_async::Error::Server(answer) if answer.code == INSECURE_TRANSPORT => {
                Self::PlainText(describe(&error))
            }
            _ => Self::Server(describe(&error)),
        }
    }
}

/// An error of the server's ends the transaction: the row is not there. When the connection breaks nobody knows whether
/// the commit came before it.
fn fate(error: &mysql_async::Error) -> WriteFate {
    let words = describe(error);
    match error {
        mysql_async::Error::Server(answer) if !IN_DOUBT.contains(&answer.code) => WriteFate::Refused(words),
        _ => WriteFate::Unknown(words),
    }
}

fn ends_the_connection(error: &mysql_async::Error) -> bool {
    matches!(fate(error), WriteFate::Unknown(_))
}

/// A server's error as MySQL's own client prints it.
fn describe(error: &mysql_async::Error) -> String {
    match error {
        mysql_async::Error::Server(answer) => {
            format!("ERROR {} ({}): {}", answer.code, answer.state, answer.message)
        }
        mysql_async::Error::Io(IoError::Io(error)) => error.to_string(),
        mysql_async::Error::Io(IoError::Tls(error)) => format!("TLS: {error}"),
        mysql_async::Error::Driver(error) => error.to_string(),
        mysql_async::Error::Other(error) => error.to_string(),
        other @ mysql_async::Error::Url(_) => other.to_string(),
    }
}
