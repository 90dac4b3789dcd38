//! The first initialisation, killed on the way. The upstream images do not promise that it can be: killed in the
//! middle, they leave a directory that the next start takes for a database. The stand-ins promise it.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use stateproof::engine::Session as _;
use stateproof::workload::Credentials;
use testcontainers::ImageExt;

use super::container::{Container, Request, limited_request, request};
use super::docker::{Image, MONGO, MYSQL, POSTGRES, POSTGRES_15, is_stand_in};
use super::rows::write;
use super::{mongo_server, mysql_server, server};

const LEDGER: &str = "first-start";

/// How many are killed at a time: all of them together would take longer than a test waits.
const AT_A_TIME: usize = 3;

/// What an image is told to make, and how it is known to have made it.
#[derive(Clone, Copy)]
enum Database {
    Postgres(Image),
    MySql,
    MongoDb,
}

impl Database {
    fn image(self) -> Image {
        match self {
            Self::Postgres(image) => image,
            Self::MySql => MYSQL,
            Self::MongoDb => MONGO,
        }
    }

    fn configured(self, request: Request) -> Request {
        match self {
            Self::Postgres(_) => server::configured(request),
            Self::MySql => mysql_server::configured(request),
            Self::MongoDb => request
                .with_env_var("MONGO_INITDB_ROOT_USERNAME", Self::keeper().user)
                .with_env_var("MONGO_INITDB_ROOT_PASSWORD", Self::keeper().password.reveal()),
        }
    }

    fn keeper() -> Credentials {
        mongo_server::keeper(server::PASSWORD)
    }

    /// Logs in over TCP as the user and to the database that were asked for, and writes and reads rows.
    async fn is_as_told(self, container: Container) -> Result<()> {
        let rows = match self {
            Self::Postgres(_) => {
                container.ready().await?;
                write(&server::open(&container).await?, LEDGER, 1..=10).await?;
                let query = "select 1 from pg_database where not datallowconn and datname <> 'template0'";
                let closed = server::log_in(&container).await?.query(query, &[]).await?;
                ensure!(closed.is_empty(), "a database is closed");
                server::read(&container, LEDGER).await?
            }
            Self::MySql => {
                let server = mysql_server::Server { container };
                server.ready().await?;
                write(&server.session().await?, LEDGER, 1..=10).await?;
                server.read(LEDGER).await?
            }
            Self::MongoDb => {
                let credentials = Self::keeper();
                let mongo = mongo_server::Mongo {
                    container,
                    credentials,
                };
                mongo.answers().await?;
                let session = mongo.open().await?;
                write(&session, LEDGER, 1..=10).await?;
                session.read(LEDGER).await?
            }
        };
        ensure!(
            rows.keys == (1..=10).collect() && rows.corrupt.is_empty(),
            "of rows 1-10 there are {}",
            rows.keys
        );
        Ok(())
    }

    /// Kills a container once a condition holds, and starts it again: there must be a server that is as it was told to
    /// be. Returns whether the kill came before the initialisation was over.
    async fn killed(
        self,
        request: Request,
        when: impl AsyncFnOnce(&Container) -> Result<()>,
    ) -> Result<bool> {
        let mut container = Container::start(self.configured(request)).await?;
        when(&container).await?;
        container.kill().await?;
        let interrupted = !container.log().await?.contains("first initialisation complete");
        container.lift_limit().await?;
        container.start_again().await?;
        self.is_as_told(container).await?;
        Ok(interrupted)
    }

    /// Kills it after each of these times, given in milliseconds, with a part of a processor.
    async fn killed_after<const N: usize>(self, moments: [u64; N], cpu_millis: i64) -> Result<()> {
        if !is_stand_in(self.image()).await? {
            return Ok(());
        }
        let runs = stream::iter(moments).map(|millis| async move {
            let moment = Duration::from_millis(millis);
            let at_the_moment =
                async |container: &Container| match tokio::time::timeout(moment, container.ended()).await {
                    Ok(code) => bail!(
                        "it ended by itself with exit code {}:\n{}",
                        code?,
                        container.log().await?
                    ),
                    Err(_) => Ok(()),
                };
            let request = limited_request(self.image(), Some(cpu_millis));
            let interrupted = self.killed(request, at_the_moment).await;
            interrupted.with_context(|| format!("killed after {millis} ms"))
        });
        let interrupted: Vec<_> = runs.buffered(AT_A_TIME).try_collect().await?;
        let count = interrupted.into_iter().filter(|&it| it).count();
        ensure!(
            count >= N / 2,
            "only {count} of {N} came before the initialisation was over"
        );
        Ok(())
    }

    /// Kills it before each of these commands of its entrypoint: before the nth that fits a pattern.
    async fn killed_before<const N: usize>(self, commands: [(&str, usize); N]) -> Result<()> {
        if !is_stand_in(self.image()).await? {
            return Ok(());
        }
        let runs = stream::iter(commands).map(|(pattern, nth)| async move {
            let request = request(self.image())
                .with_copy_to("/hold", HOLD.as_bytes().to_vec())
                .with_env_var("BASH_ENV", "/hold")
                .with_env_var("HOLD_BEFORE", pattern)
                .with_env_var("HOLD_AT", nth.to_string());
            let when_held = async |container: &Container| {
                tokio::select! {
                    held = container.says("held before: ") => held,
                    over = container.says("first initialisation complete") => { over?; bail!("it never came to that") }
                }
            };
            let interrupted = self.killed(request, when_held).await;
            interrupted.with_context(|| format!("killed before number {nth} of: {pattern}"))
        });
        let interrupted: Vec<_> = runs.buffered(AT_A_TIME).try_collect().await?;
        ensure!(
            interrupted.iter().all(|&it| it),
            "{interrupted:?}: the initialisation was over already"
        );
        Ok(())
    }
}

/// Read by every bash before its script: stops before the nth command that fits a pattern, once in a container's life.
const HOLD: &str = r#"
seen=0
hold() {
  [[ $BASH_COMMAND == $HOLD_BEFORE ]] && [ ! -e /tmp/held ] && ((++seen == HOLD_AT)) || return 0
  : >/tmp/held
  echo "held before: $BASH_COMMAND"
  sleep 600
}
set -o functrace
trap hold DEBUG
"#;

/// The steps that make a directory a database. They are too short to be hit by time.
const LAST_STEPS: [(&str, usize); 5] = [
    ("sync *", 1),
    ("mv *", 1),
    ("mv *", 2),
    ("mv *", 3),
    ("rmdir *", 1),
];

#[tokio::test]
async fn postgres_16_makes_up_for_a_first_initialisation_that_is_killed_at_any_time() -> Result<()> {
    // With a fifth of a processor it takes about four seconds.
    let moments = [50, 150, 400, 800, 1200, 2000, 2800, 3600];
    Database::Postgres(POSTGRES).killed_after(moments, 200).await
}

#[tokio::test]
async fn postgres_16_makes_up_for_a_first_initialisation_that_is_killed_at_the_last() -> Result<()> {
    let postgres = Database::Postgres(POSTGRES);
    postgres.killed_before([("postgres --single*", 1)]).await?;
    postgres.killed_before(LAST_STEPS).await
}

/// The two versions share what follows, so these steps stand for the others.
#[tokio::test]
async fn postgres_15_makes_up_for_a_first_initialisation_that_is_killed() -> Result<()> {
    let steps = [("postgres --single*", 1), ("mv *", 2), ("mv *", 3)];
    Database::Postgres(POSTGRES_15).killed_before(steps).await
}

#[tokio::test]
async fn mysql_makes_up_for_a_first_initialisation_that_is_killed_at_any_time() -> Result<()> {
    // With half a processor it takes about ten seconds.
    Database::MySql.killed_after([300, 1500, 3500, 6000], 500).await
}

#[tokio::test]
async fn mysql_makes_up_for_a_first_initialisation_that_is_killed_at_the_last() -> Result<()> {
    // Before the accounts are there: upstream's next start would let root in without a password.
    let accounts = [("mysql --no-defaults*", 1), ("as_root mysqladmin*", 1)];
    Database::MySql.killed_before(accounts).await?;
    Database::MySql.killed_before(LAST_STEPS).await
}

#[tokio::test]
async fn mongodb_makes_up_for_a_first_initialisation_that_is_killed_at_any_time() -> Result<()> {
    // With half a processor it takes about five seconds.
    Database::MongoDb.killed_after([300, 1000, 1800, 2600], 500).await
}

#[tokio::test]
async fn mongodb_makes_up_for_a_first_initialisation_that_is_killed_at_the_last() -> Result<()> {
    // Before the user is there: upstream's next start would let nobody in.
    let user = [("mongo --quiet*", 1), ("run_scripts", 1)];
    Database::MongoDb.killed_before(user).await?;
    Database::MongoDb.killed_before(LAST_STEPS).await
}
