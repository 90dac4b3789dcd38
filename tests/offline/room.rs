//! What a set asks for is compared with what the nodes have before anything is applied.

use serde_json::json;
use stateproof::cluster::{RoomError, room_for};
use stateproof::manifest::ManifestSet;

use crate::api_server::ApiServer;

const NODES: &str = "/api/v1/nodes";

/// A server with these nodes: name, processors, GiB, and whether pods are kept away.
async fn server(nodes: &[(&str, u32, u32, bool)]) -> ApiServer {
    let server = ApiServer::start().await;
    for (name, cpu, memory, tainted) in nodes {
        let taints = if *tainted {
            json!([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}])
        } else {
            json!([])
        };
        server.put(
            NODES,
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": taints},
                "status": {"allocatable": {"cpu": cpu.to_string(), "memory": format!("{memory}Gi"),
                "ephemeral-storage": "20Gi"}}}),
        );
    }
    server
}

fn set(replicas: u32, requests: &str, pod: &str) -> ManifestSet {
    let text = format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata: {{ name: db, namespace: shop }}
spec:
  replicas: {replicas}
  template: {{ spec: {{ {pod}containers: [{{ name: db, image: postgres, resources: {{ requests: {{ {requests} }} }} }}] }} }}
  volumeClaimTemplates: [{{ metadata: {{ name: data }}, spec: {{ resources: {{ requests: {{ storage: 9Gi }} }} }} }}]
"
    );
    ManifestSet::from_str("set.yaml", &text).unwrap()
}

#[tokio::test]
async fn what_the_nodes_do_not_have_is_refused_and_nothing_is_touched() {
    let server = server(&[
        ("control", 4, 8, true),
        ("one", 2, 4, false),
        ("two", 2, 4, false),
    ])
    .await;
    let client = server.client();
    for (replicas, requests, refusal) in [
        (4, "cpu: 1, memory: 1Gi", None),
        (
            5,
            "cpu: 1, memory: 1Gi",
            Some(
                "cpu: the set asks for 5, the 2 nodes that take pods have 4: StatefulSet shop/db asks for 5 × 1",
            ),
        ),
        (
            1,
            "memory: 5Gi",
            Some("memory: a pod of StatefulSet shop/db asks for 5 GiB, the largest node has 4 GiB"),
        ),
        (
            1,
            "ephemeral-storage: 21Gi",
            Some(
                "ephemeral-storage: a pod of StatefulSet shop/db asks for 21 GiB, the largest node has 20 GiB",
            ),
        ),
    ] {
        match (room_for(&client, &set(replicas, requests, "")).await, refusal) {
            (Ok(None), None) => {}
            (Err(error @ RoomError::Short(_)), Some(refusal)) => assert_eq!(
                error.to_string(),
                format!("the cluster has too little for the set, and nothing was applied: {refusal}")
            ),
            (other, _) => panic!("{replicas} × {requests}: {other:?}"),
        }
    }
    for request in server.requests() {
        assert!(request.starts_with(NODES), "{request}");
    }
}

#[tokio::test]
async fn a_pod_that_tolerates_a_taint_has_the_node_too() {
    let server = server(&[("control", 4, 8, true), ("one", 2, 4, false)]).await;
    let client = server.client();
    let big = "cpu: 3";
    assert!(matches!(
        room_for(&client, &set(1, big, "")).await,
        Err(RoomError::Short(_))
    ));
    let tolerant = set(1, big, "tolerations: [{ operator: Exists }], ");
    assert_eq!(room_for(&client, &tolerant).await.unwrap(), None);
}

#[tokio::test]
async fn claims_that_no_disk_holds_are_told() {
    let server = server(&[("one", 9, 9, false)]).await;
    let told = room_for(&server.client(), &set(3, "cpu: 1", ""))
        .await
        .unwrap()
        .unwrap();
    assert!(
        told.starts_with("the claims ask for 27 GiB in all, the nodes' disks have 20 GiB"),
        "{told}"
    );
}
