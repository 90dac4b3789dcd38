use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::RunError;
use super::board::{Board, STARTUP};
use super::cadence::next_try;
use crate::engine::mongodb::{Connection, Hello, Server};
use crate::engine::{self, Reach, SessionError};
use crate::history::{Event, HistoryError, Recorder};
use crate::workload::{Credentials, Discovered, Member, Replication, Workload};

/// The role of a member that does not answer.
const DOWN: &str = "DOWN";

/// For how long nothing may change in a set whose members all answer and have a configuration, until it counts as one
/// that elects nobody: four times MongoDB's `electionTimeoutMillis`.
const STALLED: Duration = Duration::from_secs(40);

/// The roles of a replica set's members, followed in the background for as long as the run lasts.
pub struct Roles {
    pub(super) workload: Workload,
    set: String,
    credentials: Credentials,
    reach: Arc<dyn Reach>,
    recorder: Recorder,
    /// Opened when there are members to ask.
    begin: CancellationToken,
    pub(super) board: watch::Sender<Board>,
}

impl Roles {
    /// Makes ready to follow a workload's members, if they are a replica set: each over one connection, on which `hello`
    /// is answered when something changes (MongoDB 4.4 and later).
    pub fn follow(
        found: &Discovered,
        reach: Arc<dyn Reach>,
        recorder: &Recorder,
        background: &mut JoinSet<()>,
    ) -> Option<Arc<Self>> {
        let Some(Replication::ReplicaSet { name }) = &found.workload.replication else {
            return None;
        };
        let roles = Arc::new(Self {
            set: name.clone(),
            workload: found.workload.clone(),
            credentials: found.credentials.clone(),
            reach: engine::reach(reach, &found.workload.engine, &found.credentials),
            recorder: recorder.clone(),
            begin: CancellationToken::new(),
            board: watch::Sender::default(),
        });
        for member in found.workload.members() {
            let roles = roles.clone();
            background.spawn(async move {
                roles.begin.cancelled().await;
                // A history that cannot be written is noticed by the next wait.
                drop(roles.follow_member(&member).await);
            });
        }
        Some(roles)
    }

    /// Begins to ask the members.
    pub fn begin(&self) {
        self.begin.cancel();
    }

    /// The member that is PRIMARY.
    pub fn primary(&self) -> Option<Member> {
        let board = self.board.borrow();
        self.workload
            .members()
            .find(|member| board.is(&member.pod, "PRIMARY"))
    }

    /// The members that are SECONDARY.
    pub fn secondaries(&self) -> Vec<Member> {
        let board = self.board.borrow();
        self.workload
            .members()
            .filter(|member| board.is(&member.pod, "SECONDARY"))
            .collect()
    }

    /// Waits until one of the first members, as many as are named, is PRIMARY and the others follow it.
    ///
    /// # Errors
    /// [`RunError::Unsettled`] with what the members say of it.
    pub async fn settled(&self, replicas: u32, deadline: Duration) -> Result<(), RunError> {
        let pods: Vec<String> = (0..replicas)
            .map(|ordinal| self.workload.member(ordinal).pod)
            .collect();
        self.until(&format!("one PRIMARY of {replicas} members"), deadline, |board| {
            board.settled(&pods)
        })
        .await
    }

    /// Waits until another member than this one is PRIMARY.
    ///
    /// # Errors
    /// [`RunError::Unsettled`] with what the members say of it.
    pub async fn succeeded(&self, pod: &str, deadline: Duration) -> Result<(), RunError> {
        self.until(&format!("another PRIMARY than {pod}"), deadline, |board| {
            board.has_other_primary(pod)
        })
        .await
    }

    /// Initiates the set with its members' stable names, unless it is initiated already.
    ///
    /// # Errors
    /// [`RunError::Unsettled`] when the first member does not let it within the deadline.
    pub async fn initiate(&self, deadline: Duration) -> Result<(), RunError> {
        let end = Instant::now() + deadline;
        let hosts: Vec<String> = self.workload.members().map(|member| self.host(&member)).collect();
        loop {
            let last = match self.try_to_initiate(&hosts).await {
                Ok(true) => {
                    let text = format!(
                        "the replica set {} of {} was initiated by stateproof, as it was told to, with {}",
                        self.set,
                        self.workload.id(),
                        hosts.join(", ")
                    );
                    return Ok(self.recorder.record(Event::Note { text })?);
                }
                Ok(false) => return Ok(()),
                Err(lost @ SessionError::Reach(_)) => return Err(lost.into()),
                Err(error) => error,
            };
            if Instant::now() >= end {
                return Err(RunError::Unsettled {
                    set: self.set.clone(),
                    awaited: "a configuration, with which stateproof was to initiate it,".to_owned(),
                    waited_s: deadline.as_secs(),
                    last: last.to_string(),
                    causes: self.trouble().await,
                });
            }
            next_try().await;
        }
    }

    /// Whether it was initiated by this.
    async fn try_to_initiate(&self, hosts: &[String]) -> Result<bool, SessionError> {
        let first = self.server(&self.workload.member(0)).await?;
        if first.configuration().await?.is_some() {
            return Ok(false);
        }
        first.initiate(&self.set, hosts).await?;
        Ok(true)
    }

    /// How a member stands in a configuration.
    fn host(&self, member: &Member) -> String {
        format!("{}:{}", member.dns, self.workload.engine.port)
    }

    /// A member as its administrator sees it.
    pub async fn server(&self, member: &Member) -> Result<Server, SessionError> {
        let port = self.workload.engine.port;
        Server::new(&self.reach, &member.dns, port, &self.credentials).await
    }

    pub(super) async fn until(
        &self,
        awaited: &str,
        deadline: Duration,
        condition: impl Fn(&Board) -> bool,
    ) -> Result<(), RunError> {
        let mut seen = self.board.subscribe();
        let begun = Instant::now();
        loop {
            let board = seen.borrow_and_update().clone();
            if condition(&board) {
                return Ok(());
            }
            let mut end = begun + deadline;
            if board.could_elect(self.workload.replicas) {
                end = end.min(Instant::now() + STALLED);
            }
            if !matches!(timeout_at(end, seen.changed()).await, Ok(Ok(()))) {
                return Err(RunError::Unsettled {
                    set: self.set.clone(),
                    awaited: awaited.to_owned(),
                    waited_s: begun.elapsed().as_secs(),
                    last: board.describe(),
                    causes: self.trouble().await,
                });
            }
        }
    }

    /// What the members say of why they are as they are.
    async fn trouble(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut uninitiated = false;
        for member in self.workload.members() {
            let said = match self.server(&member).await {
                Ok(server) => server.trouble().await,
                Err(error) => Err(error),
            };
            match said {
                Ok(said) => lines.extend(
                    said.into_iter()
                        .map(|line| format!("{} says: {line}", member.pod)),
                ),
                Err(error) => lines.push(format!("{} does not answer: {error}", member.pod)),
            }
            uninitiated |= self.board.borrow().is(&member.pod, STARTUP);
        }
        if uninitiated {
            lines.push(format!(
                "nobody has initiated the replica set {}: let the manifests do it, or have stateproof do it with \
                 --initiate-replica-set",
                self.set
            ));
        }
        lines
    }

    /// Lives as long as the run.
    async fn follow_member(&self, member: &Member) -> Result<(), HistoryError> {
        let port = self.workload.engine.port;
        loop {
            if let Ok(connection) = Connection::open(&self.reach, &member.dns, port).await {
                self.listen(member, connection).await?;
            }
            self.learn(&member.pod, DOWN, None)?;
            next_try().await;
        }
    }

    /// Until the connection is lost.
    async fn listen(&self, member: &Member, mut connection: Connection) -> Result<(), HistoryError> {
        let mut before: Option<Hello> = None;
        loop {
            let topology = before.as_ref().and_then(|hello| hello.topology.as_ref());
            let Ok(hello) = connection.hello(topology).await else {
                return Ok(());
            };
            self.count(hello.hosts.len());
            match hello.role {
                Some(role) => self.learn(&member.pod, role, hello.term)?,
                None if hello.uninitiated => self.learn(&member.pod, STARTUP, None)?,
                // `hello` does not say which of the states in between it is.
                None => {
                    let Ok(state) = self.state(member).await else {
                        return Ok(());
                    };
                    self.learn(&member.pod, &state, None)?;
                }
            }
            if hello.configuration.is_some()
                && hello.configuration != before.as_ref().and_then(|hello| hello.configuration)
            {
                self.learn_configuration(member).await?;
            }
            if hello.topology.is_none() {
                // Before 4.4 a server answers at once, whether something has changed or not.
                next_try().await;
            }
            before = Some(hello);
        }
    }

    fn count(&self, hosts: usize) {
        self.board.send_if_modified(|board| {
            let news = hosts > 0 && board.hosts != hosts;
            if news {
                board.hosts = hosts;
            }
            news
        });
    }

    async fn state(&self, member: &Member) -> Result<String, SessionError> {
        self.server(member).await?.state().await
    }

    fn learn(&self, pod: &str, role: &str, term: Option<i64>) -> Result<(), HistoryError> {
        let now = (role.to_owned(), term);
        if self.board.borrow().members.get(pod) == Some(&now) {
            return Ok(());
        }
        self.recorder.record(Event::Role {
            workload: self.workload.id(),
            pod: pod.to_owned(),
            role: now.0.clone(),
            term,
        })?;
        self.board.send_modify(|board| {
            board.members.insert(pod.to_owned(), now);
        });
        Ok(())
    }

    async fn learn_configuration(&self, member: &Member) -> Result<(), HistoryError> {
        let Ok(server) = self.server(member).await else {
            return Ok(());
        };
        // Should it not answer, the next change or another member tells.
        let Ok(Some(configuration)) = server.configuration().await else {
            return Ok(());
        };
        let now = Some((configuration.version, configuration.hosts.clone()));
        let known = self.board.borrow().configuration.clone();
        if now == known || known.is_some_and(|(version, _)| version > configuration.version) {
            return Ok(());
        }
        self.recorder.record(Event::Configuration {
            workload: self.workload.id(),
            set: configuration.set,
            version: configuration.version,
            hosts: configuration.hosts,
        })?;
        self.board.send_modify(|board| board.configuration = now);
        Ok(())
    }
}
