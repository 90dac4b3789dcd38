//! What the image `mysql:8.0` promises.

use anyhow::{Result, ensure};
use testcontainers::ImageExt;

use super::container::{Container, request};
use super::docker::MYSQL;
use super::mysql_server::{Server, configured};

const VOLUME: &str = "/var/lib/mysql";
/// What a shell, a format, SQL, an option file and a URL would stumble over, and what is not ASCII.
const USER_PASSWORD: &str = r#"'"\%@#; $HOME `id`\n /?&é漢😀 -- \"#;
/// A user and a database that SQL would stumble over.
const USER: &str = r"o'k\eeper";
const DATABASE: &str = "or`de_rs";
/// The user's client, over TCP.
const CLIENT: &str = r#"mysql --batch --skip-column-names --host=127.0.0.1 --user="$MYSQL_USER""#;
/// Root's.
const ROOT: &str =
    r#"mysql --batch --skip-column-names --host=127.0.0.1 --user=root --password="$MYSQL_ROOT_PASSWORD""#;
/// A document's probe, but that it quotes the password.
const PING: &str = r#"mysqladmin ping -uroot -p"$MYSQL_ROOT_PASSWORD""#;

/// Two hundred characters, each that there is on a keyboard among them.
fn root_password() -> String {
    (0..200).map(|index| char::from(b' ' + index % 95)).collect()
}

#[tokio::test]
async fn it_is_as_told_and_stays_so() -> Result<()> {
    let lost_and_found = tempfile::tempdir()?;
    let script = b"create table from_sql as select current_user() as who".to_vec();
    let shell = b"echo \"it runs as $(id -u) for $MYSQL_DATABASE\"".to_vec();
    let request = request(MYSQL)
        .with_env_var("MYSQL_ROOT_PASSWORD", root_password())
        .with_env_var("MYSQL_DATABASE", DATABASE)
        .with_env_var("MYSQL_USER", USER)
        .with_env_var("MYSQL_PASSWORD", USER_PASSWORD)
        .with_copy_to("/etc/mysql/conf.d/my.cnf", b"[mysqld]\nsync_binlog=7\n".to_vec())
        // A document mounts a value there that is no configuration.
        .with_copy_to("/etc/mysql/conf.d/charset.ignore", b"utf8mb4".to_vec())
        .with_copy_to("/docker-entrypoint-initdb.d/1.sql", script)
        .with_copy_to("/docker-entrypoint-initdb.d/2.sh", shell)
        // What the root of a file system has, MySQL overlooks.
        .with_copy_to(format!("{VOLUME}/lost+found"), lost_and_found.path());
    let mut server = Server::start_with(request).await?;
    server.container.says("it runs as 999 for or`de_rs").await?;
    let container = &server.container;

    // The user's password, and its twin.
    let who =
        format!(r#"{CLIENT} --password="$MYSQL_PASSWORD" "$MYSQL_DATABASE" -e 'select who from from_sql'"#);
    assert_eq!(container.output(&who).await?, "root@localhost");
    let wrong = format!(r#"{CLIENT} --password="x$MYSQL_PASSWORD" -e 'select 1'"#);
    let ended = container.run(&wrong).await?;
    ensure!(
        ended.code == 1 && ended.stderr.contains("Access denied"),
        "{ended:?}"
    );
    let others = format!(r#"{CLIENT} --password="$MYSQL_PASSWORD" -e 'create database `or``deXrs`'"#);
    let ended = container.run(&others).await?;
    ensure!(
        ended.code == 1 && ended.stderr.contains("Access denied"),
        "{ended:?}"
    );

    // Root's, on the socket too.
    assert_eq!(container.output(PING).await?, "mysqld is alive");
    let ended = container.run("mysql --user=root -e 'select 1'").await?;
    ensure!(
        ended.code == 1 && ended.stderr.contains("Access denied"),
        "{ended:?}"
    );
    let settings = format!("{ROOT} -e 'select @@sync_binlog, @@character_set_server, current_user()'");
    assert_eq!(container.output(&settings).await?, "7\tutf8mb4\troot@%");
    assert_eq!(
        container
            .output("stat -c %u:%g /var/lib/mysql/mysql /proc/1")
            .await?,
        "999:999\n999:999"
    );

    let filled = format!(r#"{ROOT} "$MYSQL_DATABASE" -e 'create table t (i int); insert into t values (1)'"#);
    container.output(&filled).await?;
    container.stop().await?;
    assert_eq!(container.ended().await?, 0);

    server.start_again().await?;
    let log = server.container.server_log().await?;
    ensure!(!log.contains("Starting XA crash recovery"), "{log}");
    ensure!(!log.contains("initializing of server"), "{log}");
    let read = format!(r#"{CLIENT} --password="$MYSQL_PASSWORD" "$MYSQL_DATABASE" -e 'select i from t'"#);
    assert_eq!(server.container.output(&read).await?, "1");
    Ok(())
}

/// As upstream: a probe by the socket takes the server of the first initialisation for the real one.
#[tokio::test]
async fn a_ping_succeeds_on_a_server_that_nobody_gets_in_to_over_tcp() -> Result<()> {
    let script = format!(
        "{PING} && ! mysqladmin ping --host=127.0.0.1 --port=3306 2>&1 && echo met nobody over TCP\nsleep 600"
    );
    let request =
        configured(request(MYSQL)).with_copy_to("/docker-entrypoint-initdb.d/script.sh", script.into_bytes());
    let container = Container::start(request).await?;
    container.says("met nobody over TCP").await?;
    assert_eq!(container.output(PING).await?, "mysqld is alive");
    ensure!(container.run(&format!("{ROOT} -e 'select 1'")).await?.code == 1);
    Ok(())
}

/// Read by every bash before its script: leaves the lock of a server that was killed, with the number of a process that
/// lives, as it may have been given to another one since.
const LOCK: &str = "
[ -e /tmp/locked ] || { : >/tmp/locked; setpriv --reuid=mysql sleep 600 & echo $! >/var/run/mysqld/mysqld.sock.lock; }
";

#[tokio::test]
async fn a_lock_that_a_killed_server_has_left_is_not_believed() -> Result<()> {
    let request = configured(request(MYSQL))
        .with_copy_to("/lock", LOCK.as_bytes().to_vec())
        .with_env_var("BASH_ENV", "/lock");
    let server = Server::start_with(request).await?;
    assert_eq!(
        server
            .container
            .output("cat /tmp/locked && pidof sleep | wc -w")
            .await?,
        "1"
    );
    Ok(())
}

#[tokio::test]
async fn it_ends_and_says_why_where_it_cannot_be_initialised() -> Result<()> {
    let container = Container::start(request(MYSQL)).await?;
    ensure!(container.ended().await? != 0, "it ended well without a password");
    let log = container.log().await?;
    ensure!(log.contains("MYSQL_ROOT_PASSWORD"), "{log}");

    let present = configured(request(MYSQL)).with_copy_to(format!("{VOLUME}/notes.txt"), b"mine".to_vec());
    let container = Container::start(present).await?;
    ensure!(
        container.ended().await? != 0,
        "it ended well on a directory that is not empty"
    );
    let log = container.log().await?;
    ensure!(log.contains("the data directory has files in it"), "{log}");
    ensure!(!log.contains("ready for connections"), "{log}");
    Ok(())
}

#[tokio::test]
async fn it_runs_as_a_user_of_ones_own() -> Result<()> {
    let request = configured(request(MYSQL)).with_user("1234:999");
    let server = Server::start_with(request).await?;
    assert_eq!(
        server
            .container
            .output("stat -c %u /var/lib/mysql/mysql /proc/1")
            .await?,
        "1234\n1234"
    );
    Ok(())
}
