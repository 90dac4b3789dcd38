//! The first initialisation, killed on the way. The upstream image does not promise that it can be: killed in the
//! middle, it leaves a directory that the next start takes for a database. The stand-in promises it.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use testcontainers::ImageExt;

use super::container::{Container, Request, limited_request, request};
use super::docker::{POSTGRES, is_stand_in};
use super::server::{configured, log_in, open, read, write};

const LEDGER: &str = "first-start";

/// Kills the container once a condition holds, and starts it again: there must be a server that is as it was told to be.
/// Returns whether the kill came before the server did.
async fn killed(request: Request, when: impl AsyncFnOnce(&Container) -> Result<()>) -> Result<bool> {
    let mut container = Container::start(configured(request)).await?;
    when(&container).await?;
    container.kill().await?;
    let interrupted = !container.log().await?.contains("ready to accept connections");
    container.lift_limit().await?;
    container.start_again().await?;
    container.ready().await?;

    // They log in as the user and to the database that were asked for.
    write(&open(&container).await?, LEDGER, 1..=10).await?;
    let rows = read(&container, LEDGER).await?;
    ensure!(
        rows.keys == (1..=10).collect() && rows.corrupt.is_empty(),
        "of rows 1-10 there are {}",
        rows.keys
    );
    let query = "select 1 from pg_database where not datallowconn and datname <> 'template0'";
    ensure!(
        log_in(&container).await?.query(query, &[]).await?.is_empty(),
        "a database is closed"
    );
    Ok(interrupted)
}

#[tokio::test]
async fn a_first_initialisation_that_is_killed_at_any_time_is_made_up_for() -> Result<()> {
    if !is_stand_in(POSTGRES).await? {
        return Ok(());
    }
    // With a fifth of a processor it takes about four seconds.
    let runs = [50, 150, 400, 800, 1200, 2000, 2800, 3600].map(async |millis| {
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
        let interrupted = killed(limited_request(POSTGRES, Some(200)), at_the_moment).await;
        interrupted.with_context(|| format!("killed after {millis} ms"))
    });
    let interrupted = try_join_all(runs).await?.into_iter().filter(|&it| it).count();
    ensure!(
        interrupted >= 4,
        "only {interrupted} of 8 came before the initialisation was over"
    );
    Ok(())
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

/// The steps after `initdb`, that make a directory a database. They are too short to be hit by time.
#[tokio::test]
async fn a_first_initialisation_that_is_killed_between_its_last_steps_is_made_up_for() -> Result<()> {
    if !is_stand_in(POSTGRES).await? {
        return Ok(());
    }
    let runs = [
        ("postgres --single*", 1),
        ("sync *", 1),
        ("mv *", 1),
        ("mv *", 2),
        ("mv *", 3),
        ("rmdir *", 1),
    ];
    let runs = runs.map(async |(pattern, nth)| {
        let request = request(POSTGRES)
            .with_copy_to("/hold", HOLD.as_bytes().to_vec())
            .with_env_var("BASH_ENV", "/hold")
            .with_env_var("HOLD_BEFORE", pattern)
            .with_env_var("HOLD_AT", nth.to_string());
        let when_held = async |container: &Container| {
            tokio::select! {
                held = container.says("held before: ") => held,
                ready = container.ready() => { ready?; bail!("the server is up, and it never came to that") }
            }
        };
        let interrupted = killed(request, when_held).await;
        interrupted.with_context(|| format!("killed before number {nth} of: {pattern}"))
    });
    let interrupted = try_join_all(runs).await?;
    ensure!(
        interrupted.iter().all(|&it| it),
        "{interrupted:?}: a server was there already"
    );
    Ok(())
}
