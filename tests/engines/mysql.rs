//! The adapter for MySQL: what it says of rows that are whole, altered, lost, refused or in doubt.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::{join_all, try_join_all};
use mysql_async::Value;
use mysql_async::prelude::Queryable;
use stateproof::engine::mysql::Session;
use stateproof::engine::{Session as _, SessionError};
use stateproof::history::{Keys, WriteFate};
use stateproof::workload::LEDGER_DATABASE;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::container::{PATIENCE, within};
use super::mysql_server::{DATABASE, PASSWORD, ROOT, Server, USER, attempt_at, credentials, keeper};
use super::rows::write;

const LEDGER: &str = "lose-pod";

fn keys(keys: impl IntoIterator<Item = u64>) -> Keys {
    keys.into_iter().collect()
}

/// One server for all of them: it takes as long to start as everything here together.
#[tokio::test]
async fn rows_are_whole_or_altered_there_or_not() -> Result<()> {
    let server = Server::start().await?;
    let (session, mut root) = (server.session().await?, server.root().await?);

    // The last of them is beyond what a signed bigint can hold.
    let written = [0, 1, 2, 7, u64::MAX];
    write(&session, "whole", written).await?;
    let rows = server.read("whole").await?;
    assert_eq!(rows.keys, keys(written));
    assert!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);

    // Somebody alters rows.
    write(&session, "altered", 1..=7).await?;
    for tampering in [
        "update stateproof_ledger set payload = insert(payload, 9, 1, 'x') where ledger = 'altered' and `key` = 2",
        "update stateproof_ledger set checksum = checksum + 1 where ledger = 'altered' and `key` = 3",
        "update stateproof_ledger set checksum = -1 where ledger = 'altered' and `key` = 4",
        "update stateproof_ledger mine join stateproof_ledger other using (ledger)
            set mine.payload = other.payload, mine.checksum = other.checksum
            where mine.ledger = 'altered' and mine.`key` = 5 and other.`key` = 6",
        "update stateproof_ledger set payload = upper(payload) where ledger = 'altered' and `key` = 7",
    ] {
        root.query_drop(tampering).await?;
        assert_eq!(root.affected_rows(), 1, "{tampering}");
    }
    let rows = server.read("altered").await?;
    assert_eq!(rows.keys, keys(1..=7));
    assert_eq!(rows.corrupt, keys([2, 3, 4, 5, 7]));

    // Somebody deletes one.
    write(&session, "deleted", 1..=3).await?;
    root.query_drop("delete from stateproof_ledger where ledger = 'deleted' and `key` = 2")
        .await?;
    let rows = server.read("deleted").await?;
    assert_eq!(rows.keys, keys([1, 3]));
    assert!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);

    // A refusal costs the row, not the session.
    write(&session, "twice", [1]).await?;
    let fate = session.write("twice", 1, PATIENCE).await;
    assert!(
        matches!(&fate, WriteFate::Refused(words) if words.contains("1062")),
        "{fate:?}"
    );
    write(&session, "twice", [2]).await?;
    assert!(!session.is_closed());

    // Ledgers in one table are kept apart, also where their names differ in case only.
    for (ledger, written) in [("first", 1..=3), ("second", 3..=5), ("First", 7..=7)] {
        write(&session, ledger, written.clone()).await?;
        let rows = session.read(ledger).await?;
        assert_eq!(
            (rows.keys, rows.corrupt),
            (keys(written), Keys::default()),
            "{ledger}"
        );
    }
    assert!(session.read("third").await?.keys.is_empty());

    // Rows written at once, some given up before they are answered: no answer is taken for another's.
    let many = (1..=200).map(|key| session.write("at-once", key, PATIENCE));
    let fates = within("rows written at once", async { Ok(join_all(many).await) }).await?;
    assert!(
        fates.iter().all(|fate| *fate == WriteFate::Acknowledged),
        "{fates:?}"
    );
    for key in 201..=240 {
        let moment = Duration::from_micros(50 * (key - 200));
        drop(tokio::time::timeout(moment, session.write("at-once", key, PATIENCE)).await);
    }
    let fate = session.write("at-once", 7, PATIENCE).await;
    assert!(matches!(fate, WriteFate::Refused(_)), "{fate:?}");
    assert_eq!(
        session.write("at-once", 241, PATIENCE).await,
        WriteFate::Acknowledged
    );
    let rows = session.read("at-once").await?;
    assert!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);
    assert!(keys(1..=200).difference(&rows.keys).is_empty(), "{}", rows.keys);
    Ok(())
}

#[tokio::test]
async fn the_running_server_says_what_durability_depends_on() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;

    let mut root = server.root().await?;
    let facts = session.facts().await?;
    let version: Option<String> = root.query_first("select version()").await?;
    let version = version.context("a version")?;
    assert!(facts.version.starts_with(&version), "{}", facts.version);
    for (name, value) in [
        ("innodb_flush_log_at_trx_commit", "1"),
        ("sync_binlog", "1"),
        ("innodb_doublewrite", "ON"),
        ("character_set_server", "utf8mb4"),
        ("datadir", "/var/lib/mysql/"),
    ] {
        assert_eq!(
            facts.settings.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    let host: Option<String> = root.query_first("select @@hostname").await?;
    assert_eq!(session.server(), host.as_deref());

    // The twin: it is the server that is asked, not the manual.
    root.query_drop("set global innodb_flush_log_at_trx_commit = 2, global sync_binlog = 0")
        .await?;
    let facts = session.facts().await?;
    for (name, value) in [("innodb_flush_log_at_trx_commit", "2"), ("sync_binlog", "0")] {
        assert_eq!(
            facts.settings.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    Ok(())
}

/// The table, and where the manifest asks for no database the ledger's own, are made by whoever comes first.
#[tokio::test]
async fn several_sessions_may_be_opened_at_once_on_an_empty_server() -> Result<()> {
    let server = Server::start().await?;
    let root = credentials("root", ROOT, LEDGER_DATABASE);
    for (credentials, drop) in [
        (keeper(), "drop table if exists stateproof_ledger".to_owned()),
        (root, format!("drop database if exists {LEDGER_DATABASE}")),
    ] {
        for _ in 0..3 {
            server.root().await?.query_drop(&drop).await?;
            let sessions = try_join_all((0..4).map(|_| server.open(&credentials))).await?;
            for (session, key) in sessions.iter().zip(1..) {
                write(session, LEDGER, [key]).await?;
            }
            assert_eq!(sessions[0].read(LEDGER).await?.keys, keys(1..=4));
        }
    }

    // The twin: another database that is missing is not made, and one that the user may not make is not either.
    for (credentials, code) in [
        (credentials("root", ROOT, "elsewhere"), "1049"),
        (credentials(USER, PASSWORD, "mysql"), "1044"),
    ] {
        let error = server.open(&credentials).await.err().context("a session")?;
        assert!(error.to_string().contains(code), "{error}");
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
    let rows = server.read(LEDGER).await?;

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
    writes_in_doubt("SIGTERM").await
}

#[tokio::test]
async fn passwords_of_every_kind_open_and_wrong_ones_do_not() -> Result<()> {
    let server = Server::start().await?;
    let mut root = server.root().await?;

    let wrong = credentials(USER, "drowssap-gnorw", DATABASE);
    let error = server.open(&wrong).await.err();
    let error = error.context("the server let somebody in with a wrong password")?;
    let words = format!("{error} {error:?}");
    assert!(error.to_string().contains("1045"), "{words}");
    assert!(
        !words.contains("drowssap-gnorw") && !words.contains(PASSWORD),
        "{words}"
    );
    // The twin: with the right one it opens.
    server.session().await?;

    let long = "0123456789 \"'\\%@`$"
        .chars()
        .cycle()
        .take(200)
        .collect::<String>();
    let longest = "x".repeat(213);
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
        "\\'; drop table x; --",
        "päßwörd-密码-🔑",
        &long,
        &longest,
    ] {
        // A new verifier: the server knows no shorter way to check it yet, so that the whole exchange is made.
        let literal = Value::from(password).as_sql(false);
        root.query_drop(format!("alter user {USER} identified by {literal}"))
            .await?;
        let session = server.open(&credentials(USER, password, DATABASE)).await;
        let session = session.with_context(|| format!("with {} characters", password.chars().count()))?;
        write(&session, "passwords", [1]).await?;
        let error = server
            .open(&credentials(USER, &format!("{password}x"), DATABASE))
            .await
            .err();
        let error = error.context("the server let somebody in with a wrong password")?;
        assert!(
            !error.to_string().contains(password) || password.len() == 1,
            "{error}"
        );
        root.query_drop("delete from stateproof_ledger").await?;
    }

    let beyond = server
        .open(&credentials(USER, &"x".repeat(214), DATABASE))
        .await
        .err();
    let beyond = beyond
        .context("a password that no RSA message holds")?
        .to_string();
    assert!(
        beyond.contains("214 bytes") && !beyond.contains("xxx"),
        "{beyond}"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() -> Result<()> {
    // It is never asked to accept: the kernel completes the handshake, and nobody answers.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;

    let start = Instant::now();
    let opening = async { Ok(attempt_at(address, &keeper()).await) };
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

    let opening = async { Ok(attempt_at(address, &keeper()).await) };
    let error = within("the end of the login", opening)
        .await?
        .err()
        .context("a session with nobody")?;
    assert!(matches!(error, SessionError::Server(_)), "{error:?}");
    Ok(())
}

/// Nothing of the password is sent in the clear, and nothing at all before the server has spoken.
#[tokio::test]
async fn a_server_that_asks_for_the_password_in_the_clear_does_not_get_it() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        // Protocol 10 with `mysql_clear_password` (MySQL's manual, "Client/Server Protocol", HandshakeV10).
        let mut greeting = b"\x0a8.0.36\0\x01\0\0\0abcdefgh\0\xff\xf7\xff\x02\0\xff\xdf\x15".to_vec();
        greeting.extend_from_slice(&[0; 10]);
        greeting.extend_from_slice(b"ijklmnopqrst\0mysql_clear_password\0");
        let length = u8::try_from(greeting.len())?;
        tokio::io::AsyncWriteExt::write_all(&mut stream, &[&[length, 0, 0, 0], &greeting[..]].concat())
            .await?;
        let mut received = Vec::new();
        let reading = stream.read_to_end(&mut received);
        drop(tokio::time::timeout(Duration::from_secs(8), reading).await);
        anyhow::Ok(received)
    });
    let opening = async { Ok(attempt_at(address, &keeper()).await) };
    let opened = within("the end of the login", opening).await?;
    ensure!(opened.is_err(), "a session with a thief");
    let received = within("what was sent", async { server.await? }).await?;
    let received = String::from_utf8_lossy(&received).into_owned();
    ensure!(!received.contains(PASSWORD), "{received:?}");
    Ok(())
}
