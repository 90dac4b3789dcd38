//! What the image `mongo:4.4` promises, as the document with a replica set uses it.

use anyhow::{Result, ensure};
use testcontainers::ImageExt;

use super::container::{Container, request};
use super::docker::MONGO;
use super::mongo_server::{Mongo, keeper, nobody};

/// What a shell, JavaScript and a URL would stumble over, and what is not ASCII.
const PASSWORD: &str = r#"'"\%@#; $HOME `id`\n /?&é漢 -- \"#;

/// The document's script, with the shell that the image has in place of the one that it has not.
const INITIATION: &str = r#"
until mongo --eval "print(\"MongoDB is ready\")"; do
  echo "Waiting for MongoDB to start..."
  sleep 2
done
RS_STATUS=$(mongo --quiet --eval "rs.status().ok")
if [ "$RS_STATUS" != "1" ]; then
  echo "Initializing replica set..."
  mongo --eval '
  rs.initiate({
    _id: "rs0",
    members: [
      { _id: 0, host: "localhost:27017" }
    ]
  })'
  echo "Replica set initialized!"
else
  echo "Replica set already initialized."
fi
"#;

#[tokio::test]
async fn the_documents_commands_do_what_they_do_upstream() -> Result<()> {
    let mut container = Container::start(request(MONGO).with_cmd(["--replSet", "rs0"])).await?;
    let first = container.output(INITIATION).await?;
    ensure!(
        first.contains("MongoDB is ready") && first.ends_with("Replica set initialized!"),
        "{first}"
    );
    let second = container.output(INITIATION).await?;
    ensure!(second.ends_with("Replica set already initialized."), "{second}");
    let ended = container.run("mongosh --eval 1").await?;
    ensure!(
        ended.code == 127 && ended.stderr.contains("not found"),
        "{ended:?}"
    );

    let elected = "until mongo --quiet --eval 'quit(db.isMaster().ismaster ? 0 : 1)'; do sleep 1; done";
    container.output(elected).await?;
    let members = r#"mongo --eval "rs.status().members.forEach(m => print(m.name + ' - ' + m.stateStr))""#;
    let members = container.output(members).await?;
    ensure!(members.ends_with("localhost:27017 - PRIMARY"), "{members}");
    let insert = r#"mongo test --quiet --eval 'db.grades.insertOne({ name: "trongs", grade: 99 })'"#;
    container.output(insert).await?;
    let find = r#"mongo test --eval "db.grades.find().pretty()""#;
    ensure!(container.output(find).await?.contains("trongs"));
    let ping = r#"mongo --quiet --eval "db.adminCommand('ping').ok""#;
    assert_eq!(container.output(ping).await?, "1");
    let ended = container.run("mongo --quiet --port 1 --eval 1").await?;
    ensure!(
        ended.code == 1 && ended.stderr.contains("ECONNREFUSED"),
        "{ended:?}"
    );
    let script = container
        .output("echo 'print(6 * 7)' >/tmp/a.js && mongo --quiet /tmp/a.js")
        .await?;
    assert_eq!(script, "42");
    // The shell leaves nothing beside the database.
    let left = container
        .output("find /data -name '.*' -o -name '*mongosh*'")
        .await?;
    ensure!(left.is_empty(), "{left}");
    assert_eq!(
        container.output("stat -c %u:%g /data/db /proc/1").await?,
        "999:999\n999:999"
    );

    container.stop().await?;
    assert_eq!(container.ended().await?, 0);
    container.start_again().await?;
    container.output(elected).await?;
    ensure!(container.output(find).await?.contains("trongs"));
    Ok(())
}

#[tokio::test]
async fn the_first_user_and_the_scripts_are_as_told() -> Result<()> {
    let script = b"db.made.insertOne({ by: 'a script' })".to_vec();
    let shell = b"echo \"it runs as $(id -u) for $MONGO_INITDB_DATABASE\"".to_vec();
    let credentials = keeper(PASSWORD);
    let request = request(MONGO)
        .with_env_var("MONGO_INITDB_ROOT_USERNAME", &credentials.user)
        .with_env_var("MONGO_INITDB_ROOT_PASSWORD", PASSWORD)
        .with_env_var("MONGO_INITDB_DATABASE", "orders")
        .with_copy_to("/docker-entrypoint-initdb.d/1.js", script)
        .with_copy_to("/docker-entrypoint-initdb.d/2.sh", shell);
    let container = Container::start(request).await?;
    container.says("it runs as 999 for orders").await?;
    // From outside of the container, so that it listens on more than the loopback address.
    let mongo = Mongo {
        container,
        credentials,
    };
    mongo.answers().await?;

    let made = r#"mongo --quiet --username "$MONGO_INITDB_ROOT_USERNAME" --password "$MONGO_INITDB_ROOT_PASSWORD" \
        --authenticationDatabase admin orders --eval 'db.made.findOne().by'"#;
    assert_eq!(mongo.container.output(made).await?, "a script");
    let wrong = made.replace("ROOT_PASSWORD\"", "ROOT_PASSWORD x\"");
    let ended = mongo.container.run(&wrong).await?;
    ensure!(
        ended.code == 1 && ended.stderr.contains("Authentication failed"),
        "{ended:?}"
    );
    let ended = mongo
        .container
        .run("mongo --quiet orders --eval 'db.made.findOne()'")
        .await?;
    ensure!(
        ended.code == 1 && ended.stderr.contains("requires authentication"),
        "{ended:?}"
    );
    Ok(())
}

#[tokio::test]
async fn without_a_user_everybody_gets_in_from_everywhere_but_where_told_otherwise() -> Result<()> {
    let open = Mongo::start().await?;
    open.open().await?;
    let container = Container::start(request(MONGO).with_cmd(["mongod", "--bind_ip", "127.0.0.1"])).await?;
    container.says("Waiting for connections").await?;
    let closed = Mongo {
        container,
        credentials: nobody(),
    };
    ensure!(
        closed.attempt(&closed.credentials).await.is_err(),
        "it listens on more than the loopback address"
    );
    assert_eq!(
        closed.container.output("mongo --quiet --eval 'print(1)'").await?,
        "1"
    );
    Ok(())
}

#[tokio::test]
async fn a_user_without_a_password_is_refused() -> Result<()> {
    let container =
        Container::start(request(MONGO).with_env_var("MONGO_INITDB_ROOT_USERNAME", "keeper")).await?;
    ensure!(container.ended().await? != 0, "it ended well");
    let log = container.log().await?;
    ensure!(log.contains("MONGO_INITDB_ROOT_PASSWORD"), "{log}");
    Ok(())
}
