//! What the image `postgres:15` promises, as the document with several databases uses it.

use anyhow::{Result, ensure};
use stateproof::engine::Session as _;
use testcontainers::ImageExt;

use super::container::{Container, request};
use super::docker::POSTGRES_15;
use super::rows::write;
use super::server::{Server, configured, read};

const LEDGER: &str = "image";
const VOLUME: &str = "/var/lib/postgresql/data";
/// The document's probe.
const PROBE: &str = r#"pg_isready -U "$POSTGRES_USER" -d "$POSTGRES_DB" -h 127.0.0.1 -p 5432"#;

#[tokio::test]
async fn it_is_as_told_and_stays_so() -> Result<()> {
    let directory = format!("{VOLUME}/pgdata");
    let request = configured(request(POSTGRES_15)).with_env_var("PGDATA", &directory);
    let mut server = Server::start_with(request).await?;
    let session = server.session().await?;
    let facts = session.facts().await?;
    assert_eq!(facts.settings.get("data_directory"), Some(&directory));
    write(&session, LEDGER, 1..=3).await?;
    let container = &server.container;
    assert_eq!(
        container.output(PROBE).await?,
        "127.0.0.1:5432 - accepting connections"
    );
    let version = r#"psql -U "$POSTGRES_USER" "$POSTGRES_DB" -Atc 'show server_version_num'"#;
    let version = container.output(version).await?;
    ensure!(version.starts_with("15"), "{version}");
    // Of all of them the numbers count that a volume is left with.
    assert_eq!(
        container.output("stat -c %u:%g $PGDATA /proc/1").await?,
        "999:999\n999:999"
    );

    let idle = server.client().await?;
    server.container.stop().await?;
    assert_eq!(server.container.ended().await?, 0);
    drop(idle);

    server.start_again().await?;
    let log = server.container.server_log().await?;
    ensure!(log.contains("database system was shut down at"), "{log}");
    assert_eq!(read(&server.container, LEDGER).await?.keys, (1..=3).collect());
    Ok(())
}

#[tokio::test]
async fn the_probe_fails_before_there_is_a_server() -> Result<()> {
    let script = b"while :; do sleep 1; done".to_vec();
    let request =
        configured(request(POSTGRES_15)).with_copy_to("/docker-entrypoint-initdb.d/script.sh", script);
    let container = Container::start(request).await?;
    container
        .says("running /docker-entrypoint-initdb.d/script.sh")
        .await?;
    let ended = container.run(PROBE).await?;
    assert_eq!(
        (ended.code, &*ended.stdout),
        (2, "127.0.0.1:5432 - no response"),
        "{ended:?}"
    );
    Ok(())
}

#[tokio::test]
async fn it_runs_as_a_user_of_ones_own() -> Result<()> {
    let request = configured(request(POSTGRES_15))
        .with_env_var("PGDATA", format!("{VOLUME}/pgdata"))
        .with_user("1234:999");
    let server = Server::start_with(request).await?;
    write(&server.session().await?, LEDGER, 1..=3).await?;
    assert_eq!(
        server.container.output("stat -c %u $PGDATA /proc/1").await?,
        "1234\n1234"
    );
    Ok(())
}
