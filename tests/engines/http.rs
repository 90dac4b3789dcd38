//! The adapter for files over HTTP: pages, and files that are whole, altered, lost, refused or in doubt.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::future::join_all;
use stateproof::engine::http::Session;
use stateproof::engine::{Address, Reach, Session as _, SessionError, Target};
use stateproof::history::{Keys, WriteFate};
use stateproof::workload::{Engine, EngineKind};
use testcontainers::ImageExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::container::{Container, PATIENCE, patiently, request, within};
use super::docker::NGINX;
use super::exec::Exec;
use super::rows::write;

/// Where a claim would be mounted.
const MOUNT: &str = "/mount01";

fn keys(keys: impl IntoIterator<Item = u64>) -> Keys {
    keys.into_iter().collect()
}

/// A container whose server is up, and the way to it.
struct Server {
    container: Container,
    reach: Arc<dyn Reach>,
}

impl Server {
    async fn start() -> Result<Self> {
        let empty = tempfile::tempdir()?;
        let container = Container::start(request(NGINX).with_copy_to(MOUNT, empty.path())).await?;
        Self::of(container).await
    }

    async fn of(container: Container) -> Result<Self> {
        let reach: Arc<dyn Reach> = Arc::new(Exec {
            id: container.id().to_owned(),
            address: container.address().await?,
        });
        let server = Self { container, reach };
        within("a server that answers", async {
            // A port that is not open yet cannot be watched, only tried.
            let mut tries = tokio::time::interval(Duration::from_millis(50));
            loop {
                tries.tick().await;
                if server.open(None, "").await.is_ok() {
                    return Ok(());
                }
            }
        })
        .await?;
        Ok(server)
    }

    async fn open(&self, pod: Option<&str>, mount: &str) -> Result<Session, SessionError> {
        let target = Target {
            engine: Engine {
                kind: EngineKind::Http,
                product: String::new(),
                recognised_by: String::new(),
                container: "nginx".to_owned(),
                image: "nginx:latest".to_owned(),
                port: 80,
                data_directory: mount.to_owned(),
                tls: stateproof::workload::Tls::default(),
            },
            address: Address::Name {
                dns: "web-0.web".to_owned(),
                pod: pod.map(|pod| ("default".to_owned(), pod.to_owned())),
            },
        };
        patiently(async || Session::open(&self.reach, &target).await).await
    }

    async fn session(&self) -> Result<Session> {
        Ok(self.open(Some("web-0"), MOUNT).await?)
    }

    /// Runs a script in the container and gives what it printed.
    async fn run(&self, script: &str) -> Result<String> {
        let mut process = self.reach.exec("", "", "", &["sh", "-ec", script]).await?;
        let mut printed = String::new();
        within("a command's output", async {
            process.stream.read_to_string(&mut printed).await?;
            Ok(())
        })
        .await?;
        let words = process.link.last_words().await;
        ensure!(words.is_empty(), "{script}: {words}");
        Ok(printed)
    }
}

#[tokio::test]
async fn files_are_whole_or_altered_there_or_not() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;
    let written = [0, 1, 2, 7, u64::MAX];
    write(&session, "whole", written).await?;
    let rows = server.session().await?.read("whole").await?;
    assert_eq!(rows.keys, keys(written));
    assert!(rows.corrupt.is_empty(), "{} are corrupt", rows.corrupt);
    // They are where a claim is mounted, and nothing else is left there.
    assert_eq!(
        server
            .run("cd /mount01/stateproof/whole; ls | wc -l")
            .await?
            .trim(),
        "5"
    );

    write(&session, "altered", 1..=8).await?;
    server
        .run(
            "cd /mount01/stateproof/altered
             sed -i 's/^./x/' 2
             : > 3
             cp 5 4
             echo more >> 6
             printf more >> 7
             head -c 40 8 > cut; mv cut 8",
        )
        .await?;
    let rows = session.read("altered").await?;
    assert_eq!(rows.keys, keys(1..=8));
    assert_eq!(rows.corrupt, keys([2, 3, 4, 6, 7, 8]));

    write(&session, "deleted", 1..=3).await?;
    server.run("rm /mount01/stateproof/deleted/2").await?;
    assert_eq!(session.read("deleted").await?.keys, keys([1, 3]));
    assert!(session.read("never-written").await?.keys.is_empty());

    write(&session, "twice", [1]).await?;
    let fate = session.write("twice", 1, PATIENCE).await;
    assert!(
        matches!(&fate, WriteFate::Refused(words) if words.contains("a file of this name")),
        "{fate:?}"
    );
    write(&session, "twice", [2]).await?;

    let many = (1..=200).map(|key| session.write("at-once", key, PATIENCE));
    let fates = within("files written at once", async { Ok(join_all(many).await) }).await?;
    assert!(
        fates.iter().all(|fate| *fate == WriteFate::Acknowledged),
        "{fates:?}"
    );
    assert_eq!(session.read("at-once").await?.keys, keys(1..=200));

    // No name leads elsewhere.
    for name in ["..", "a/b", "", "a b", "$(id)"] {
        assert!(
            matches!(session.write(name, 1, PATIENCE).await, WriteFate::Refused(_)),
            "{name}"
        );
        assert!(session.read(name).await.is_err(), "{name}");
    }
    assert!(!session.is_closed());
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_and_costs_no_more_than_the_file() -> Result<()> {
    let server = Server::start().await?;
    let session = server.session().await?;
    write(&session, "full", 1..=3).await?;
    // Nobody, root included, can write into a file where a directory would have to be.
    server.run("cd /mount01/stateproof; : > blocked").await?;
    let fate = session.write("blocked", 1, PATIENCE).await;
    assert!(
        matches!(&fate, WriteFate::Refused(words) if !words.is_empty()),
        "{fate:?}"
    );
    write(&session, "full", [4]).await?;
    assert_eq!(session.read("full").await?.keys, keys(1..=4));
    Ok(())
}

#[tokio::test]
async fn the_server_says_what_it_is_and_what_it_answers() -> Result<()> {
    let server = Server::start().await?;
    let facts = server.open(None, "").await?.facts().await?;
    assert!(facts.version.starts_with("nginx"), "{facts:?}");
    assert_eq!(facts.settings["GET / status"], "200 OK");
    assert!(
        facts.settings["GET / page"].contains("Welcome to nginx"),
        "{facts:?}"
    );
    Ok(())
}

#[tokio::test]
async fn without_a_claim_or_a_pod_nothing_is_written() -> Result<()> {
    let server = Server::start().await?;
    for (pod, mount) in [(None, MOUNT), (Some("web-0"), "")] {
        let session = server.open(pod, mount).await?;
        assert!(matches!(
            session.write("x", 1, PATIENCE).await,
            WriteFate::Refused(_)
        ));
        assert!(session.read("x").await.is_err());
    }
    assert_eq!(server.run("ls /mount01").await?, "");
    // A mount that is not there cannot be made on a file system that is read-only: what the shell says is told.
    let error = server.open(Some("web-0"), "/proc/nowhere").await.err();
    let error = error.context("a session that can write into /proc")?.to_string();
    assert!(error.contains("/proc/nowhere"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_file_under_way_when_the_container_is_killed_is_in_doubt() -> Result<()> {
    let mut server = Server::start().await?;
    let session = server.session().await?;
    let mut acknowledged = Vec::new();
    let mut unknown = Vec::new();
    let killing = async {
        write(&session, "before", 1..=20).await?;
        server.container.signal("SIGKILL").await
    };
    let writing = async {
        for first in (1_u64..).step_by(8) {
            let block = first..first + 8;
            let fates = join_all(block.clone().map(|key| session.write("killed", key, PATIENCE))).await;
            for (key, fate) in block.zip(fates) {
                match fate {
                    WriteFate::Acknowledged => acknowledged.push(key),
                    WriteFate::Unknown(_) => unknown.push(key),
                    WriteFate::Refused(words) => bail!("refused: {words}"),
                }
            }
            if !unknown.is_empty() {
                break;
            }
        }
        Ok(())
    };
    within("the writes' end", async {
        tokio::try_join!(Box::pin(writing), Box::pin(killing))
    })
    .await?;
    assert!(session.is_closed());
    server.container.ended().await?;
    server.container.start_again().await?;
    let server = Server::of(server.container).await?;

    let session = server.session().await?;
    assert_eq!(session.read("before").await?.keys, keys(1..=20));
    let rows = session.read("killed").await?;
    let acknowledged = keys(acknowledged);
    assert!(
        acknowledged.difference(&rows.keys).is_empty(),
        "lost: {acknowledged} of {}",
        rows.keys
    );
    assert!(
        rows.keys
            .difference(&acknowledged.union(&keys(unknown)))
            .is_empty(),
        "{}",
        rows.keys
    );
    assert!(rows.corrupt.is_empty(), "corrupt: {}", rows.corrupt);
    Ok(())
}

#[tokio::test]
async fn what_is_no_http_answer_is_an_error() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let reach: Arc<dyn Reach> = Arc::new(Exec {
        id: String::new(),
        address: listener.local_addr()?,
    });
    tokio::spawn(async move {
        for answer in [
            "SSH-2.0-OpenSSH_9.6\r\n",
            "",
            "HTTP/1.1 503 Service Unavailable\r\n\r\n",
        ] {
            let (mut stream, _) = listener.accept().await?;
            stream.write_all(answer.as_bytes()).await?;
            // What was asked is read, or the end of the connection would be a reset.
            let mut asked = [0; 1024];
            let _ = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut asked)).await;
        }
        anyhow::Ok(())
    });
    let target = Target {
        engine: Engine {
            kind: EngineKind::Http,
            product: String::new(),
            recognised_by: String::new(),
            container: String::new(),
            image: String::new(),
            port: 8080,
            data_directory: String::new(),
            tls: stateproof::workload::Tls::default(),
        },
        address: Address::Name {
            dns: "web".to_owned(),
            pod: None,
        },
    };
    for _ in 0..2 {
        let error = within("an answer", async {
            Ok(Session::open(&reach, &target).await.err())
        })
        .await?;
        ensure!(matches!(error, Some(SessionError::Server(_))), "{error:?}");
    }
    // The twin: any status is an answer.
    within("an answer", async { Ok(Session::open(&reach, &target).await?) }).await?;
    Ok(())
}
