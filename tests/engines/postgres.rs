//! The adapter for PostgreSQL: what it says of rows that are whole, altered, lost, refused or in doubt.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::{join_all, try_join_all};
use stateproof::engine::postgres::Session;
use stateproof::engine::{Session as _, SessionError};
use stateproof::history::{Keys, WriteFate};
use stateproof::workload::Password;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::container::{PATIENCE, within};
use super::rows::write;
use super::server::{PASSWORD, Server, USER, attempt_at, credentials, open, open_at, read};

const LEDGER: &str = "lose-pod";

fn keys(keys: impl IntoIterator<Item = u64>) -> Keys {
    keys.into_iter().collect()
}

#[tokio::test]
async fn rows_written_are_read_back_whole() -> Result<()> {
    let server = Server::start().await?;
    // The last of them is beyond what PostgreSQL's bigint can hold as a positive number.
    let written = [0, 1, 2, 7, u64::MAX];
    write(&server.session().await?, LEDGER, written).await?;

    let rows = read(&server.container, LEDGER).await?;
    assert_eq!(rows.keys, keys(written));
    assert!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);
    Ok(())
}

#[tokio::test]
async fn a_row_altered_by_somebody_else_is_corrupt() -> Result<()> {
    let server = Server::start().await?;
    write(&server.session().await?, LEDGER, 1..=6).await?;

    let tampering = "
        update stateproof_ledger set payload = overlay(payload placing 'x' from 9) where key = 2;
        update stateproof_ledger set checksum = checksum + 1 where key = 3;
        update stateproof_ledger set checksum = -1 where key = 4;
        update stateproof_ledger mine set payload = other.payload, checksum = other.checksum
            from stateproof_ledger other where mine.key = 5 and other.key = 6;";
    server.client().await?.batch_execute(tampering).await?;

    let rows = read(&server.container, LEDGER).await?;
    assert_eq!(rows.keys, keys(1..=6));
    assert_eq!(rows.corrupt, keys(2..=5));
    Ok(())
}

#[tokio::test]
async fn a_row_deleted_by_somebody_else_is_missing() -> Result<()> {
    let server = Server::start().await?;
    write(&server.session().await?, LEDGER, 1..=3).await?;

    let deletion = "delete from stateproof_ledger where key = 2";
    assert_eq!(server.client().await?.execute(deletion, &[]).await?, 1);

    let rows = read(&server.container, LEDGER).await?;
    assert_eq!(rows.keys, keys([1, 3]));
    assert!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);
    Ok(())
}

#[tokio::test]
async fn a_key_written_twice_is_refused() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;
    write(&session, LEDGER, [1]).await?;

    let fate = session.write(LEDGER, 1, PATIENCE).await;
    assert!(
        matches!(&fate, WriteFate::Refused(words) if words.contains("23505")),
        "{fate:?}"
    );
    // A refusal costs the row, not the session.
    write(&session, LEDGER, [2]).await?;
    assert!(!session.is_closed());
    Ok(())
}

#[tokio::test]
async fn two_ledgers_in_one_table_are_kept_apart() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;
    write(&session, "first", 1..=3).await?;
    write(&session, "second", 3..=5).await?;

    for (ledger, expected) in [
        ("first", keys(1..=3)),
        ("second", keys(3..=5)),
        ("third", Keys::default()),
    ] {
        let rows = session.read(ledger).await?;
        assert_eq!(rows.keys, expected, "of {ledger}");
        assert!(
            rows.corrupt.is_empty(),
            "{} of {ledger} are corrupt",
            rows.corrupt
        );
    }
    // A row that got into the wrong ledger is not that ledger's row.
    let swap = "update stateproof_ledger set ledger = 'third' where ledger = 'first' and key = 1";
    server.client().await?.batch_execute(swap).await?;
    assert_eq!(session.read("third").await?.corrupt, keys([1]));
    Ok(())
}

#[tokio::test]
async fn the_running_server_says_what_durability_depends_on() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;

    let facts = session.facts().await?;
    assert!(facts.version.starts_with("PostgreSQL 16"), "{}", facts.version);
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(facts.settings.get(name).map(String::as_str), Some("on"), "{name}");
    }
    let directory = facts.settings.get("data_directory").map(String::as_str);
    assert_eq!(directory, Some("/var/lib/postgresql/data"));

    // The twin: it is the server that is asked, not the manual.
    let client = server.client().await?;
    client.execute("alter system set fsync = off", &[]).await?;
    client.execute("select pg_reload_conf()", &[]).await?;
    let facts = server.session().await?.facts().await?;
    assert_eq!(facts.settings.get("fsync").map(String::as_str), Some("off"));
    Ok(())
}

/// PostgreSQL's `CREATE TABLE IF NOT EXISTS` is no protection: of two at once, one may fail.
#[tokio::test]
async fn several_sessions_may_be_opened_at_once_on_an_empty_database() -> Result<()> {
    let server = Server::start().await?;
    let client = server.client().await?;
    for _ in 0..3 {
        client
            .batch_execute("drop table if exists stateproof_ledger")
            .await?;
        let sessions = try_join_all((0..4).map(|_| server.session())).await?;
        for (session, key) in sessions.iter().zip(1..) {
            write(session, LEDGER, [key]).await?;
        }
        assert_eq!(read(&server.container, LEDGER).await?.keys, keys(1..=4));
    }
    Ok(())
}

/// Writes with several sessions at once until each has had an answer other than an acknowledgement. Says through the
/// channel how many rows are acknowledged so far.
async fn write_until_the_end(sessions: &[Session], count: &watch::Sender<usize>) -> Vec<(u64, WriteFate)> {
    let writers = sessions.iter().zip(0_u64..).map(async |(session, writer)| {
        let mut fates = Vec::new();
        for key in (writer << 32).. {
            let fate = session.write(LEDGER, key, PATIENCE).await;
            let ended = fate != WriteFate::Acknowledged;
            fates.push((key, fate));
            if ended {
                break;
            }
            count.send_modify(|count| *count += 1);
        }
        fates
    });
    join_all(writers).await.concat()
}

/// Ends the server with a signal while writes are under way.
async fn writes_in_doubt(signal: &str) -> Result<()> {
    let mut server = Server::start().await?;
    let sessions = try_join_all((0..4).map(|_| server.session())).await?;
    let (count, mut counted) = watch::channel(0);
    let ending = Box::pin(async {
        counted.wait_for(|&count| count >= 200).await?;
        server.container.signal(signal).await
    });
    let writing = Box::pin(async { Ok(write_until_the_end(&sessions, &count).await) });
    let (fates, ()) = within("the writes' end", async { tokio::try_join!(writing, ending) }).await?;
    server.container.ended().await?;
    server.start_again().await?;
    let rows = read(&server.container, LEDGER).await?;

    let refused: Vec<_> = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, WriteFate::Refused(_)))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    let of = |acknowledged: bool| {
        let wanted = fates
            .iter()
            .filter(|(_, fate)| (*fate == WriteFate::Acknowledged) == acknowledged);
        wanted.map(|&(key, _)| key).collect::<Keys>()
    };
    let (acknowledged, unknown) = (of(true), of(false));
    assert_eq!(unknown.len(), 4, "one for each session");
    let lost = acknowledged.difference(&rows.keys);
    assert!(lost.is_empty(), "acknowledged and lost: {lost}");
    let phantom = rows.keys.difference(&acknowledged.union(&unknown));
    assert!(phantom.is_empty(), "never written: {phantom}");
    assert!(rows.corrupt.is_empty(), "corrupt: {}", rows.corrupt);
    for session in &sessions {
        assert!(session.is_closed());
    }
    Ok(())
}

#[tokio::test]
async fn a_write_under_way_when_the_server_is_killed_is_in_doubt() -> Result<()> {
    writes_in_doubt("SIGKILL").await
}

#[tokio::test]
async fn a_write_under_way_when_the_server_shuts_down_is_in_doubt() -> Result<()> {
    writes_in_doubt("SIGINT").await
}

#[tokio::test]
async fn a_wrong_password_is_an_error_that_does_not_tell_it() -> Result<()> {
    let server = Server::start().await?;
    let mut credentials = credentials();
    credentials.password = Password::new("drowssap-gnorw");

    let opened = open_at(server.container.address().await?, &credentials).await;
    let error = opened
        .err()
        .context("the server let somebody in with a wrong password")?;
    let words = format!("{error} {error:?}");
    assert!(error.to_string().contains("28P01"), "{words}");
    assert!(!words.contains("drowssap-gnorw"), "{words}");
    assert!(!words.contains(PASSWORD), "{words}");
    // The twin: with the right one it opens.
    open(&server.container).await?;
    Ok(())
}

#[tokio::test]
async fn passwords_of_every_kind_open() -> Result<()> {
    let server = Server::start().await?;
    let (client, address) = (server.client().await?, server.container.address().await?);
    let long = "0123456789 \"'\\%@`$äß密"
        .chars()
        .cycle()
        .take(200)
        .collect::<String>();
    for password in [
        "'",
        "\"",
        "\\",
        "%",
        "@",
        "%41",
        "a@b:c/d?e#f",
        "$(HOME)",
        "`",
        " ",
        "päßwörd-密码-🔑",
        &long,
    ] {
        let literal = password.replace('\'', "''");
        client
            .batch_execute(&format!("alter role {USER} password '{literal}'"))
            .await?;
        let mut credentials = credentials();
        credentials.password = Password::new(password);
        let session = open_at(address, &credentials).await;
        session.with_context(|| format!("with {} characters", password.chars().count()))?;
        credentials.password = Password::new(format!("{password}x"));
        let error = open_at(address, &credentials).await.err();
        let error = error.context("the server let somebody in with a wrong password")?;
        ensure!(error.to_string().contains("28P01"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() -> Result<()> {
    // It is never asked to accept: the kernel completes the handshake, and nobody answers.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;

    let start = Instant::now();
    let opening = async { Ok(attempt_at(address, &credentials()).await) };
    let error = within("the adapter's own deadline", opening)
        .await?
        .err()
        .context("a session with nobody")?;
    assert!(matches!(error, SessionError::TimedOut { .. }), "{error:?}");
    assert_eq!(error.to_string(), "no answer to the login within 5 s");
    let waited = start.elapsed();
    ensure!(waited >= Duration::from_secs(5), "{waited:?}");
    Ok(())
}

#[tokio::test]
async fn a_connection_that_is_cut_during_the_login_is_an_error() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { drop(listener.accept().await) });

    let opening = async { Ok(attempt_at(address, &credentials()).await) };
    let error = within("the end of the login", opening)
        .await?
        .err()
        .context("a session with nobody")?;
    assert!(matches!(error, SessionError::Server(_)), "{error:?}");
    // Whether it was closed or reset depends on what had been sent by then.
    let words = error.to_string();
    assert!(
        words.contains("connection closed") || words.contains("reset by peer"),
        "{words}"
    );
    Ok(())
}
