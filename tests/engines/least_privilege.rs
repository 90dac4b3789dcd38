//! A user who may do nothing but keep the ledger is enough, as `docs/clusters.md` says which rights that takes; and a user
//! with less is told so in the server's words.

use anyhow::{Context, Result, ensure};
use mysql_async::prelude::Queryable;
use stateproof::engine::{Session, SessionError};
use stateproof::history::{Keys, WriteFate};
use stateproof::workload::{Credentials, Password};

use super::container::PATIENCE;
use super::mongo_server::{Mongo, keeper};
use super::mysql_server::{self, credentials};
use super::server::{self, open_at};

const LEDGER: &str = "lose-pod";
const PASSWORD: &str = "cl3rk's own";

/// Rows are written, read, and gone again, the table with them.
async fn keeps_a_ledger(session: &dyn Session) -> Result<()> {
    for key in 1..=5 {
        let fate = session.write(LEDGER, key, PATIENCE).await;
        ensure!(fate == WriteFate::Acknowledged, "{fate:?}");
    }
    let rows = session.read(LEDGER).await?;
    ensure!(rows.keys == (1..=5).collect::<Keys>(), "{:?}", rows.keys);
    let facts = session.facts().await.context("settings")?;
    ensure!(!facts.version.is_empty(), "it said no version");
    session.forget(LEDGER).await.context("removing the rows")
}

fn refused<T>(opened: Result<T, SessionError>, words: &str) {
    let Err(error) = opened else {
        panic!("a session was opened");
    };
    let error = error.to_string();
    assert!(error.to_lowercase().contains(words), "{error}");
}

#[tokio::test]
async fn a_schema_to_make_a_table_in_is_enough_for_postgresql() -> Result<()> {
    let server = server::Server::start().await?;
    let client = server.client().await?;
    client
        .batch_execute(
            "create role clerk login password 'cl3rk''s own'; revoke create on schema public from public",
        )
        .await?;
    let clerk = Credentials {
        user: "clerk".into(),
        password: Password::new(PASSWORD),
        ..server::credentials()
    };
    let address = server.container.address().await?;
    refused(
        open_at(address, &clerk).await,
        "permission denied for schema public",
    );

    client
        .batch_execute("grant create on schema public to clerk")
        .await?;
    keeps_a_ledger(&open_at(address, &clerk).await?).await?;
    let there = "select to_regclass('public.stateproof_ledger') is not null";
    assert!(!client.query_one(there, &[]).await?.try_get::<_, bool>(0)?);
    Ok(())
}

#[tokio::test]
async fn rights_in_one_table_are_enough_for_mysql() -> Result<()> {
    let server = mysql_server::Server::start().await?;
    let mut root = server.root().await?;
    let database = mysql_server::DATABASE;
    // It has a backtick in its name.
    let quoted = format!("`{}`", database.replace('`', "``"));
    root.query_drop(r#"create user clerk identified by "cl3rk's own""#)
        .await?;
    let rights = |which: &str| format!("grant {which} on {quoted}.stateproof_ledger to clerk");
    root.query_drop(rights("create, select")).await?;
    let clerk = credentials("clerk", PASSWORD, database);
    refused(server.open(&clerk).await, "command denied");

    root.query_drop(rights("insert, delete, drop")).await?;
    keeps_a_ledger(&server.open(&clerk).await?).await?;
    let left: Option<u64> = root
        .query_first("select count(*) from information_schema.tables where table_name = 'stateproof_ledger'")
        .await?;
    assert_eq!(left, Some(0));
    Ok(())
}

#[tokio::test]
async fn read_write_in_one_database_is_enough_for_mongodb() -> Result<()> {
    let mongo = Mongo::start_for(keeper("open sesame")).await?;
    let make = r#"mongo --quiet -u keeper -p "open sesame" admin --eval '
        db.createUser({user: "clerk", pwd: "clerk-own", roles: [{role: "read", db: "orders"}]});
        db.createUser({user: "writer", pwd: "clerk-own", roles: [{role: "readWrite", db: "orders"}]})'"#;
    mongo.container.output(make).await?;
    let user = |name: &str| Credentials {
        user: name.into(),
        ..keeper("clerk-own")
    };
    let reader = mongo.open_as(&user("clerk")).await?;
    let fate = reader.write(LEDGER, 1, PATIENCE).await;
    assert!(
        matches!(&fate, WriteFate::Refused(words) if words.contains("not authorized")),
        "{fate:?}"
    );
    keeps_a_ledger(&mongo.open_as(&user("writer")).await?).await?;
    let left = r#"mongo --quiet -u keeper -p "open sesame" --authenticationDatabase admin orders --eval '
        db.getCollectionNames().length'"#;
    assert_eq!(mongo.container.output(left).await?, "0");
    Ok(())
}
