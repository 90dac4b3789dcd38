use std::sync::Arc;
use std::time::Duration;

use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;

use super::client::{ADMIN, CONNECT_DEADLINE, Place, Tunnelled, client};
use crate::engine::session::within;
use crate::engine::{Reach, SessionError};
use crate::workload::Credentials;

/// `NotYetInitialized`: no configuration has reached the member.
const NOT_YET_INITIALIZED: i32 = 94;

/// `NotSecondary`: the PRIMARY, or a candidate, is not kept from what it does already.
const NOT_SECONDARY: i32 = 95;

/// What who is not the PRIMARY says to being told to step down: `NotWritablePrimary`, and, where it was when it was told,
/// `ConflictingOperationInProgress`, `PrimarySteppedDown` and `InterruptedDueToReplStateChange`.
const NO_LONGER_PRIMARY: [i32; 4] = [10107, 117, 189, 11602];

/// For how long a PRIMARY that stepped down does not stand for election, in seconds: long enough to see what the others
/// do without it.
const STEP_DOWN_SECONDS: i32 = 120;

/// How long the PRIMARY waits for a SECONDARY to catch up before it steps down, in seconds.
const CATCH_UP_SECONDS: i32 = 10;

/// One member of a replica set as its administrator sees it, whatever its role.
pub struct Server {
    admin: Database,
    client: Tunnelled,
}

/// A set's configuration, as a member has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The set's name.
    pub set: String,
    /// Its version.
    pub version: i64,
    /// The members' hosts as they stand in it.
    pub hosts: Vec<String>,
}

impl Server {
    /// Makes ready to speak to one. It is connected to with the first question.
    ///
    /// # Errors
    /// [`SessionError`] when there is no loopback port.
    pub async fn new(
        reach: &Arc<dyn Reach>,
        host: &str,
        port: u16,
        credentials: &Credentials,
    ) -> Result<Self, SessionError> {
        let client = client(reach, Place::One(host), port, credentials).await?;
        Ok(Self {
            admin: client.driver.database(ADMIN),
            client,
        })
    }

    /// `replSetGetConfig`; none where no configuration has reached the member.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses or is gone.
    pub async fn configuration(&self) -> Result<Option<Configuration>, SessionError> {
        let Some(answer) = self
            .ask_unless(&[NOT_YET_INITIALIZED], doc! {"replSetGetConfig": 1})
            .await?
        else {
            return Ok(None);
        };
        let no_document = |error| SessionError::Server(format!("its configuration cannot be read: {error}"));
        let config = answer.get_document("config").map_err(no_document)?;
        Ok(Some(Configuration {
            set: config.get_str("_id").unwrap_or_default().to_owned(),
            version: whole(config.get("version")).unwrap_or_default(),
            hosts: documents(config, "members")
                .filter_map(|member| member.get_str("host").ok())
                .map(str::to_owned)
                .collect(),
        }))
    }

    /// The state by its MongoDB name: `STARTUP2`, `RECOVERING`, …; `STARTUP` where no configuration has reached it.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses or is gone.
    pub async fn state(&self) -> Result<String, SessionError> {
        let Some(status) = self
            .ask_unless(&[NOT_YET_INITIALIZED], doc! {"replSetGetStatus": 1})
            .await?
        else {
            return Ok("STARTUP".to_owned());
        };
        let own = documents(&status, "members").find(|member| member.get_bool("self").unwrap_or_default());
        Ok(own
            .and_then(|member| member.get_str("stateStr").ok())
            .unwrap_or("UNKNOWN")
            .to_owned())
    }

    /// Why the set is as it is, in this member's words, a line each: no configuration, or which members it does not
    /// hear from and what its heartbeats came to.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses or is gone.
    pub async fn trouble(&self) -> Result<Vec<String>, SessionError> {
        let status = match self.answer(doc! {"replSetGetStatus": 1}).await? {
            Ok(status) => status,
            Err(error) if code(&error) == Some(NOT_YET_INITIALIZED) => {
                return Ok(vec![super::fate::describe(&error)]);
            }
            Err(error) => return Err(self.client.proxy.explain(error.into())),
        };
        let text = |member: &Document, key| member.get_str(key).unwrap_or_default().to_owned();
        let lines = documents(&status, "members").map(|member| {
            let (name, state) = (text(member, "name"), text(member, "stateStr"));
            let said = ["lastHeartbeatMessage", "infoMessage"].map(|key| text(member, key));
            let said: Vec<_> = said.into_iter().filter(|said| !said.is_empty()).collect();
            if said.is_empty() {
                format!("{name} is {state}")
            } else {
                format!("{name} is {state}: {}", said.join("; "))
            }
        });
        Ok(lines.collect())
    }

    /// `rs.initiate` with these members, in this order.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses or is gone.
    pub async fn initiate(&self, set: &str, hosts: &[String]) -> Result<(), SessionError> {
        let members: Vec<Bson> = (0_i32..)
            .zip(hosts)
            .map(|(id, host)| Bson::Document(doc! {"_id": id, "host": host}))
            .collect();
        self.ask(doc! {"replSetInitiate": {"_id": set, "members": members}})
            .await?;
        Ok(())
    }

    /// `rs.stepDown`: the PRIMARY waits until a SECONDARY has caught up, and does not stand for election for 120 s. Gives
    /// whether it did: who is not the PRIMARY, or no longer, does not.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses, for example because no SECONDARY caught up, or is gone.
    pub async fn step_down(&self) -> Result<bool, SessionError> {
        let command = doc! {
            "replSetStepDown": STEP_DOWN_SECONDS,
            "secondaryCatchUpPeriodSecs": CATCH_UP_SECONDS,
        };
        let done = self.ask_unless(&NO_LONGER_PRIMARY, command).await?;
        Ok(done.is_some())
    }

    /// `rs.freeze`: whether the member is kept from standing for election, for as long as after [`Self::step_down`]. What
    /// that one began is ended as well. Gives whether it did: the PRIMARY, or who is about to be, does not.
    ///
    /// # Errors
    /// [`SessionError`] when the server refuses or is gone.
    pub async fn freeze(&self, frozen: bool) -> Result<bool, SessionError> {
        let seconds = if frozen { STEP_DOWN_SECONDS } else { 0 };
        let command = doc! {"replSetFreeze": seconds};
        let done = self.ask_unless(&[NOT_SECONDARY], command).await?;
        Ok(done.is_some())
    }

    /// Asks what some members have no answer to: none from one that refuses with one of these codes.
    async fn ask_unless(
        &self,
        refusals: &[i32],
        command: Document,
    ) -> Result<Option<Document>, SessionError> {
        match self.answer(command).await? {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if code(&error).is_some_and(|code| refusals.contains(&code)) => Ok(None),
            Err(error) => Err(self.client.proxy.explain(error.into())),
        }
    }

    async fn ask(&self, command: Document) -> Result<Document, SessionError> {
        let answer = self.answer(command).await?;
        answer.map_err(|error| self.client.proxy.explain(error.into()))
    }

    /// What the server answers in time: an answer, or an error of its own.
    async fn answer(
        &self,
        command: Document,
    ) -> Result<Result<Document, mongodb::error::Error>, SessionError> {
        let seconds = u64::try_from(CATCH_UP_SECONDS).unwrap_or_default();
        let deadline = CONNECT_DEADLINE * 4 + Duration::from_secs(seconds);
        let answer = within(deadline, "an administrator's command", async {
            Ok(self.admin.run_command(command).await)
        });
        answer.await.map_err(|error| self.client.proxy.explain(error))
    }
}

fn code(error: &mongodb::error::Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(answer) => Some(answer.code),
        _ => None,
    }
}

fn documents<'d>(document: &'d Document, key: &str) -> impl Iterator<Item = &'d Document> + use<'d> {
    let array = document.get_array(key).map(Vec::as_slice).unwrap_or_default();
    array.iter().filter_map(Bson::as_document)
}

fn whole(number: Option<&Bson>) -> Option<i64> {
    number.and_then(|number| number.as_i64().or_else(|| number.as_i32().map(i64::from)))
}
