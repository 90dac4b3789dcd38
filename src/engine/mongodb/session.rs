use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{Acknowledgment, CollectionOptions, ReadConcern, WriteConcern};

use super::client::{ADMIN, Place, Tunnelled, client};
use super::facts::facts;
use super::fate::{is_lost, is_lost_as_primary};
use super::hello::Hello;
use super::writes::{Writes, sooner};
use crate::engine::session::within;
use crate::engine::{Address, Facts, Reach, Row, Rows, SessionError, State, Target};
use crate::history::WriteFate;
use crate::workload::Credentials;

/// How long opening may take: the monitor's tunnel, the pool's tunnel, a login, three questions.
const OPEN_DEADLINE: Duration = Duration::from_secs(10);

/// How long a read may take.
const ANSWER_DEADLINE: Duration = Duration::from_mins(1);

/// Where the ledger is kept.
pub(super) const COLLECTION: &str = "stateproof_ledger";

/// A session with a server, or with the PRIMARY of a set.
pub struct Session {
    client: Tunnelled,
    ledger: Collection<Document>,
    writes: Writes,
    levels: Levels,
    server: Option<String>,
    /// Whether an error ends the session.
    ends: fn(&Error) -> bool,
    closed: AtomicBool,
}

/// MongoDB's error codes: `Unauthorized`.
const UNAUTHORIZED: i32 = 13;

/// What an acknowledgement and a read mean.
#[derive(Clone, Copy)]
struct Levels {
    write: &'static str,
    read: &'static str,
}

const STANDALONE: Levels = Levels {
    write: "w: 1, journaled",
    read: "find of all rows over a new connection, read concern local",
};

const MEMBER: Levels = Levels {
    write: "w: majority, journaled",
    read: "find of all rows on this member alone, read concern local",
};

const SET: Levels = Levels {
    write: "w: majority, journaled",
    read: "find of all rows on the PRIMARY over a new connection, read concern majority",
};

impl Session {
    /// Connects, logs in where there is a user, and asks the server who it is.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses, is gone, or does not answer within 10 s; of a replica set also when it
    /// has no PRIMARY.
    pub async fn open(
        reach: &Arc<dyn Reach>,
        target: &Target,
        credentials: &Credentials,
    ) -> Result<Self, SessionError> {
        let place = match &target.address {
            Address::Name { dns, .. } => Place::One(dns),
            Address::ReplicaSet { set, members } => Place::Set { name: set, members },
        };
        let of_set = matches!(target.address, Address::ReplicaSet { .. });
        let client = client(reach, place, target.engine.port, credentials).await?;
        let opening = within(OPEN_DEADLINE, "the login", who(&client, &credentials.user));
        let (hello, server) = match opening.await {
            Ok(answer) => answer,
            Err(error) => return Err(client.proxy.explain(error)),
        };
        let levels = match hello.set {
            _ if of_set => SET,
            None if !hello.uninitiated => STANDALONE,
            _ => MEMBER,
        };
        let acknowledgment = if levels.write == STANDALONE.write {
            Acknowledgment::Nodes(1)
        } else {
            Acknowledgment::Majority
        };
        // Rows have less time than what is asked of all of them: see `Writes`.
        let concern = WriteConcern::builder()
            .journal(true)
            .w(acknowledgment)
            .w_timeout(sooner(ANSWER_DEADLINE))
            .build();
        let options = CollectionOptions::builder()
            .write_concern(concern)
            .read_concern(if of_set {
                ReadConcern::majority()
            } else {
                ReadConcern::local()
            })
            .build();
        let database = client.driver.database(&credentials.database);
        let ledger = database.collection_with_options(COLLECTION, options);
        let ends = if of_set { is_lost_as_primary } else { is_lost };
        Ok(Self {
            writes: Writes::to(ledger.clone(), ends),
            ends,
            ledger,
            client,
            levels,
            server,
            closed: AtomicBool::new(false),
        })
    }

    /// The server's answer, within [`ANSWER_DEADLINE`]; notices when the session has ended.
    async fn answer<T>(
        &self,
        to: &'static str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, SessionError> {
        let answer = async {
            answer.await.map_err(|error| {
                if (self.ends)(&error) {
                    self.closed.store(true, Ordering::Relaxed);
                }
                error.into()
            })
        };
        let answered = within(ANSWER_DEADLINE, to, answer).await;
        answered.map_err(|error| self.client.proxy.explain(error))
    }
}

/// What the server says of itself: its place in its set, and its name there, or its host's, where the user may know.
async fn who(client: &Tunnelled, user: &str) -> Result<(Hello, Option<String>), SessionError> {
    let admin = client.driver.database(ADMIN);
    let hello = Hello::from(admin.run_command(doc! {"hello": 1}).await?);
    if let Some(me) = hello.me.clone() {
        return Ok((hello, Some(me)));
    }
    let quiet = doc! {"serverStatus": 1, "metrics": 0, "locks": 0, "tcmalloc": 0, "wiredTiger": 0};
    // Not before the login: this one needs it.
    match admin.run_command(quiet).await {
        Ok(status) => Ok((hello, status.get_str("host").ok().map(str::to_owned))),
        // A user who is known has logged in, and need not have the right to look at the server.
        Err(error) if !user.is_empty() && is_unauthorized(&error) => Ok((hello, None)),
        Err(error) => Err(error.into()),
    }
}

fn is_unauthorized(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Command(answer) if answer.code == UNAUTHORIZED)
}

#[async_trait]
impl crate::engine::Session for Session {
    async fn write(&self, ledger: &str, key: u64, patience: Duration) -> WriteFate {
        let row = Row::new(ledger, key);
        let document = doc! {
            "_id": {"ledger": ledger, "key": key.cast_signed()},
            "payload": row.payload,
            "checksum": i64::from(row.checksum),
        };
        let (fate, lost) = self.writes.write(document, patience).await;
        if lost {
            self.closed.store(true, Ordering::Relaxed);
        }
        fate
    }

    async fn read(&self, ledger: &str) -> Result<Rows, SessionError> {
        let documents = self
            .answer("the read", async {
                let found = self.ledger.find(doc! {"_id.ledger": ledger}).await?;
                found.try_collect::<Vec<Document>>().await
            })
            .await?;
        let (mut keys, mut corrupt) = (Vec::with_capacity(documents.len()), Vec::new());
        for document in documents {
            // A row without a key of its own is nobody's: there is no number to report it by.
            let key = document
                .get_document("_id")
                .ok()
                .and_then(|id| id.get("key"))
                .and_then(Bson::as_i64)
                .ok_or_else(|| SessionError::Server(format!("a row of {COLLECTION} has no key")))?
                .cast_unsigned();
            if state(ledger, key, &document) == State::Corrupt {
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
        let admin = self.client.driver.database(ADMIN);
        self.answer("the question for its settings", facts(&admin)).await
    }

    /// A database without collections is none.
    async fn forget(&self, ledger: &str) -> Result<(), SessionError> {
        self.answer("the removal of the rows", async {
            self.ledger.delete_many(doc! {"_id.ledger": ledger}).await?;
            if self.ledger.find_one(doc! {}).await?.is_none() {
                self.ledger.drop().await?;
            }
            Ok(())
        })
        .await
    }

    fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn write_level(&self) -> &'static str {
        self.levels.write
    }

    fn read_level(&self) -> &'static str {
        self.levels.read
    }
}

fn state(ledger: &str, key: u64, document: &Document) -> State {
    let checksum = document
        .get_i64("checksum")
        .ok()
        .and_then(|sum| u32::try_from(sum).ok());
    match (document.get_str("payload"), checksum) {
        (Ok(payload), Some(checksum)) => Row::state(ledger, key, payload, checksum),
        _ => State::Corrupt,
    }
}
