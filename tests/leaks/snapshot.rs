use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use sha2::{Digest, Sha256};
use stateproof::cluster::provider::{Cluster, ClusterSpec, Clusters};
use stateproof::cluster::{STAND_INS_POLICY, connect};

use crate::support::census::objects;
use crate::support::{CLUSTER, block_on, cluster};

/// The one cluster that is looked at, for one test at a time.
pub struct Stage {
    pub cluster: Cluster,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

/// The cluster's name.
pub fn name() -> String {
    let set = std::env::var("STATEPROOF_CLUSTER");
    set.ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| CLUSTER.to_owned())
}

impl Stage {
    /// Waits for its turn.
    pub fn enter() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let spec = if name() == CLUSTER {
            cluster()
        } else {
            ClusterSpec {
                layout: None,
                name: name(),
                ..cluster()
            }
        };
        Self {
            cluster: block_on(Clusters::from_env().unwrap().ensure(&spec)).unwrap(),
            _turn: turn,
        }
    }

    /// Everything there is now, a line each.
    pub fn look(&self) -> BTreeSet<String> {
        let mut all = block_on(async {
            let (client, _) = connect(&self.cluster.kubeconfig).await.unwrap();
            let mut all = lines(&client).await;
            all.extend(cordoned(&client).await);
            all
        });
        let label = format!("label=io.x-k8s.kind.cluster={}", self.cluster.name);
        all.extend(docker("container", &["ps", "-a", "--filter", &label]));
        all.extend(self.paused());
        // The providers' own: engines are tested beside this, on networks of theirs.
        let providers = ["network", "ls", "--filter", "name=kind", "--filter", "name=k3d"];
        all.extend(docker("network", &providers));
        // Those of containers are theirs, and other clusters come and go.
        all.extend(docker("volume", &["volume", "ls", "--filter", "dangling=true"]));
        all.extend(files(&self.cluster));
        all
    }

    /// The nodes that stand still.
    pub fn paused(&self) -> Vec<String> {
        let label = format!("label=io.x-k8s.kind.cluster={}", self.cluster.name);
        docker("paused", &["ps", "--filter", "status=paused", "--filter", &label])
    }

    /// What is there and was not before.
    pub fn added(&self, before: &BTreeSet<String>) -> Vec<String> {
        self.look().difference(before).cloned().collect()
    }

    /// What stays. It is looked for twice: the volume of a container of other tests is nobody's for a moment.
    pub fn left(&self, before: &BTreeSet<String>) -> Vec<String> {
        let mut left = self.added(before);
        if !left.is_empty() {
            std::thread::sleep(Duration::from_secs(2));
            let still = self.look();
            left.retain(|line| still.contains(line));
        }
        left
    }
}

/// A line for every object but those that every run on the cluster shares: the first that needs them makes them, and they
/// stay. Nor are the Leases of nodes anybody's: a node may join a new cluster meanwhile.
async fn lines(client: &Client) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (kind, object) in objects(client).await {
        let namespace = object.namespace().unwrap_or_default();
        let shared = object.annotations().contains_key("stateproof.io/alias-of")
            || object.name_any() == STAND_INS_POLICY
            || namespace == "kube-node-lease";
        if !shared {
            all.insert(format!("{kind} {namespace}/{}", object.name_any()));
        }
    }
    all
}

async fn cordoned(client: &Client) -> Vec<String> {
    let nodes = Api::<Node>::all(client.clone());
    let nodes = nodes.list(&ListParams::default()).await.unwrap();
    let cordoned = nodes.iter().filter(|node| {
        let spec = node.spec.as_ref();
        spec.is_some_and(|spec| spec.unschedulable == Some(true))
    });
    cordoned
        .map(|node| format!("cordon {}", node.name_any()))
        .collect()
}

fn docker(what: &str, args: &[&str]) -> Vec<String> {
    let format = if what == "volume" { "{{.Name}}" } else { "{{.ID}}" };
    let output = Command::new("docker")
        .args(args)
        .args(["--format", format])
        .output()
        .unwrap();
    assert!(output.status.success(), "docker {args:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| format!("{what} {line}")).collect()
}

/// What stateproof notes of the cluster on this machine, and the kubeconfigs with what is in them. The locks on
/// its nodes stay with it, from the first run that takes them: the file is not what holds one.
fn files(cluster: &Cluster) -> Vec<String> {
    let own = cluster.kubeconfig.parent().unwrap();
    let mut all: Vec<_> = std::fs::read_dir(own)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            !["_nodes.lock", "_nodes.turn.lock"]
                .iter()
                .any(|lock| entry.file_name() == *lock)
        })
        .map(|entry| format!("file {}", entry.path().display()))
        .collect();
    let users = std::env::home_dir().unwrap().join(".kube/config");
    for path in [PathBuf::from(&cluster.kubeconfig), users] {
        if let Ok(bytes) = std::fs::read(&path) {
            all.push(format!(
                "kubeconfig {}: {:x?}",
                path.display(),
                Sha256::digest(bytes)
            ));
        }
    }
    all
}
