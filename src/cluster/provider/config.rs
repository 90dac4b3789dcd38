use serde_json::{Value, json};

/// The label on every node of ours. Not one of Kubernetes' recommended labels: a kubelet refuses to start with a
/// label under `kubernetes.io` that it does not know.
const OWNER_KEY: &str = "stateproof.io/owner";
const OWNER_VALUE: &str = "stateproof";

/// Where kind writes kubeadm's configuration on a node, the node's labels among it.
pub(super) const KUBEADM_CONFIG: &str = "/kind/kubeadm.conf";

/// The configuration for `kind create cluster --config -`, as JSON: every JSON text is YAML, and needs no quoting
/// rules of its own.
///
/// `cgroup_v1`: the kubelet refuses cgroup v1 since Kubernetes 1.35 unless it is told otherwise
/// (`KubeletConfiguration.failCgroupV1`).
pub(super) fn cluster_config(nodes: u32, cgroup_v1: bool) -> String {
    let labels = json!({ OWNER_KEY: OWNER_VALUE });
    let nodes: Vec<Value> = (0..nodes)
        .map(|i| if i == 0 { "control-plane" } else { "worker" })
        .map(|role| json!({ "role": role, "labels": labels }))
        .collect();
    let mut config = json!({
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "kind": "Cluster",
        "nodes": nodes,
    });
    if cgroup_v1 {
        let kubelet = json!({
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "failCgroupV1": false,
        });
        config["kubeadmConfigPatches"] = json!([kubelet.to_string()]);
    }
    format!("{config:#}")
}

/// Whether kubeadm's configuration carries our label, in either of the forms that kind's templates write:
/// `node-labels: "a=b,KEY=VALUE"`, and since kubeadm's v1beta4 `name: node-labels` with `value: a=b,KEY=VALUE`.
pub(super) fn carries_our_label(kubeadm: &str) -> bool {
    let labels = |line: &str| {
        let (key, value) = line.trim_start_matches([' ', '-']).split_once(": ")?;
        matches!(key, "node-labels" | "value").then(|| value.trim().trim_matches('"').to_owned())
    };
    let ours = format!("{OWNER_KEY}={OWNER_VALUE}");
    kubeadm
        .lines()
        .filter_map(labels)
        .any(|labels| labels.split(',').any(|label| label == ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_on_cgroup_v2() {
        insta::assert_snapshot!(cluster_config(1, false), @r#"
        {
          "apiVersion": "kind.x-k8s.io/v1alpha4",
          "kind": "Cluster",
          "nodes": [
            {
              "labels": {
                "stateproof.io/owner": "stateproof"
              },
              "role": "control-plane"
            }
          ]
        }
        "#);
    }

    #[test]
    fn three_nodes_on_cgroup_v1() {
        insta::assert_snapshot!(cluster_config(3, true), @r#"
        {
          "apiVersion": "kind.x-k8s.io/v1alpha4",
          "kind": "Cluster",
          "kubeadmConfigPatches": [
            "{\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\",\"failCgroupV1\":false,\"kind\":\"KubeletConfiguration\"}"
          ],
          "nodes": [
            {
              "labels": {
                "stateproof.io/owner": "stateproof"
              },
              "role": "control-plane"
            },
            {
              "labels": {
                "stateproof.io/owner": "stateproof"
              },
              "role": "worker"
            },
            {
              "labels": {
                "stateproof.io/owner": "stateproof"
              },
              "role": "worker"
            }
          ]
        }
        "#);
    }

    #[test]
    fn the_label_is_found_where_kind_writes_it_and_only_there() {
        for ours in [
            r#"    node-labels: "stateproof.io/owner=stateproof""#,
            r#"    node-labels: "a=b,stateproof.io/owner=stateproof""#,
            "  - name: node-labels\n    value: stateproof.io/owner=stateproof",
        ] {
            assert!(carries_our_label(ours), "{ours}");
        }
        for other in [
            r#"    node-labels: """#,
            "    value: stateproof.io/owner=stateproof2",
            "# stateproof.io/owner=stateproof",
            "name: stateproof.io/owner=stateproof",
        ] {
            assert!(!carries_our_label(other), "{other}");
        }
    }
}
