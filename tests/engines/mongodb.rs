//! The adapter for MongoDB: a standalone server, and a replica set of two.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use stateproof::engine::Session as _;
use stateproof::engine::mongodb::{Answer, Session};
use stateproof::history::{Keys, WriteFate};

use super::container::{PATIENCE, within};
use super::mongo_server::{Mongo, PORT, Set, keeper};
use super::rows::write;

const LEDGER: &str = "lose-pod";

/// The patience of who has little time.
const LITTLE: Duration = Duration::from_secs(3);

/// What shells, URLs and `SASLprep` would stumble over.
const ODD: &str = "it's \"$HOME\" `%40`@:/?#[] \\ \u{fc}\u{df}\u{4f60}";

fn keys(keys: impl IntoIterator<Item = u64>) -> Keys {
    keys.into_iter().collect()
}

/// The ledger's collection without the adapter.
async fn collection(mongo: &Mongo) -> Result<mongodb::Collection<Document>> {
    let address = mongo.container.published(PORT).await?;
    let client = mongodb::Client::with_uri_str(format!("mongodb://{address}/?directConnection=true")).await?;
    Ok(client.database("orders").collection("stateproof_ledger"))
}

/// Rows that are whole, altered, moved, deleted and written twice, one container for all of it.
#[tokio::test]
async fn rows_of_a_standalone_server() -> Result<()> {
    let mongo = Mongo::start().await?;
    let session = mongo.open().await?;
    assert_eq!(session.write_level(), "w: 1, journaled");
    let written = [0, 1, 2, 3, 4, 5, 6, u64::MAX];
    write(&session, LEDGER, written).await?;
    write(&session, "another", [1]).await?;

    let rows = mongo.open().await?.read(LEDGER).await?;
    assert_eq!(rows.keys, keys(written));
    assert!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);

    // Written twice: refused, and the session goes on.
    let fate = session.write(LEDGER, 1, PATIENCE).await;
    assert!(
        matches!(&fate, WriteFate::Refused(words) if words.contains("11000")),
        "{fate:?}"
    );
    write(&session, LEDGER, [7]).await?;
    assert!(!session.is_closed());

    // Altered, moved, deleted by somebody else.
    let ledger = collection(&mongo).await?;
    let id = |key: i64| doc! {"_id": {"ledger": LEDGER, "key": key}};
    ledger.update_one(id(2), doc! {"$set": {"payload": "x"}}).await?;
    ledger
        .update_one(id(3), doc! {"$inc": {"checksum": 1_i64}})
        .await?;
    ledger.update_one(id(4), doc! {"$unset": {"payload": 1}}).await?;
    let other = ledger.find_one(id(6)).await?.context("row 6 is not there")?;
    let of_other = doc! {"payload": other.get_str("payload")?, "checksum": other.get_i64("checksum")?};
    ledger.update_one(id(5), doc! {"$set": of_other}).await?;
    ledger.delete_one(id(6)).await?;
    let rows = session.read(LEDGER).await?;
    assert_eq!(rows.keys, keys([0, 1, 2, 3, 4, 5, 7, u64::MAX]));
    assert_eq!(rows.corrupt, keys(2..=5));
    assert_eq!(session.read("another").await?.keys, keys([1]));
    Ok(())
}

#[tokio::test]
async fn a_standalone_server_says_who_it_is_and_how_durable() -> Result<()> {
    let mongo = Mongo::start().await?;
    let session = mongo.open().await?;
    let facts = session.facts().await?;
    assert!(facts.version.starts_with("MongoDB 4.4"), "{}", facts.version);
    assert_eq!(
        facts.settings.get("storageEngine").map(String::as_str),
        Some("wiredTiger")
    );
    assert!(
        !facts.settings.contains_key("replication.replSet"),
        "{:?}",
        facts.settings
    );
    // A container's host is called by its short ID.
    let host = session.server().context("it does not say its host")?.to_owned();
    assert!(host.len() >= 12, "{host}");
    Ok(())
}

#[tokio::test]
async fn a_password_with_every_kind_of_character_logs_in_and_another_does_not() -> Result<()> {
    let password: String = ODD.chars().cycle().take(200).collect();
    let mongo = Mongo::start_for(keeper(&password)).await?;
    let session = mongo.open().await?;
    write(&session, LEDGER, 1..=3).await?;
    assert_eq!(session.read(LEDGER).await?.keys, keys(1..=3));

    let refused = mongo
        .open_as(&keeper("it's another"))
        .await
        .err()
        .context("the wrong password logged in")?;
    let words = refused.to_string();
    assert!(
        words.contains("Authentication failed") || words.contains("(18)"),
        "{words}"
    );
    assert!(!words.contains("it's another"), "{words}");
    Ok(())
}

/// Three members with a user each, of whom one has another key: it is named, and so is a password that is not the user's.
/// The others, with the same, are a set that keeps rows.
#[tokio::test]
async fn a_member_with_another_key_and_a_wrong_password_are_told() -> Result<()> {
    let known = ["a2V5T2ZUaGVTZXQ", "a2V5T2ZUaGVTZXQ", "YW5vdGhlcktleQ"];
    let mut set = Set::start_with_keys("keys", &known, keeper(ODD)).await?;
    let stranger = set.server_as(0, &keeper("it's another")).await;
    let refused = match stranger {
        Ok(server) => server.initiate("rs0", &set.hosts()).await.err(),
        Err(error) => Some(error),
    };
    let words = refused.context("the wrong password was let in")?.to_string();
    assert!(words.contains("Authentication failed"), "{words}");
    assert!(!words.contains("it's another"), "{words}");

    let refused = set.server(0).await?.initiate("rs0", &set.hosts()).await.err();
    let words = refused.context("another key was let in")?.to_string();
    let told = words.contains("Authentication failed") && words.contains(&set.hosts()[2]);
    assert!(told && !words.contains(&set.hosts()[1]), "{words}");

    set.members.truncate(2);
    set.server(0).await?.initiate("rs0", &set.hosts()).await?;
    set.settled().await?;
    let session = set.session().await?;
    write(&session, LEDGER, 1..=3).await?;
    assert_eq!(session.read(LEDGER).await?.keys, keys(1..=3));
    Ok(())
}

#[tokio::test]
async fn rows_under_way_when_the_server_is_killed_are_unknown() -> Result<()> {
    let mut mongo = Mongo::start().await?;
    let session = mongo.open().await?;
    write(&session, LEDGER, [0]).await?;
    let writes = async {
        let mut fates = Vec::new();
        for block in 0_u64.. {
            let keys = (1 + block * 16)..(17 + block * 16);
            let now = join_all(keys.map(async |key| (key, session.write(LEDGER, key, PATIENCE).await))).await;
            let lost = now.iter().any(|(_, fate)| *fate != WriteFate::Acknowledged);
            fates.extend(now);
            if lost {
                break;
            }
        }
        fates
    };
    let (fates, killed) = futures::join!(
        within("the writes", async { Ok(writes.await) }),
        mongo.container.kill()
    );
    killed?;
    let fates = fates?;
    assert!(session.is_closed());
    let of = |wanted: fn(&WriteFate) -> bool| {
        fates
            .iter()
            .filter(|(_, fate)| wanted(fate))
            .map(|(key, _)| *key)
            .collect::<Keys>()
    };
    let refused = of(|fate| matches!(fate, WriteFate::Refused(_)));
    assert!(refused.is_empty(), "refused though nobody knows: {refused}");
    assert!(!of(|fate| matches!(fate, WriteFate::Unknown(_))).is_empty());

    // Journaled means that a kill does not take it back.
    mongo.container.start_again().await?;
    mongo.answers().await?;
    let rows = mongo.open().await?.read(LEDGER).await?;
    let lost = of(|fate| *fate == WriteFate::Acknowledged).difference(&rows.keys);
    assert!(lost.is_empty(), "acknowledged and lost: {lost}");
    Ok(())
}

/// What members say before there is a set, and who is what when there is.
#[tokio::test]
async fn a_set_is_initiated_with_the_names_it_is_given() -> Result<()> {
    let set = Set::start("initiated", 2).await?;
    let hello = set.connection(0).await?.hello(None).await?;
    assert!(hello.uninitiated && hello.role.is_none(), "{hello:?}");
    let server = set.server(0).await?;
    assert_eq!(server.configuration().await?, None);
    assert_eq!(server.state().await?, "STARTUP");
    let trouble = server.trouble().await?.join("\n");
    assert!(
        trouble.contains("no replset config has been received"),
        "{trouble}"
    );
    let refused = set.attempt().await.err().context("a session without a PRIMARY")?;
    assert!(
        refused.to_string().contains("imary") || refused.to_string().contains("no answer"),
        "{refused}"
    );

    server.initiate("rs0", &set.hosts()).await?;
    let primary = set.settled().await?;
    let configuration = set
        .server(1 - primary)
        .await?
        .configuration()
        .await?
        .context("no configuration")?;
    assert_eq!(
        (configuration.set.as_str(), configuration.hosts),
        ("rs0", set.hosts())
    );
    let hello = set.connection(primary).await?.hello(None).await?;
    assert!(hello.term.is_some_and(|term| term >= 1), "{hello:?}");
    assert_eq!(hello.me.as_ref(), Some(&set.hosts()[primary]));
    assert!(
        server.initiate("rs0", &set.hosts()).await.is_err(),
        "initiated twice"
    );
    Ok(())
}

/// A majority write is on both members; each answers as its role lets it; the PRIMARY steps down, and the other takes over.
#[tokio::test]
async fn a_set_replicates_and_elects() -> Result<()> {
    let (set, primary) = Set::initiated("elects", 2).await?;
    let secondary = 1 - primary;
    let session = set.session().await?;
    assert_eq!(session.write_level(), "w: majority, journaled");
    assert_eq!(session.server(), Some(set.hosts()[primary].as_str()));
    write(&session, LEDGER, 1..=20).await?;
    assert_eq!(session.read(LEDGER).await?.keys, keys(1..=20));
    let alone = set.member(secondary).await?;
    assert_eq!(alone.read(LEDGER).await?.keys, keys(1..=20));
    assert_eq!(alone.server(), Some(set.hosts()[secondary].as_str()));
    let facts = session.facts().await?;
    assert_eq!(
        facts.settings.get("replication.replSet").map(String::as_str),
        Some("rs0")
    );

    // NotWritablePrimary, and NotPrimaryNoSecondaryOk for who has no leave.
    let fate = alone.write(LEDGER, 21, PATIENCE).await;
    assert!(
        matches!(&fate, WriteFate::Refused(words) if words.contains("(10107)")),
        "{fate:?}"
    );
    assert!(!alone.is_closed());
    let plain = set.connection(secondary).await?.read_plain("orders").await?;
    assert!(matches!(&plain, Answer::Refused { code: 13435, .. }), "{plain:?}");
    let plain = set.connection(primary).await?.read_plain("orders").await?;
    assert!(matches!(plain, Answer::Ok(_)), "{plain:?}");

    // `hello` answers when the role changes, not at some later time.
    let mut watched = set.connection(secondary).await?;
    let before = watched.hello(None).await?;
    let begun = Instant::now();
    assert!(
        !set.server(primary).await?.freeze(true).await?,
        "the PRIMARY was frozen"
    );
    assert!(set.server(primary).await?.step_down().await?);
    // Whoever is in the middle of something learns that its PRIMARY is none any more, and can begin anew.
    assert!(!session.is_closed());
    let refused = session.read(LEDGER).await.err().context("a read of what led")?;
    assert!(refused.to_string().contains("(13435)"), "{refused}");
    assert!(session.is_closed());
    let elected = set
        .until(secondary, |hello| hello.role == Some("PRIMARY"))
        .await?;
    eprintln!("elected {:.1?} after the step-down", begun.elapsed());
    assert!(watched.hello(before.topology.as_ref()).await?.topology != before.topology);
    assert!(elected.term > Some(0));
    let session = set.session().await?;
    assert_eq!(session.server(), Some(set.hosts()[secondary].as_str()));
    write(&session, LEDGER, 21..=30).await?;
    assert_eq!(session.read(LEDGER).await?.keys, keys(1..=30));
    assert!(
        !set.server(primary).await?.step_down().await?,
        "a SECONDARY stepped down"
    );
    Ok(())
}

/// Without a majority a row is in doubt, however often the one member that is left has it.
#[tokio::test]
async fn a_row_that_the_majority_does_not_have_is_unknown() -> Result<()> {
    let (set, primary) = Set::initiated("doubt", 2).await?;
    let session = set.session().await?;
    write(&session, LEDGER, [1]).await?;
    set.members[1 - primary].1.container.kill().await?;
    in_doubt_by_the_servers_word(&session, 2).await
}

/// A row waits for the majority as long as whoever asks: a SECONDARY that is slow for some seconds leaves no doubt to who
/// has the time.
#[tokio::test]
async fn a_slow_majority_is_waited_for() -> Result<()> {
    let (set, primary) = Set::initiated("slow", 2).await?;
    let session = set.session().await?;
    write(&session, LEDGER, [1]).await?;
    let secondary = &set.members[1 - primary].1.container;
    secondary.signal("SIGSTOP").await?;
    let in_doubt = in_doubt_by_the_servers_word(&session, 2).await;
    let waits = session.write(LEDGER, 3, PATIENCE);
    let goes_on = async {
        // Longer than the PRIMARY waits for who has little time.
        tokio::time::sleep(LITTLE).await;
        secondary.signal("SIGCONT").await
    };
    let (fate, resumed) = futures::join!(waits, goes_on);
    in_doubt?;
    resumed?;
    assert_eq!(fate, WriteFate::Acknowledged);
    assert_eq!(session.read(LEDGER).await?.keys, keys(1..=3));
    Ok(())
}

/// Who has little time learns in that time what the PRIMARY knows.
async fn in_doubt_by_the_servers_word(session: &Session, key: u64) -> Result<()> {
    let fate = within("a write", async { Ok(session.write(LEDGER, key, LITTLE).await) }).await?;
    ensure!(
        matches!(&fate, WriteFate::Unknown(words) if words.contains("(64)")),
        "{fate:?}"
    );
    Ok(())
}
