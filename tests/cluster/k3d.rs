//! Clusters that k3d makes from `k3d.yaml`: with k3s where a registry answers, else with its stand-in.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Node;
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use stateproof::cluster::provider::{
    Cluster, ClusterSpec, Clusters, ConfigFile, Layout, Provider, ProviderError, Removal, images,
};
use stateproof::cluster::{await_usable, connect};
use stateproof::history::{Event, History};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::{Proven, Verification};

use crate::scene::{BUSYBOX, docker, imports, scene, until};
use crate::support::{block_on, fixture, k3d_cluster, promise};

/// Made as `k3d.yaml` says, labelled, reachable from this machine only, and gone in the end: no container, network,
/// volume or kubeconfig entry is left.
#[tokio::test]
async fn a_cluster_is_made_from_k3d_yaml_and_removed_without_a_trace() {
    scene("k3d", async |scene| {
        let spec = ClusterSpec {
            name: scene.name.clone(),
            ..k3d_cluster()
        };
        let began = Instant::now();
        let made = scene.clusters.ensure(&spec).await.unwrap();
        eprintln!("made in {:.1?}", began.elapsed());
        assert_eq!((made.provider, made.reused), (Provider::K3d, false));
        let names: Vec<&str> = made.nodes.iter().map(|node| node.name.as_str()).collect();
        let expected = ["server-0", "agent-0"].map(|role| format!("k3d-{}-{role}", scene.name));
        assert_eq!(names, expected);
        assert_eq!(scene.containers().len(), 2, "there is no load balancer");
        assert!(made.kubeconfig.starts_with(&scene.state));
        let ports = docker(&["port", &made.nodes[0].container]);
        assert!(
            ports.starts_with("6443/tcp -> 127.0.0.1:") && ports.lines().count() == 1,
            "{ports}"
        );

        let (client, version) = connect(&made.kubeconfig).await.unwrap();
        await_usable(&client, &expected, Duration::from_mins(2))
            .await
            .unwrap();
        eprintln!("Kubernetes {version} usable after {:.1?}", began.elapsed());
        for node in Api::<Node>::all(client.clone())
            .list(&ListParams::default())
            .await
            .unwrap()
        {
            assert_eq!(node.labels()["stateproof.io/owner"], "stateproof");
        }
        let class = Api::<StorageClass>::all(client).get("local-path").await.unwrap();
        assert_eq!(
            class.annotations()["storageclass.kubernetes.io/is-default-class"],
            "true"
        );

        // Each node gets the image once; who has it gets nothing.
        let busybox = [BUSYBOX.to_owned()];
        for times in [1, 0] {
            let mut agent = None;
            let server = imports(&made.nodes[0].container, async {
                let load = async {
                    let facts = images::ensure(&made, &busybox).await.unwrap();
                    assert_eq!(facts[0].name, made.node_image);
                };
                agent = Some(imports(&made.nodes[1].container, load).await);
            });
            assert_eq!((server.await, agent), (times, Some(times)));
        }
        for node in &made.nodes {
            let ctr = ["ctr", "--namespace=k8s.io", "images", "ls", "--quiet"];
            let there = docker(&[&["exec", &node.container][..], &ctr].concat());
            let canonical = format!("docker.io/library/{BUSYBOX}");
            assert!(there.lines().any(|name| name == canonical), "{there}");
        }

        let kind = ClusterSpec {
            name: scene.name.clone(),
            ..ClusterSpec::default()
        };
        assert!(matches!(
            scene.clusters.ensure(&kind).await,
            Err(ProviderError::Differs { .. })
        ));
        let other = tempfile::tempdir().unwrap();
        let stranger = Clusters::new(other.path().to_owned()).unwrap();
        let refused = [
            stranger.ensure(&spec).await.map(drop),
            stranger.remove(&scene.name).await.map(drop),
        ];
        for refused in refused {
            let provider = Provider::K3d;
            assert!(
                matches!(&refused, Err(ProviderError::NotOurs { provider: of, .. }) if *of == provider),
                "{refused:?}"
            );
        }

        assert_eq!(
            scene.clusters.remove(&scene.name).await.unwrap(),
            Removal::Removed
        );
        scene.assert_no_traces();
        assert_eq!(scene.clusters.remove(&scene.name).await.unwrap(), Removal::Absent);
    })
    .await;
}

/// A journal that cannot be read: the label that k3d gave the containers tells that they are ours. And the expired
/// ones are found by the journal, whatever made them.
#[tokio::test]
async fn the_journal_knows_what_k3d_made_and_so_do_the_containers() {
    scene("k3d-journal", async |scene| {
        let spec = ClusterSpec {
            name: scene.name.clone(),
            provider: Provider::K3d,
            layout: Some(Layout::Nodes(1)),
            ..ClusterSpec::default()
        };
        scene.clusters.ensure(&spec).await.unwrap();
        scene.disown();
        assert_eq!(
            scene.clusters.remove_expired().await.unwrap(),
            std::slice::from_ref(&scene.name)
        );
        scene.assert_no_traces();

        scene.clusters.ensure(&spec).await.unwrap();
        std::fs::write(scene.journal(), "{").unwrap();
        assert!(matches!(
            scene.clusters.ensure(&spec).await,
            Err(ProviderError::Damaged { .. })
        ));
        assert_eq!(
            scene.clusters.remove(&scene.name).await.unwrap(),
            Removal::Removed
        );
        scene.assert_no_traces();
    })
    .await;
}

/// k3d is killed, the engine finishes what it was asked for: the removal waits for that, and finds the network and the
/// volume that came before the first container.
#[tokio::test]
async fn what_an_interrupted_creation_began_is_removed() {
    scene("k3d-cut", async |scene| {
        let spec = ClusterSpec {
            name: scene.name.clone(),
            ..k3d_cluster()
        };
        let network = format!("k3d-{}", scene.name);
        let networks = || docker(&["network", "ls", "--quiet", "--filter", &format!("name={network}")]);
        let moments: [(&str, &dyn Fn() -> bool); 2] = [
            ("made a network", &|| !networks().is_empty()),
            ("made a container", &|| !scene.containers().is_empty()),
        ];
        for (moment, come) in moments {
            tokio::select! {
                ensured = scene.clusters.ensure(&spec) => panic!("too late: {ensured:?}"),
                () = until(moment, come) => {}
            }
            assert_eq!(
                scene.clusters.remove(&scene.name).await.unwrap(),
                Removal::Removed
            );
            scene.assert_no_traces();
        }
    })
    .await;
}

/// A container with k3d's label is all that k3d knows of a cluster.
#[tokio::test]
async fn a_cluster_of_somebody_elses_is_refused_and_untouched() {
    scene("k3d-alien", async |scene| {
        let label = format!("k3d.cluster={}", scene.name);
        let run = ["run", "--detach", "--label", &label, BUSYBOX, "sleep", "600"];
        let alien = docker(&run);
        let state = || docker(&["inspect", "--format", "{{json .State}}", &alien]);
        let before = state();
        let spec = ClusterSpec {
            name: scene.name.clone(),
            ..k3d_cluster()
        };
        let ensured = scene.clusters.ensure(&spec).await.unwrap_err();
        let removed = scene.clusters.remove(&scene.name).await.unwrap_err();
        for error in [ensured, removed] {
            assert!(matches!(error, ProviderError::NotOurs { .. }), "{error}");
            assert!(error.to_string().contains("k3d cluster delete"), "{error}");
        }
        assert_eq!(state(), before);
        docker(&["rm", "--force", &alien]);
    })
    .await;
}

/// What k3d does not take is said of the file, and nothing was made.
#[tokio::test]
async fn a_configuration_that_k3d_refuses_is_named_with_its_line() {
    scene("k3d-config", async |scene| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k3d.yaml");
        let text = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nservers: 1\nagnets: 2\n";
        std::fs::write(&path, text).unwrap();
        let spec = ClusterSpec {
            name: scene.name.clone(),
            layout: Some(Layout::File(ConfigFile::read(Provider::K3d, &path).unwrap())),
            ..k3d_cluster()
        };
        let error = scene.clusters.ensure(&spec).await.unwrap_err();
        assert!(matches!(error, ProviderError::Config(_)), "{error}");
        let message = error.to_string();
        assert!(message.contains("k3d.yaml:4:1: k3d does not take"), "{message}");
        scene.assert_no_traces();
    })
    .await;
}

/// The second ask finds the first one's cluster.
#[test]
fn a_cluster_is_reused() {
    let (first, second, took) = block_on(async {
        let first = shared().await;
        let began = Instant::now();
        let second = shared().await;
        (first, second, began.elapsed())
    });
    eprintln!("reused in {took:.1?}");
    assert!(second.reused);
    assert_eq!(first.nodes[0].container, second.nodes[0].container);
}

/// Document D0 is written for k3d: proven there, with the class that k3s has, and the report says what it ran on.
#[test]
fn document_d0_is_proven_on_k3d() {
    let proven = prove("wealist-postgres", &[]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    for drill in [
        Drill::Crash,
        Drill::LosePod,
        Drill::ForceDelete,
        Drill::DeleteStatefulset,
    ] {
        let held = promise(&proven, drill, Promise::Durability);
        assert_eq!(held.observed, Outcome::Held, "{drill}");
    }
    let lost = promise(&proven, Drill::DeleteClaim, Promise::Durability);
    assert_eq!(lost.observed, Outcome::Violated);
    let facts = proven
        .history
        .records
        .iter()
        .find_map(|record| match &record.event {
            Event::RunStarted { cluster, .. } => Some(cluster.clone()),
            _ => None,
        });
    let facts = facts.unwrap();
    assert_eq!(facts.provider, "k3d");
    let report = unwrapped(&proven);
    assert!(report.contains("class local-path"), "{report}");
    let node = &facts.images[0];
    let label = r#"{{index .Config.Labels "io.stateproof.contains"}}"#;
    let contains = docker(&["image", "inspect", "--format", label, &node.name]);
    // Without the label it is k3s itself.
    assert_eq!(node.stand_in.clone().unwrap_or_default(), contains);
    if !contains.is_empty() {
        assert!(
            contains.starts_with("upstream Kubernetes") && contains.contains("k3s"),
            "{contains}"
        );
        assert!(
            report.contains(&format!("{} itself: it was a stand-in", node.name)),
            "{report}"
        );
    }
}

/// A document that asks for class `standard`, which k3s does not have: it gets an alias, and the report says so. Its
/// rows survive a node that stands still as well: one of the two can.
#[test]
fn class_standard_is_an_alias_on_k3d_and_said_to_be() {
    let proven = prove("wealist-postgres-class-standard", &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    let note = "storage class standard is an alias here: this cluster's own default class is local-path";
    assert!(notes(&proven.history).any(|text| text == note));
    let report = unwrapped(&proven);
    assert!(report.contains(note), "{report}");
}

async fn shared() -> Cluster {
    Clusters::from_env()
        .unwrap()
        .ensure(&k3d_cluster())
        .await
        .unwrap()
}

fn prove(set: &str, drills: &[Drill]) -> Proven {
    let verification = Verification::of([fixture(set)]).cluster(k3d_cluster());
    let proven = block_on(verification.drills(drills).run());
    let proven = proven.unwrap_or_else(|error| panic!("{set}: {}", error.lines().join("\n  ")));
    println!("{}", render(&proven.verdict, &Style::default()));
    proven
}

/// The report without line breaks inside of sentences.
fn unwrapped(proven: &Proven) -> String {
    let style = Style {
        width: 1000,
        ..Style::default()
    };
    render(&proven.verdict, &style)
}

fn notes(history: &History) -> impl Iterator<Item = &str> {
    history.records.iter().filter_map(|record| match &record.event {
        Event::Note { text } => Some(text.as_str()),
        _ => None,
    })
}
