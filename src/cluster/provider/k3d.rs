use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::backend::Creation;
use super::docker::{Container, Docker, Image};
use super::spec::{OWNER_KEY, OWNER_VALUE};
use super::tool::Tool;
use super::{ClusterSpec, Layout, ProviderError};
use crate::manifest::{Problem, Settings};

/// k3d's label on all containers and volumes of a cluster; its value is the cluster's name.
pub(super) const CLUSTER_LABEL: &str = "k3d.cluster";

/// k3d's label on everything that it makes, with the value `k3d`. Networks carry no other.
pub(super) const ANY_LABEL: (&str, &str) = ("app", "k3d");

/// What a container is to its cluster: `server`, `agent`, `loadbalancer` and others.
const ROLE_LABEL: &str = "k3d.role";

/// `apiVersion` and `kind` of its configuration.
pub(super) const CONFIG: (&str, &str) = ("k3d.io/v1alpha5", "Simple");

/// k3d's own limit.
pub(super) const LONGEST_NAME: usize = 32;

/// The node image where neither a configuration file nor the caller names one: that of stateproof's own `k3d.yaml`,
/// for which `scripts/setup` builds a stand-in where no registry answers.
pub(super) const IMAGE: &str = "rancher/k3s:v1.36.3-k3s1";

/// The fields that are looked at or added to.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Known {
    metadata: KnownMetadata,
    servers: Option<u32>,
    agents: Option<u32>,
    image: Option<String>,
    network: Option<String>,
    #[serde(rename = "kubeAPI")]
    kube_api: KnownApi,
    options: KnownOptions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KnownMetadata {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KnownApi {
    host: Option<String>,
    #[serde(rename = "hostIP")]
    host_ip: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KnownOptions {
    #[serde(rename = "k3d")]
    _k3d: serde_json::Map<String, Value>,
    #[serde(rename = "kubeconfig")]
    _kubeconfig: serde_json::Map<String, Value>,
    #[serde(rename = "k3s")]
    _k3s: KnownK3s,
    #[serde(rename = "runtime")]
    _runtime: KnownRuntime,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KnownK3s {
    #[serde(rename = "nodeLabels")]
    _node_labels: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct KnownRuntime {
    #[serde(rename = "labels")]
    _labels: Vec<Value>,
}

/// The name and the number of nodes in a configuration file.
pub(super) fn known(settings: &Settings) -> Result<(Option<String>, usize), Problem> {
    let known: Known = settings.typed()?;
    let nodes = known.servers.unwrap_or(1) + known.agents.unwrap_or(0);
    Ok((known.metadata.name, nodes as usize))
}

/// k3d keeps to the cluster's own directory: the kubeconfig that it takes for the user's is there, and so is what it
/// otherwise leaves in the user's configuration and in the system's temporary directory.
pub(super) fn confined(tool: Tool, dir: &Path) -> Tool {
    tool.env("KUBECONFIG", dir.join("kubeconfig"))
        .env("XDG_CONFIG_HOME", dir)
        .env("TMPDIR", dir)
}

pub(super) async fn creation(
    tool: Tool,
    docker: &Docker,
    spec: &ClusterSpec,
) -> Result<Creation, ProviderError> {
    let asked = asked(spec.layout.as_ref());
    let image = spec.node_image.clone();
    let image = image.or_else(|| Some(asked["image"].as_str()?.to_owned()));
    let image = image.unwrap_or_else(|| IMAGE.to_owned());
    let there = docker.images(std::slice::from_ref(&image)).await?;
    let stand_in = there.first().and_then(Image::stand_in).is_some();
    let tool = if stand_in {
        // It is its own helper: k3d's cannot be had either. And it does by itself what k3d has scripts for.
        tool.env("K3D_IMAGE_TOOLS", &image)
            .env("K3D_FIX_CGROUPV2", "0")
            .env("K3D_FIX_DNS", "0")
            .env("K3D_FIX_MOUNTS", "0")
    } else {
        tool
    };
    let args = ["cluster", "create", &spec.name, "--config", "-"];
    Ok(Creation {
        tool,
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        config: config(asked, &image, stand_in),
        image: Some(image),
    })
}

/// The configuration as it was asked for.
fn asked(layout: Option<&Layout>) -> Value {
    let (api_version, kind) = CONFIG;
    let nodes = match layout {
        Some(Layout::File(file)) => return file.json().clone(),
        Some(Layout::Nodes(nodes)) => *nodes,
        None => 1,
    };
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "servers": 1,
        "agents": nodes.saturating_sub(1),
    })
}

/// The configuration for `k3d cluster create --config -`, with what stateproof needs.
fn config(mut config: Value, image: &str, stand_in: bool) -> Value {
    let known: Known = serde_json::from_value(config.clone()).unwrap_or_default();
    config["image"] = image.into();
    if known.kube_api.host.is_none() && known.kube_api.host_ip.is_none() {
        // By k3d's default the API server listens on every address of the machine.
        object(&mut config["kubeAPI"])["hostIP"] = "127.0.0.1".into();
    }
    let options = object(&mut config["options"]);
    let label = json!({ "label": format!("{OWNER_KEY}={OWNER_VALUE}"), "nodeFilters": ["all"] });
    let node_label = json!({ "label": label["label"], "nodeFilters": ["server:*", "agent:*"] });
    push(&mut object(&mut options["runtime"])["labels"], label);
    push(&mut object(&mut options["k3s"])["nodeLabels"], node_label);
    // The kubeconfig that is updated is the cluster's own, see `confined`.
    options["kubeconfig"] = json!({ "updateDefaultKubeconfig": true, "switchCurrentContext": true });
    let k3d = object(&mut options["k3d"]);
    k3d["wait"] = true.into();
    if stand_in {
        // It would take an image that cannot be had either.
        k3d["disableLoadbalancer"] = true.into();
    }
    config
}

fn object(value: &mut Value) -> &mut Value {
    if !value.is_object() {
        *value = json!({});
    }
    value
}

fn push(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    }
}

/// Whether a container is one of the cluster's nodes.
pub(super) fn is_node(container: &Container) -> bool {
    matches!(container.label(ROLE_LABEL), Some("server" | "agent"))
}

/// Servers first, then agents, then what is no node.
pub(super) fn rank(container: &Container) -> (usize, String) {
    let role = match container.label(ROLE_LABEL) {
        Some("server") => 0,
        Some("agent") => 1,
        _ => 2,
    };
    (role, container.name().to_owned())
}

/// Whether k3d gave the container our label.
pub(super) fn made_by_us(container: &Container) -> bool {
    container.label(OWNER_KEY) == Some(OWNER_VALUE)
}

/// The names of all containers that a creation makes.
pub(super) fn container_names(name: &str, config: &Value) -> Vec<String> {
    let known: Known = serde_json::from_value(config.clone()).unwrap_or_default();
    let of_role = |role: &'static str, count: u32| (0..count).map(move |i| format!("k3d-{name}-{role}-{i}"));
    of_role("server", known.servers.unwrap_or(1))
        .chain(of_role("agent", known.agents.unwrap_or(0)))
        .chain(["serverlb", "tools"].map(|role| format!("k3d-{name}-{role}")))
        .collect()
}

/// The network and the volume that k3d makes for a cluster.
pub(super) fn surroundings(name: &str, config: &Value) -> (String, String) {
    let known: Known = serde_json::from_value(config.clone()).unwrap_or_default();
    let network = known.network.filter(|network| !network.is_empty());
    (
        network.unwrap_or_else(|| format!("k3d-{name}")),
        format!("k3d-{name}-images"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_has_neither_load_balancer_nor_open_api_server() {
        let merged = config(asked(Some(&Layout::Nodes(2))), "a:1", true);
        insta::assert_snapshot!(format!("{merged:#}"), @r#"
        {
          "agents": 1,
          "apiVersion": "k3d.io/v1alpha5",
          "image": "a:1",
          "kind": "Simple",
          "kubeAPI": {
            "hostIP": "127.0.0.1"
          },
          "options": {
            "k3d": {
              "disableLoadbalancer": true,
              "wait": true
            },
            "k3s": {
              "nodeLabels": [
                {
                  "label": "stateproof.io/owner=stateproof",
                  "nodeFilters": [
                    "server:*",
                    "agent:*"
                  ]
                }
              ]
            },
            "kubeconfig": {
              "switchCurrentContext": true,
              "updateDefaultKubeconfig": true
            },
            "runtime": {
              "labels": [
                {
                  "label": "stateproof.io/owner=stateproof",
                  "nodeFilters": [
                    "all"
                  ]
                }
              ]
            }
          },
          "servers": 1
        }
        "#);
    }

    /// The one image that is set up for is the one that is asked for.
    #[test]
    fn the_projects_own_file_and_the_list_of_images_name_the_default_image() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let own = Settings::read(&root.join("k3d.yaml")).unwrap();
        assert_eq!(own.json()["image"], IMAGE);
        let list = std::fs::read_to_string(root.join("images/list")).unwrap();
        let listed = |line: &str| line.split_whitespace().eq([IMAGE, "node"]);
        assert!(list.lines().any(listed), "{list}");
    }

    #[test]
    fn what_the_file_says_stays() {
        let asked = json!({
            "kubeAPI": { "host": "k8s.example.com" },
            "options": {
                "k3d": { "wait": false, "timeout": "60s" },
                "k3s": { "extraArgs": [{ "arg": "--disable=traefik" }] },
                "runtime": { "labels": [{ "label": "a=b" }] },
            },
        });
        let merged = config(asked.clone(), "a:1", false);
        assert_eq!(merged["kubeAPI"], asked["kubeAPI"]);
        assert_eq!(
            merged["options"]["k3d"],
            json!({ "wait": true, "timeout": "60s" })
        );
        assert_eq!(
            merged["options"]["k3s"]["extraArgs"],
            asked["options"]["k3s"]["extraArgs"]
        );
        assert_eq!(merged["options"]["runtime"]["labels"][0]["label"], "a=b");
    }

    #[test]
    fn containers_and_surroundings_have_the_names_that_k3d_gives() {
        let config = json!({ "servers": 1, "agents": 2 });
        assert_eq!(
            container_names("x", &config),
            [
                "k3d-x-server-0",
                "k3d-x-agent-0",
                "k3d-x-agent-1",
                "k3d-x-serverlb",
                "k3d-x-tools"
            ]
        );
        let own = ("k3d-x".to_owned(), "k3d-x-images".to_owned());
        assert_eq!(surroundings("x", &config), own);
        assert_eq!(surroundings("x", &json!({ "network": "lan" })).0, "lan");
    }
}
