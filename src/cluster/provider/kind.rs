use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::backend::Creation;
use super::docker::{Container, Docker};
use super::spec::{OWNER_KEY, OWNER_VALUE, STAND_IN_NODE};
use super::tool::Tool;
use super::{ClusterSpec, Layout, ProviderError};
use crate::manifest::{Problem, Settings};

/// kind's label on its node containers; its value is the cluster's name.
pub(super) const CLUSTER_LABEL: &str = "io.x-k8s.kind.cluster";

/// `apiVersion` and `kind` of its configuration.
pub(super) const CONFIG: (&str, &str) = ("kind.x-k8s.io/v1alpha4", "Cluster");

/// kind appends `-control-plane` (14 characters), and a host name ends at 64.
pub(super) const LONGEST_NAME: usize = 50;

/// Where kind writes kubeadm's configuration on a node, the node's labels among it.
const KUBEADM_CONFIG: &str = "/kind/kubeadm.conf";

/// The fields that are looked at or added to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    name: Option<String>,
    nodes: Option<Vec<KnownNode>>,
    #[serde(rename = "kubeadmConfigPatches")]
    _patches: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct KnownNode {
    #[serde(rename = "image")]
    _image: Option<String>,
    #[serde(rename = "labels")]
    _labels: Option<Map<String, Value>>,
}

/// The name and the number of nodes in a configuration file.
pub(super) fn known(settings: &Settings) -> Result<(Option<String>, usize), Problem> {
    let known: Known = settings.typed()?;
    let nodes = known.nodes.map_or(0, |nodes| nodes.len());
    // Without any, kind makes one.
    Ok((known.name, nodes.max(1)))
}

pub(super) async fn creation(
    tool: Tool,
    docker: &Docker,
    spec: &ClusterSpec,
    dir: &Path,
) -> Result<Creation, ProviderError> {
    let config = config(spec.layout.as_ref(), docker.has_cgroup_v1().await?);
    let image = match &spec.node_image {
        Some(image) => Some(image.clone()),
        None if names_image(&config) => None,
        None => stand_in(docker).await?,
    };
    let kubeconfig = dir.join("kubeconfig").to_string_lossy().into_owned();
    let args = [
        "create",
        "cluster",
        "--name",
        &spec.name,
        "--kubeconfig",
        &kubeconfig,
    ];
    let mut args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
    args.extend(["--config", "-"].map(str::to_owned));
    if let Some(image) = &image {
        // In place of every image that the file names.
        args.extend(["--image".to_owned(), image.clone()]);
    }
    Ok(Creation {
        tool,
        args,
        config,
        image,
    })
}

fn names_image(config: &Value) -> bool {
    let mut nodes = config["nodes"].as_array().into_iter().flatten();
    nodes.any(|node| node.get("image").is_some_and(Value::is_string))
}

async fn stand_in(docker: &Docker) -> Result<Option<String>, ProviderError> {
    let name = STAND_IN_NODE.to_owned();
    let there = docker.images(std::slice::from_ref(&name)).await?;
    Ok((!there.is_empty()).then_some(name))
}

/// The configuration for `kind create cluster --config -`.
///
/// `cgroup_v1`: the kubelet refuses cgroup v1 since Kubernetes 1.35 unless it is told otherwise
/// (`KubeletConfiguration.failCgroupV1`).
fn config(layout: Option<&Layout>, cgroup_v1: bool) -> Value {
    let mut config = match layout {
        Some(Layout::File(file)) => file.json().clone(),
        other => built_in(match other {
            Some(Layout::Nodes(nodes)) => *nodes,
            _ => 1,
        }),
    };
    if config["nodes"].as_array().is_none_or(Vec::is_empty) {
        config["nodes"] = json!([{ "role": "control-plane" }]);
    }
    for node in config["nodes"].as_array_mut().into_iter().flatten() {
        if node["labels"].is_null() {
            node["labels"] = json!({});
        }
        node["labels"][OWNER_KEY] = OWNER_VALUE.into();
    }
    if cgroup_v1 {
        let kubelet = json!({
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "failCgroupV1": false,
        });
        let mut patches = config["kubeadmConfigPatches"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        patches.push(kubelet.to_string().into());
        config["kubeadmConfigPatches"] = patches.into();
    }
    config
}

fn built_in(nodes: u32) -> Value {
    let roles = (0..nodes).map(|i| if i == 0 { "control-plane" } else { "worker" });
    let (api_version, kind) = CONFIG;
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "nodes": roles.map(|role| json!({ "role": role })).collect::<Vec<_>>(),
    })
}

/// Whether our label is among those that kind gave the node.
pub(super) async fn made_by_us(docker: &Docker, container: &Container) -> Result<bool, ProviderError> {
    let config = docker.read(&container.id, KUBEADM_CONFIG).await?;
    Ok(config.is_some_and(|config| carries_our_label(&config)))
}

/// Whether kubeadm's configuration carries our label, in either of the forms that kind's templates write:
/// `node-labels: "a=b,KEY=VALUE"`, and since kubeadm's v1beta4 `name: node-labels` with `value: a=b,KEY=VALUE`.
fn carries_our_label(kubeadm: &str) -> bool {
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
        insta::assert_snapshot!(format!("{:#}", config(None, false)), @r#"
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
        insta::assert_snapshot!(format!("{:#}", config(Some(&Layout::Nodes(3)), true)), @r#"
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
