use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{ADMIN, CONNECT_DEADLINE};
use super::fate::coded;
use super::hello::{Hello, TopologyVersion};
use super::session::COLLECTION;
use crate::engine::reach::explain;
use crate::engine::session::within;
use crate::engine::{Dialled, Link, Reach, SessionError, Stream};

/// `OP_MSG` (MongoDB Wire Protocol).
const OP_MSG: i32 = 2013;

/// The largest message that a server takes or gives (`maxMessageSizeBytes`).
const MAX_MESSAGE: usize = 48_000_000;

/// How long a server lets a `hello` wait for something to change.
const AWAIT: Duration = Duration::from_secs(2);

/// A bare connection to one server: a command goes out and its answer comes in, and nothing is added to either.
///
/// The driver adds to every read on a direct connection that a SECONDARY may answer it, and keeps a second connection to
/// every server; here neither is wanted. It does not log in: what it may be used for are `hello`, which needs no login,
/// and servers without access control.
pub struct Connection {
    stream: Box<dyn Stream>,
    link: Option<Box<dyn Link>>,
    next: i32,
}

/// What a server answers a command with.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It did it.
    Ok(Document),
    /// It did not.
    Refused {
        /// The error's code.
        code: i32,
        /// The error with name, code and message: `NotWritablePrimary (10107): not master`.
        words: String,
    },
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// [`SessionError::Reach`] when the way there is lost. Whether anybody is there shows with the first command.
    pub async fn open(reach: &Arc<dyn Reach>, host: &str, port: u16) -> Result<Self, SessionError> {
        let Dialled { stream, link } = reach.dial(host, port).await?;
        Ok(Self {
            stream,
            link: Some(link),
            next: 0,
        })
    }

    /// Asks the server who it is in its set. With what it said before, the answer comes when something has changed, or
    /// after 2 s (MongoDB 4.4 and later).
    ///
    /// # Errors
    /// [`SessionError`] when the connection is lost, or there is no answer.
    pub async fn hello(&mut self, before: Option<&TopologyVersion>) -> Result<Hello, SessionError> {
        let mut command = doc! {"hello": 1, "$db": ADMIN};
        if let Some(before) = before {
            command.insert("topologyVersion", before.0.clone());
            command.insert(
                "maxAwaitTimeMS",
                i64::try_from(AWAIT.as_millis()).unwrap_or_default(),
            );
        }
        match self.ask(command, CONNECT_DEADLINE + AWAIT).await? {
            Answer::Ok(answer) => Ok(Hello::from(answer)),
            Answer::Refused { words, .. } => Err(SessionError::Server(words)),
        }
    }

    /// Reads from the ledger without leave to be answered by a SECONDARY, as an application does that does not know it
    /// speaks to one.
    ///
    /// # Errors
    /// [`SessionError`] when the connection is lost, or there is no answer.
    pub async fn read_plain(&mut self, database: &str) -> Result<Answer, SessionError> {
        let command = doc! {"find": COLLECTION, "limit": 1, "$db": database};
        self.ask(command, CONNECT_DEADLINE).await
    }

    async fn ask(&mut self, command: Document, deadline: Duration) -> Result<Answer, SessionError> {
        let answer = within(deadline, "a command", self.exchange(command)).await;
        match answer {
            Ok(document) => Ok(Answer::from(document)),
            Err(error) => Err(match self.link.take() {
                Some(link) => explain(link, error).await,
                None => error,
            }),
        }
    }

    async fn exchange(&mut self, command: Document) -> Result<Document, SessionError> {
        self.next += 1;
        let lost = |error: std::io::Error| SessionError::Server(format!("connection lost: {error}"));
        self.stream
            .write_all(&message(self.next, &command)?)
            .await
            .map_err(lost)?;
        self.stream.flush().await.map_err(lost)?;
        let mut header = [0; 16];
        self.stream.read_exact(&mut header).await.map_err(lost)?;
        let length = header.first_chunk().map_or(0, |bytes| i32::from_le_bytes(*bytes));
        let length = usize::try_from(length).unwrap_or_default();
        if !(21..=MAX_MESSAGE).contains(&length) {
            return Err(SessionError::Server(
                "it does not speak MongoDB's protocol".to_owned(),
            ));
        }
        let mut body = vec![0; length - header.len()];
        self.stream.read_exact(&mut body).await.map_err(lost)?;
        // Four bytes of flags, one for the kind of section: an answer is one document.
        Document::from_reader(&body[5..])
            .map_err(|error| SessionError::Server(format!("its answer cannot be read: {error}")))
    }
}

fn message(id: i32, command: &Document) -> Result<Vec<u8>, SessionError> {
    let unwritable =
        |error: &dyn std::fmt::Display| SessionError::Server(format!("cannot be written: {error}"));
    let body = command.to_vec().map_err(|error| unwritable(&error))?;
    let length = i32::try_from(21 + body.len()).map_err(|error| unwritable(&error))?;
    let mut message = Vec::with_capacity(21 + body.len());
    for word in [length, id, 0, OP_MSG, 0] {
        message.extend_from_slice(&word.to_le_bytes());
    }
    message.push(0);
    message.extend(body);
    Ok(message)
}

impl From<Document> for Answer {
    fn from(answer: Document) -> Self {
        // It is a whole number in a number of any type.
        let done = match answer.get("ok") {
            Some(Bson::Double(ok)) => *ok > 0.0,
            Some(Bson::Int32(ok)) => *ok > 0,
            Some(Bson::Int64(ok)) => *ok > 0,
            _ => false,
        };
        // A write that fails is answered with `ok: 1` and the errors beside it.
        let failed = answer
            .get_array("writeErrors")
            .ok()
            .and_then(|errors| errors.first());
        let failed = failed.and_then(|error| error.as_document()).cloned();
        let refused = failed.or_else(|| (!done).then(|| answer.clone()));
        match refused {
            None => Self::Ok(answer),
            Some(error) => {
                let code = error.get_i32("code").unwrap_or_default();
                let text = |key| error.get_str(key).unwrap_or_default();
                Self::Refused {
                    code,
                    words: coded(text("codeName"), code, text("errmsg")),
                }
            }
        }
    }
}
