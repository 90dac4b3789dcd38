use serde_json::{Value, json};

/// The label on every node of ours. Not one of `app.kubernetes.io`: the kubelet refuses to label itself in that domain.
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

/// Whether kubeadm's configuration carries our label, as kind's template writes it: `node-labels: "key=value"`.
pub(super) fn carries_our_label(kubeadm: &str) -> bool {
    kubeadm
        .lines()
        .filter(|line| line.contains("node-labels"))
        .any(|line| line.contains(&format!("{OWNER_KEY}={OWNER_VALUE}")))
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
        assert!(carries_our_label(
            r#"    node-labels: "stateproof.io/owner=stateproof""#
        ));
        assert!(carries_our_label(
            r#"    node-labels: "a=b,stateproof.io/owner=stateproof""#
        ));
        assert!(!carries_our_label(r#"    node-labels: """#));
        assert!(!carries_our_label(
            r#"    node-labels: "stateproof.io/owner=helm""#
        ));
        assert!(!carries_our_label("# stateproof.io/owner=stateproof"));
    }
}
