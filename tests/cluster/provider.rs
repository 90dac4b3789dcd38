//! Clusters of our own: made, reused, given up, and gone without a trace.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Node;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use stateproof::cluster::connect;
use stateproof::cluster::provider::{
    ClusterSpec, Clusters, ConfigFile, Layout, Provider, ProviderError, Removal, images,
};
use stateproof::history::{NodeTask, TaskChange};

use crate::scene::{BUSYBOX, docker, imports, pipe, scene, until};
use crate::support::kind_yaml;
use crate::support::process::HANGS;

#[tokio::test]
async fn a_cluster_is_made_reused_and_removed_without_a_trace() {
    scene("one", async |scene| {
        let began = Instant::now();
        let made = scene.clusters.ensure(&scene.spec()).await.unwrap();
        eprintln!("made in {:.1?}", began.elapsed());
        assert!(!made.reused);
        assert_eq!(made.nodes.len(), 1);
        assert!(
            made.kubeconfig.starts_with(&scene.state),
            "{}",
            made.kubeconfig.display()
        );

        let (client, version) = connect(&made.kubeconfig).await.unwrap();
        let node = Api::<Node>::all(client).get(&made.nodes[0].name).await.unwrap();
        assert_eq!(node.metadata.labels.unwrap()["stateproof.io/owner"], "stateproof");
        eprintln!("Kubernetes {version}, {}", made.node_image);

        let began = Instant::now();
        let reused = scene.clusters.ensure(&scene.spec()).await.unwrap();
        eprintln!("reused in {:.1?}", began.elapsed());
        assert!(reused.reused);
        assert_eq!(reused.nodes[0].container, made.nodes[0].container);

        let larger = ClusterSpec {
            layout: Some(Layout::Nodes(2)),
            ..scene.spec()
        };
        let k3d = ClusterSpec {
            provider: Provider::K3d,
            ..scene.spec()
        };
        for other in [larger, k3d] {
            assert!(matches!(
                scene.clusters.ensure(&other).await,
                Err(ProviderError::Differs { .. })
            ));
        }
        let other = tempfile::tempdir().unwrap();
        let stranger = Clusters::new(other.path().to_owned()).unwrap();
        assert!(matches!(
            stranger.ensure(&scene.spec()).await,
            Err(ProviderError::NotOurs { .. })
        ));
        assert!(matches!(
            stranger.remove(&scene.name).await,
            Err(ProviderError::NotOurs { .. })
        ));

        let loaded = imports(&made.nodes[0].container, async {
            let began = Instant::now();
            let facts = images::ensure(&made, &[BUSYBOX.to_owned()]).await.unwrap();
            eprintln!("{BUSYBOX} loaded in {:.1?}", began.elapsed());
            assert_eq!(
                facts.iter().map(|fact| &fact.name).collect::<Vec<_>>(),
                [&made.node_image, BUSYBOX]
            );
            let began = Instant::now();
            let unknown = "stateproof.invalid/none:1".to_owned();
            images::ensure(&made, &[BUSYBOX.to_owned(), unknown])
                .await
                .unwrap();
            eprintln!("nothing loaded in {:.1?}", began.elapsed());
        });
        assert_eq!(loaded.await, 1);

        // Leases: ours holds while this process lives.
        assert!(scene.clusters.expired().unwrap().is_empty());
        scene.disown();
        assert_eq!(
            scene.clusters.expired().unwrap(),
            std::slice::from_ref(&scene.name)
        );
        made.lease(Duration::from_mins(10)).await.unwrap();
        assert!(scene.clusters.remove_expired().await.unwrap().is_empty());
        scene.disown();
        assert!(
            scene.clusters.remove_expired().await.unwrap().is_empty(),
            "the owner is dead, the lease lasts"
        );

        assert_eq!(
            scene.clusters.remove(&scene.name).await.unwrap(),
            Removal::Removed
        );
        scene.assert_no_traces();
        assert_eq!(scene.clusters.remove(&scene.name).await.unwrap(), Removal::Absent);
        assert!(matches!(
            made.lease(Duration::ZERO).await,
            Err(ProviderError::Gone { .. })
        ));
    })
    .await;
}

#[tokio::test]
async fn a_nodes_tasks_are_seen_and_the_listener_ends_with_the_stream() {
    scene("tasks", async |scene| {
        let cluster = scene.clusters.ensure(&scene.spec()).await.unwrap();
        images::ensure(&cluster, &[BUSYBOX.to_owned()]).await.unwrap();
        let node = &cluster.nodes[0];
        let listeners = || {
            let shown = docker(&["top", &node.container, "-eo", "pid,args"]);
            shown.lines().filter(|line| line.ends_with(" ctr events")).count()
        };
        let tasks = node.tasks().await.unwrap();
        assert_eq!(listeners(), 1);

        let id = "stateproof-seen";
        let image = format!("docker.io/library/{BUSYBOX}");
        docker(&[
            "exec",
            &node.container,
            "ctr",
            "-n",
            "k8s.io",
            "run",
            "--rm",
            &image,
            id,
            "true",
        ]);
        let ours = tasks.map(Result::unwrap).filter(|task: &NodeTask| {
            let ours = task.container == id;
            async move { ours }
        });
        let seen: Vec<NodeTask> = tokio::time::timeout(HANGS, ours.take(2).collect()).await.unwrap();
        assert_eq!(
            seen.iter().map(|task| task.change).collect::<Vec<_>>(),
            [TaskChange::Started, TaskChange::Exited]
        );
        assert!(seen[0].when <= seen[1].when && seen[0].node == node.name);
        until("ended the listener", || listeners() == 0).await;

        let mut tasks = node.tasks().await.unwrap();
        docker(&["kill", &node.container]);
        let ended = async { while let Some(Ok(_)) = tasks.next().await {} };
        tokio::time::timeout(HANGS, ended).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_at_once_make_one_and_what_stopped_is_made_anew() {
    scene("two", async |scene| {
        let spec = scene.spec();
        let (one, two) = tokio::join!(scene.clusters.ensure(&spec), scene.clusters.ensure(&spec));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(
            BTreeSet::from([one.reused, two.reused]),
            BTreeSet::from([false, true])
        );
        assert_eq!(one.nodes[0].container, two.nodes[0].container);

        docker(&["stop", "--time", "1", &one.nodes[0].container]);
        let anew = scene.clusters.ensure(&spec).await.unwrap();
        assert!(!anew.reused);
        assert_ne!(anew.nodes[0].container, one.nodes[0].container);

        // Nobody can say any more whose it is, but for the label that its nodes carry.
        fs::write(scene.journal(), "{").unwrap();
        assert!(matches!(
            scene.clusters.ensure(&spec).await,
            Err(ProviderError::Damaged { .. })
        ));
        assert!(scene.clusters.remove_expired().await.unwrap().is_empty());
        assert_eq!(
            scene.clusters.remove(&scene.name).await.unwrap(),
            Removal::Removed
        );
        scene.assert_no_traces();
    })
    .await;
}

#[tokio::test]
async fn three_nodes_get_their_images_at_once() {
    scene("three", async |scene| {
        let began = Instant::now();
        let cluster = scene
            .clusters
            .ensure(&ClusterSpec {
                layout: Some(Layout::File(kind_yaml())),
                ..scene.spec()
            })
            .await
            .unwrap();
        eprintln!("three nodes made in {:.1?}", began.elapsed());
        let (client, _) = connect(&cluster.kubeconfig).await.unwrap();
        for node in Api::<Node>::all(client)
            .list(&ListParams::default())
            .await
            .unwrap()
        {
            let spec = node.spec.as_ref().unwrap();
            // Those that it has until it is Ready do not count.
            let taints = spec.taints.iter().flatten();
            let lasting = taints.filter(|taint| !taint.key.starts_with("node.kubernetes.io/"));
            assert_eq!(lasting.count(), 0, "{} takes no pods", node.name_any());
            assert_eq!(node.labels()["stateproof.io/owner"], "stateproof");
        }
        let names: Vec<&str> = cluster.nodes.iter().map(|node| node.name.as_str()).collect();
        let expected = ["-control-plane", "-worker", "-worker2"].map(|role| scene.name.clone() + role);
        assert_eq!(names, expected);
        // One that has it already gets nothing.
        let names = [BUSYBOX.to_owned()];
        let has = imports(&cluster.nodes[2].container, async {
            let ctr = ["ctr", "--namespace=k8s.io", "images", "import", "--digests", "-"];
            let import = [&["exec", "--interactive", &cluster.nodes[2].container][..], &ctr].concat();
            pipe(&["save", BUSYBOX], &import);
            let began = Instant::now();
            images::ensure(&cluster, &names).await.unwrap();
            eprintln!("{BUSYBOX} loaded into two nodes in {:.1?}", began.elapsed());
        });
        assert_eq!(has.await, 1);
        for node in &cluster.nodes {
            let again = imports(&node.container, async {
                images::ensure(&cluster, &names).await.unwrap();
            });
            assert_eq!(again.await, 0, "{}", node.name);
        }
        for node in &cluster.nodes {
            let there = docker(&[
                "exec",
                &node.container,
                "ctr",
                "-n",
                "k8s.io",
                "images",
                "ls",
                "-q",
            ]);
            assert!(
                there.lines().any(|name| name == "docker.io/library/busybox:1.36"),
                "{there}"
            );
        }
    })
    .await;
}

/// What kind does not take is said of the file, and nothing was made.
#[tokio::test]
async fn a_configuration_that_kind_refuses_is_named_with_its_line() {
    scene("config", async |scene| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kind.yaml");
        let text =
            "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n  lables: {}\n";
        fs::write(&path, text).unwrap();
        let spec = ClusterSpec {
            layout: Some(Layout::File(ConfigFile::read(Provider::Kind, &path).unwrap())),
            ..scene.spec()
        };
        let error = scene.clusters.ensure(&spec).await.unwrap_err();
        assert!(matches!(error, ProviderError::Config(_)), "{error}");
        let message = error.to_string();
        assert!(
            message.contains("kind.yaml:5:3: kind does not take this configuration: ERROR")
                && message.contains("lables"),
            "{message}"
        );
        scene.assert_no_traces();
    })
    .await;
}

/// The engine finishes a container whose client was killed, so the removal has to wait for it.
#[tokio::test]
async fn what_an_interrupted_creation_began_is_removed() {
    scene("cut", async |scene| {
        let interrupt = async |moment: &str, come: &dyn Fn() -> bool| {
            let spec = scene.spec();
            tokio::select! {
                ensured = scene.clusters.ensure(&spec) => panic!("too late: {ensured:?}"),
                () = until(moment, come) => {}
            }
        };
        let engine_asked = || {
            let args = format!("docker\0run\0--name\0{}", scene.name);
            fs::read_dir("/proc").unwrap().any(|process| {
                let arguments = fs::read(process.unwrap().path().join("cmdline")).unwrap_or_default();
                arguments.starts_with(args.as_bytes())
            })
        };
        interrupt("asked the engine", &engine_asked).await;
        assert_eq!(
            scene.clusters.remove(&scene.name).await.unwrap(),
            Removal::Removed
        );
        scene.assert_no_traces();

        // The process that was at work is gone altogether: the next one cleans up.
        interrupt("made a container", &|| !scene.containers().is_empty()).await;
        assert!(scene.clusters.expired().unwrap().is_empty(), "this process lives");
        scene.disown();
        assert_eq!(
            scene.clusters.remove_expired().await.unwrap(),
            std::slice::from_ref(&scene.name)
        );
        scene.assert_no_traces();

        // Nor is it in the way of the next creation.
        interrupt("asked the engine", &engine_asked).await;
        assert!(!scene.clusters.ensure(&scene.spec()).await.unwrap().reused);
    })
    .await;
}

/// A container with kind's label is all that kind knows of a cluster.
#[tokio::test]
async fn a_cluster_of_somebody_elses_is_refused_and_untouched() {
    scene("alien", async |scene| {
        let label = format!("io.x-k8s.kind.cluster={}", scene.name);
        let run = ["run", "--detach", "--label", &label, BUSYBOX, "sleep", "600"];
        let alien = docker(&run);
        let state = || docker(&["inspect", "--format", "{{json .State}}", &alien]);
        let before = state();

        let refused = async || {
            let ensured = scene.clusters.ensure(&scene.spec()).await.unwrap_err();
            let removed = scene.clusters.remove(&scene.name).await.unwrap_err();
            [ensured, removed]
        };
        for error in refused().await {
            assert!(
                matches!(&error, ProviderError::NotOurs { name, .. } if *name == scene.name),
                "{error}"
            );
        }
        assert!(!scene.journal().exists());

        // A journal that cannot be read does not make it ours either.
        fs::create_dir_all(scene.journal().parent().unwrap()).unwrap();
        fs::write(scene.journal(), "{").unwrap();
        for error in refused().await {
            assert!(matches!(error, ProviderError::Damaged { .. }), "{error}");
        }
        fs::remove_file(scene.journal()).unwrap();

        assert_eq!(state(), before);
        docker(&["rm", "--force", &alien]);
    })
    .await;
}

#[tokio::test]
async fn a_failed_creation_says_why_and_leaves_nothing() {
    scene("fail", async |scene| {
        // Busybox starts, but never says that it is up as a node does.
        let spec = ClusterSpec {
            node_image: Some(BUSYBOX.to_owned()),
            ..scene.spec()
        };
        let error = scene.clusters.ensure(&spec).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("`kind create cluster --name") && text.contains("could not find a log line"),
            "{text}"
        );
        scene.assert_no_traces();
    })
    .await;
}
