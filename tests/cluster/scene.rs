//! A stage for tests that make clusters of their own: what is there before is there afterwards, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures::FutureExt;
use stateproof::cluster::provider::{ClusterSpec, Clusters};
use tokio::sync::{Mutex, MutexGuard};

use crate::support::process::HANGS;

/// The image that the fake clusters and the loading tests use; `scripts/setup` sees that it is there.
pub const BUSYBOX: &str = "busybox:1.36";

/// Clusters are made one after the other: each takes a gigabyte, and what the others left is looked for.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

pub fn docker(args: &[&str]) -> String {
    let output = Command::new("docker")
        .args(args)
        .output()
        .expect("the docker command runs");
    assert!(
        output.status.success(),
        "docker {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// `docker FROM | docker INTO`
pub fn pipe(from: &[&str], into: &[&str]) {
    let mut from = Command::new("docker")
        .args(from)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let into = Command::new("docker")
        .args(into)
        .stdin(from.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(
        into.status.success() && from.wait().unwrap().success(),
        "{into:?}"
    );
}

fn lines(args: &[&str]) -> BTreeSet<String> {
    docker(args).lines().map(str::to_owned).collect()
}

/// What a cluster might leave behind.
#[derive(Debug, PartialEq, Eq)]
struct Traces {
    containers: BTreeSet<String>,
    volumes: BTreeSet<String>,
    networks: BTreeSet<String>,
    kubeconfig: Option<Vec<u8>>,
    k3d_directory: bool,
}

fn traces(name: &str) -> Traces {
    let home = std::env::home_dir().unwrap();
    let mut networks = lines(&["network", "ls", "--format", "{{.Name}}"]);
    let unused = unused_network();
    networks.retain(|network| network.contains(name) || unused.as_ref() == Some(network));
    Traces {
        containers: containers(name),
        volumes: volumes(name),
        networks,
        kubeconfig: fs::read(home.join(".kube/config")).ok(),
        k3d_directory: home.join(".config/k3d").exists(),
    }
}

/// The containers of a cluster of that name, whatever provides it.
fn containers(name: &str) -> BTreeSet<String> {
    ["io.x-k8s.kind.cluster", "k3d.cluster"]
        .iter()
        .flat_map(|label| {
            let filter = format!("label={label}={name}");
            lines(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter])
        })
        .collect()
}

/// The volumes that nobody uses, but for those that are named after other clusters.
fn volumes(name: &str) -> BTreeSet<String> {
    let mut volumes = lines(&["volume", "ls", "--quiet", "--filter", "dangling=true"]);
    let anonymous = |volume: &str| volume.chars().all(|c| c.is_ascii_hexdigit());
    volumes.retain(|volume| anonymous(volume) || volume.contains(name));
    volumes
}

/// kind's network, if it is there though nobody uses it.
fn unused_network() -> Option<String> {
    let name = std::env::var("KIND_EXPERIMENTAL_DOCKER_NETWORK").unwrap_or("kind".to_owned());
    let filter = format!("network={name}");
    docker(&["ps", "--all", "--quiet", "--filter", &filter])
        .is_empty()
        .then_some(name)
}

/// How often images were imported into a container while this was done, by the engine's own account.
pub async fn imports(container: &str, meanwhile: impl Future<Output = ()>) -> usize {
    let now = || docker(&["info", "--format", "{{.SystemTime}}"]);
    let since = now();
    meanwhile.await;
    let until = now();
    let container = format!("container={container}");
    let events = docker(&[
        "events", "--since", &since, "--until", &until, "--filter", &container,
    ]);
    // `exec_create` names what is run on the node.
    let imports = |line: &&str| line.contains("exec_create") && line.contains("import");
    events.lines().filter(imports).count()
}

/// A state directory of its own and a name that nobody else uses.
pub struct Scene {
    pub clusters: Clusters,
    pub state: PathBuf,
    pub name: String,
    before: Traces,
    _dir: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    /// One node of kind.
    pub fn spec(&self) -> ClusterSpec {
        ClusterSpec {
            name: self.name.clone(),
            ..ClusterSpec::default()
        }
    }

    pub fn journal(&self) -> PathBuf {
        self.state.join("clusters").join(&self.name).join("journal.json")
    }

    pub fn containers(&self) -> BTreeSet<String> {
        containers(&self.name)
    }

    pub fn assert_no_traces(&self) {
        assert_eq!(traces(&self.name), self.before);
        let left: Vec<_> = fs::read_dir(self.state.join("clusters")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// The process that made the cluster is no more, for all that the journal knows.
    pub fn disown(&self) {
        let mut entry: serde_json::Value =
            serde_json::from_slice(&fs::read(self.journal()).unwrap()).unwrap();
        let started = &mut entry["leases"][0]["owner"]["started"];
        *started = (started.as_u64().unwrap() + 1).into();
        fs::write(self.journal(), entry.to_string()).unwrap();
    }
}

/// Plays a scene and takes its cluster away, however it ends.
pub async fn scene(what: &str, play: impl AsyncFnOnce(&Scene)) {
    let alone = ONE_AT_A_TIME.lock().await;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    // k3d allows 32 characters.
    let name = format!("stateproof-d-{what}-{}", std::process::id());
    let scene = Scene {
        clusters: Clusters::new(state.clone()).unwrap_or_else(|error| panic!("{error}")),
        state,
        before: traces(&name),
        name,
        _dir: dir,
        _alone: alone,
    };
    let played = AssertUnwindSafe(play(&scene)).catch_unwind().await;
    let removed = scene.clusters.remove(&scene.name).await;
    if let Err(error) = &removed {
        eprintln!("what {} left is taken away by force: {error}", scene.name);
        for container in scene.containers() {
            docker(&["rm", "--force", "--volumes", &container]);
        }
    }
    if let Err(panic) = played {
        resume_unwind(panic);
    }
    removed.unwrap();
    scene.assert_no_traces();
}

/// Waits for something that cannot be watched, looking every 20 ms.
pub async fn until(what: &str, done: impl Fn() -> bool) {
    let looking = async {
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        // Looking may take longer than that, and what is waited for must get its turn.
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !done() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(HANGS, looking)
        .await
        .unwrap_or_else(|_| panic!("never {what}"));
}
