//! What the images say of themselves, and what `postgres:16-alpine` promises, the stand-in as well as the upstream one.

use std::time::Duration;

use anyhow::{Result, ensure};
use stateproof::engine::Session as _;
use testcontainers::ImageExt;
use tokio::time::MissedTickBehavior;

use super::container::{Container, request, within};
use super::docker::{self, MONGO, MYSQL, NGINX, POSTGRES, POSTGRES_15};
use super::rows::write;
use super::server::{DATABASE, LoginError, Server, USER, configured, log_in, open, read};

const LEDGER: &str = "image";
const VOLUME: &str = "/var/lib/postgresql/data";

#[tokio::test]
async fn a_stand_in_says_what_it_is() -> Result<()> {
    for (image, contents) in [
        (POSTGRES, "PostgreSQL) 16."),
        (POSTGRES_15, "PostgreSQL) 15."),
        (MYSQL, "MySQL 9."),
        (MYSQL, "which is not 8.0"),
        (MONGO, "MongoDB 4.4."),
        (MONGO, "mongosh"),
        (NGINX, "nginx 1."),
    ] {
        let labels = docker::labels(image).await?;
        // An image without the first label is the upstream one, which has neither.
        let stand_in = docker::is_stand_in(image).await?;
        let contains = labels.get("io.stateproof.contains");
        assert_eq!(contains.is_some(), stand_in, "{labels:?}");
        if let Some(contains) = contains {
            assert_eq!(labels["io.stateproof.stand-in-for"], String::from(image));
            assert!(contains.contains(contents), "{labels:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn database_and_user_are_made_as_told() -> Result<()> {
    // That the password is the one that was set, the engine's tests prove, with its twin.
    let server = Server::start().await?;
    let query = "select current_database()::text, current_user::text, rolsuper from pg_roles where rolname = current_user";
    let row = server.client().await?.query_one(query, &[]).await?;
    assert_eq!(row.get::<_, &str>(0), DATABASE);
    assert_eq!(row.get::<_, &str>(1), USER);
    assert!(row.get::<_, bool>(2), "{USER} is no superuser");
    Ok(())
}

#[tokio::test]
async fn without_a_password_it_ends_and_names_the_variable() -> Result<()> {
    let container = Container::start(request(POSTGRES)).await?;
    ensure!(container.ended().await? != 0, "it ended well without a password");
    let log = container.log().await?;
    ensure!(log.contains("POSTGRES_PASSWORD"), "{log}");
    ensure!(!log.contains("ready to accept connections"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_file_systems_lost_and_found_is_in_the_way_of_initdb() -> Result<()> {
    let empty = tempfile::tempdir()?;
    let request = configured(request(POSTGRES)).with_copy_to(format!("{VOLUME}/lost+found"), empty.path());
    let container = Container::start(request).await?;
    ensure!(
        container.ended().await? != 0,
        "it ended well on a directory that is not empty"
    );
    let log = container.log().await?;
    ensure!(log.contains("lost+found") || log.contains("not empty"), "{log}");
    ensure!(!log.contains("ready to accept connections"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_subdirectory_for_pgdata_gets_around_lost_and_found() -> Result<()> {
    let empty = tempfile::tempdir()?;
    let directory = format!("{VOLUME}/pgdata");
    let request = configured(request(POSTGRES))
        .with_copy_to(format!("{VOLUME}/lost+found"), empty.path())
        .with_env_var("PGDATA", &directory);
    let mut server = Server::start_with(request).await?;
    let session = server.session().await?;
    assert_eq!(
        session.facts().await?.settings.get("data_directory"),
        Some(&directory)
    );
    write(&session, LEDGER, 1..=3).await?;

    server.container.stop().await?;
    server.start_again().await?;
    assert_eq!(read(&server.container, LEDGER).await?.keys, (1..=3).collect());
    Ok(())
}

/// While the image initialises the database it runs a server for its own scripts. Whoever gets in over TCP must never
/// meet that one: it goes away again, and a readiness probe would have taken it for the real one.
#[tokio::test]
async fn nobody_gets_in_over_tcp_before_the_initialisation_is_over() -> Result<()> {
    // It leaves word of the server that ran it, and keeps that server up long enough to be met.
    let script = "create table initialisation as select pg_postmaster_start_time()::text as started;
        select pg_sleep(1);";
    let script = script.as_bytes().to_vec();
    let request =
        configured(request(POSTGRES)).with_copy_to("/docker-entrypoint-initdb.d/script.sql", script);
    let container = Container::start(request).await?;

    // A port that is not open yet cannot be watched, only tried.
    let mut tries = tokio::time::interval(Duration::from_millis(25));
    tries.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answered = false;
    let mut refused = 0;
    let mut started = Vec::new();
    within("twenty sessions", async {
        while started.len() < 20 {
            tries.tick().await;
            match log_in(&container).await {
                Ok(client) => {
                    let row = client
                        .query_one("select pg_postmaster_start_time()::text", &[])
                        .await?;
                    started.push(row.get::<_, String>(0));
                }
                // "The database system is starting up" is the server's own answer, so its port is open.
                Err(LoginError::Driver(error)) if error.as_db_error().is_some() => answered = true,
                Err(error) => {
                    ensure!(
                        !answered && started.is_empty(),
                        "a server that had answered was gone: {error}"
                    );
                    refused += 1;
                }
            }
        }
        Ok(())
    })
    .await?;

    let client = log_in(&container).await?;
    let script_ran_on: String = client
        .query_one("select started from initialisation", &[])
        .await?
        .get(0);
    ensure!(
        started.iter().all(|time| *time == started[0]),
        "several servers were met: {started:?}"
    );
    ensure!(
        started[0] != script_ran_on,
        "the server of the initialisation was met"
    );
    ensure!(
        refused > 20,
        "only {refused} tries came before the server: the initialisation was not watched"
    );
    Ok(())
}

#[tokio::test]
async fn the_stop_signal_ends_the_server_though_a_client_is_connected() -> Result<()> {
    let mut server = Server::start().await?;
    write(&server.session().await?, LEDGER, 1..=3).await?;
    let idle = server.client().await?;
    idle.batch_execute("select 1").await?;

    server.container.stop().await?;
    assert_eq!(server.container.ended().await?, 0);

    server.start_again().await?;
    let log = server.container.server_log().await?;
    ensure!(log.contains("database system was shut down at"), "{log}");
    ensure!(!log.contains("not properly shut down"), "{log}");
    assert_eq!(read(&server.container, LEDGER).await?.keys, (1..=3).collect());

    // The twin: what Kubernetes and Docker send to images that do not say otherwise waits for the client.
    let idle = server.client().await?;
    server.container.signal("SIGTERM").await?;
    let ended = tokio::time::timeout(Duration::from_secs(1), server.container.ended()).await;
    ensure!(ended.is_err(), "SIGTERM did not wait for the client");
    drop(idle);
    assert_eq!(server.container.ended().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_killed_server_recovers() -> Result<()> {
    let mut server = Server::start().await?;
    let session = open(&server.container).await?;
    write(&session, LEDGER, 1..=100).await?;

    server.container.kill().await?;
    server.start_again().await?;
    let log = server.container.server_log().await?;
    ensure!(
        log.contains("not properly shut down; automatic recovery in progress"),
        "{log}"
    );
    let rows = read(&server.container, LEDGER).await?;
    assert_eq!(rows.keys, (1..=100).collect());
    ensure!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);
    Ok(())
}
