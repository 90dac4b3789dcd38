use std::fmt;

use serde_json::Value;

use super::Resources;
use super::resources::{amount, of_pod};
use crate::manifest::{Manifest, ManifestSet};

/// A node that takes pods, and what it has for them (`status.allocatable`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRoom {
    /// Its name.
    pub name: String,
    /// What it has; [`NodeRoom::UNSAID`] of what it says nothing of.
    pub has: Resources,
}

impl NodeRoom {
    /// What a node says nothing of has no limit.
    pub const UNSAID: u64 = u64::MAX;
}

/// A set asks for more than the nodes have: its pods would stay Pending, whatever one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// What there is too little of, a line each, the biggest askers named.
    pub lines: Vec<String>,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("; "))
    }
}

/// How many askers a message names.
const NAMED: usize = 3;

/// What a set's pods and claims ask for.
///
/// Source: Kubernetes, "Resource Management for Pods and Containers" and "Init Containers", "Resource sharing within
/// containers". A Job's pods come and go, and are not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    askers: Vec<Asker>,
    /// What the claims ask for in all, in bytes.
    pub claims: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Asker {
    object: String,
    pods: u64,
    one: Resources,
}

impl Requests {
    /// Of a set on a cluster with so many nodes: a DaemonSet has a pod on each.
    #[must_use]
    pub fn of(set: &ManifestSet, nodes: usize) -> Self {
        Self {
            askers: set.iter().filter_map(|manifest| asker(manifest, nodes)).collect(),
            claims: set.iter().map(claims).sum(),
        }
    }

    /// Whether the nodes have too little, even with nobody else on them: what they have is not what is free, so a set
    /// that passes may still have to wait. Nothing where no node is known.
    ///
    /// ```
    /// use stateproof::manifest::ManifestSet;
    /// use stateproof::workload::{NodeRoom, Requests, Resources};
    ///
    /// let set = ManifestSet::from_str("db.yaml", "
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db }
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     spec: { containers: [{ name: db, image: postgres, resources: { requests: { cpu: 2 } } }] }
    /// ")?;
    /// let has = Resources { cpu_millis: 4000, memory: 8 << 30, ephemeral: 0 };
    /// let nodes = [NodeRoom { name: "one".into(), has }];
    /// let shortage = Requests::of(&set, nodes.len()).shortage(&nodes).unwrap();
    /// assert_eq!(
    ///     shortage.to_string(),
    ///     "cpu: the set asks for 6, the one node that takes pods has 4: StatefulSet db asks for 3 × 2",
    /// );
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn shortage(&self, nodes: &[NodeRoom]) -> Option<Shortage> {
        if nodes.is_empty() {
            return None;
        }
        let lines: Vec<String> = Kind::ALL
            .iter()
            .filter_map(|kind| self.lack(*kind, nodes))
            .collect();
        (!lines.is_empty()).then_some(Shortage { lines })
    }

    /// What a reader should know where the claims ask for more than the nodes' disks hold: classes that keep volumes on
    /// the nodes do not look, and a disk that fills up is no fault of the database's.
    #[must_use]
    pub fn crowded(&self, nodes: &[NodeRoom]) -> Option<String> {
        let disks = nodes.iter().map(|node| node.has.ephemeral);
        let disks = disks.fold(0, u64::saturating_add);
        (!nodes.is_empty() && self.claims > disks).then(|| {
            format!(
                "the claims ask for {} in all, the nodes' disks have {}: a class that keeps its volumes on the nodes does \
                 not look at that",
                Kind::Memory.told(self.claims),
                Kind::Memory.told(disks)
            )
        })
    }

    fn lack(&self, kind: Kind, nodes: &[NodeRoom]) -> Option<String> {
        let room = |node: &NodeRoom| kind.of(&node.has);
        let largest = nodes.iter().map(room).max()?;
        let total = nodes.iter().map(room).fold(0, u64::saturating_add);
        let mut askers: Vec<(&Asker, u64)> = self
            .askers
            .iter()
            .map(|asker| (asker, kind.of(&asker.one).saturating_mul(asker.pods)))
            .collect();
        askers.sort_by_key(|(_, asked)| std::cmp::Reverse(*asked));
        let too_large = self
            .askers
            .iter()
            .find(|asker| asker.pods > 0 && kind.of(&asker.one) > largest);
        if let Some(asker) = too_large {
            return Some(format!(
                "{}: a pod of {} asks for {}, the largest node has {}",
                kind.name(),
                asker.object,
                kind.told(kind.of(&asker.one)),
                kind.told(largest)
            ));
        }
        let asked: u64 = askers
            .iter()
            .fold(0, |sum, (_, asked)| sum.saturating_add(*asked));
        if asked <= total {
            return None;
        }
        let named: Vec<String> = askers
            .iter()
            .filter(|(_, asked)| *asked > 0)
            .take(NAMED)
            .map(|(asker, _)| {
                let each = kind.told(kind.of(&asker.one));
                match asker.pods {
                    1 => format!("{} asks for {each}", asker.object),
                    pods => format!("{} asks for {pods} × {each}", asker.object),
                }
            })
            .collect();
        let others = askers.iter().filter(|(_, asked)| *asked > 0).count() - named.len();
        let others = match others {
            0 => String::new(),
            1 => ", one other for the rest".to_owned(),
            others => format!(", {others} others for the rest"),
        };
        let have = match nodes.len() {
            1 => "the one node that takes pods has".to_owned(),
            count => format!("the {count} nodes that take pods have"),
        };
        Some(format!(
            "{}: the set asks for {}, {have} {}: {}{others}",
            kind.name(),
            kind.told(asked),
            kind.told(total),
            named.join(", ")
        ))
    }
}

/// What can be too little.
#[derive(Clone, Copy)]
enum Kind {
    Cpu,
    Memory,
    Ephemeral,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Ephemeral];

    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Ephemeral => "ephemeral-storage",
        }
    }

    fn of(self, resources: &Resources) -> u64 {
        match self {
            Self::Cpu => resources.cpu_millis,
            Self::Memory => resources.memory,
            Self::Ephemeral => resources.ephemeral,
        }
    }

    /// An amount as a person writes it: whole processors or thousandths, GiB or MiB.
    fn told(self, amount: u64) -> String {
        let parts = |amount: u64, unit: u64| {
            let tenths = amount.saturating_mul(10).div_euclid(unit);
            match tenths % 10 {
                0 => format!("{}", tenths / 10),
                tenth => format!("{}.{tenth}", tenths / 10),
            }
        };
        match self {
            Self::Cpu if amount.is_multiple_of(100) => parts(amount, 1000),
            Self::Cpu => format!("{amount}m"),
            _ if amount >= 1 << 30 => format!("{} GiB", parts(amount, 1 << 30)),
            _ => format!("{} MiB", amount.div_ceil(1 << 20)),
        }
    }
}

fn asker(manifest: &Manifest, nodes: usize) -> Option<Asker> {
    let (_, pod) = manifest.pod_spec()?;
    let replicas = || manifest.json()["spec"]["replicas"].as_u64().unwrap_or(1);
    let pods = match manifest.kind() {
        "Pod" => 1,
        "DaemonSet" => nodes as u64,
        "StatefulSet" | "Deployment" | "ReplicaSet" | "ReplicationController" => replicas(),
        _ => return None,
    };
    Some(Asker {
        object: manifest.to_string(),
        pods,
        one: of_pod(pod),
    })
}

/// What a claim, or a StatefulSet's templates for all its members, ask for. Bytes.
fn claims(manifest: &Manifest) -> u64 {
    let json = manifest.json();
    let of_claim = |claim: &Value| {
        amount(&claim["spec"]["resources"]["requests"]["storage"]).map_or(0, |millis| millis.div_ceil(1000))
    };
    match manifest.kind() {
        "PersistentVolumeClaim" => of_claim(json),
        "StatefulSet" => {
            let templates = json["spec"]["volumeClaimTemplates"].as_array();
            let one: u64 = templates.into_iter().flatten().map(of_claim).sum();
            one.saturating_mul(json["spec"]["replicas"].as_u64().unwrap_or(1))
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn node(cpu_millis: u64, memory: u64) -> NodeRoom {
        NodeRoom {
            name: "node".to_owned(),
            has: Resources {
                cpu_millis,
                memory,
                ephemeral: 10 * GIB,
            },
        }
    }

    fn shortage(pods: &str, nodes: &[NodeRoom]) -> Option<String> {
        let set = ManifestSet::from_str("set.yaml", pods).unwrap();
        let shortage = Requests::of(&set, nodes.len()).shortage(nodes);
        shortage.map(|shortage| shortage.to_string())
    }

    fn set(kind: &str, name: &str, replicas: u32, containers: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{ name: {name} }}\nspec: {{ replicas: {replicas}, template: \
             {{ spec: {{ {containers} }} }} }}\n---\n"
        )
    }

    fn containers(requests: &str) -> String {
        format!("containers: [{{ name: a, resources: {{ requests: {{ {requests} }} }} }}]")
    }

    #[test]
    fn what_just_fits_is_let_through_and_what_does_not_is_refused() {
        let nodes = [node(2000, 4 * GIB), node(2000, 4 * GIB)];
        let pods = |replicas| set("StatefulSet", "db", replicas, &containers("cpu: 1, memory: 1Gi"));
        assert_eq!(shortage(&pods(4), &nodes), None);
        assert_eq!(
            shortage(&pods(5), &nodes).unwrap(),
            "cpu: the set asks for 5, the 2 nodes that take pods have 4: StatefulSet db asks for 5 × 1"
        );
        assert_eq!(shortage(&pods(5), &[]), None, "nothing is known of the nodes");
    }

    #[test]
    fn what_a_node_does_not_say_has_no_limit_and_none_is_none() {
        let asks = set("StatefulSet", "db", 2, &containers("cpu: 1500m"));
        assert_eq!(
            shortage(&asks, &[node(0, GIB)]).unwrap(),
            "cpu: a pod of StatefulSet db asks for 1.5, the largest node has 0"
        );
        let unsaid = [node(NodeRoom::UNSAID, GIB), node(1000, GIB)];
        assert_eq!(shortage(&asks, &unsaid), None);
        let asks_nothing = set("StatefulSet", "db", 2, &containers(""));
        assert_eq!(shortage(&asks_nothing, &[node(0, 0)]), None);
    }

    #[test]
    fn the_biggest_askers_are_named() {
        let text = [
            ("a", 1, "500Mi"),
            ("b", 3, "2Gi"),
            ("c", 1, "3Gi"),
            ("d", 1, "1Gi"),
        ]
        .map(|(name, replicas, memory)| {
            set(
                "Deployment",
                name,
                replicas,
                &containers(&format!("memory: {memory}")),
            )
        })
        .concat();
        assert_eq!(
            shortage(&text, &[node(9000, 8 * GIB)]).unwrap(),
            "memory: the set asks for 10.4 GiB, the one node that takes pods has 8 GiB: Deployment b asks for 3 × 2 GiB, \
             Deployment c asks for 3 GiB, Deployment d asks for 1 GiB, one other for the rest"
        );
    }

    #[test]
    fn a_pod_larger_than_any_node_is_refused_though_all_together_are_larger() {
        let nodes = [node(2000, 4 * GIB), node(2000, 4 * GIB)];
        assert_eq!(
            shortage(&set("StatefulSet", "db", 1, &containers("cpu: 2500m")), &nodes).unwrap(),
            "cpu: a pod of StatefulSet db asks for 2.5, the largest node has 2"
        );
        assert_eq!(
            shortage(&set("StatefulSet", "db", 0, &containers("cpu: 2500m")), &nodes),
            None
        );
    }

    #[test]
    fn init_containers_count_where_they_stay_or_are_larger() {
        let init = |fields: &str| {
            let pod = format!(
                "initContainers: [{{ name: i, {fields}resources: {{ requests: {{ cpu: 1500m }} }} }}], {}",
                containers("cpu: 1")
            );
            shortage(&set("StatefulSet", "db", 1, &pod), &[node(2000, GIB)])
        };
        assert_eq!(init(""), None, "it is gone before the server starts");
        assert!(init("restartPolicy: Always, ").unwrap().contains("asks for 2.5"));
    }

    #[test]
    fn a_daemon_set_has_a_pod_on_each_node_and_a_job_is_not_counted() {
        let daemon = set("DaemonSet", "agent", 1, &containers("cpu: 1500m"));
        let nodes = [node(2000, GIB), node(2000, GIB)];
        assert_eq!(shortage(&daemon, &nodes), None);
        let both = daemon + &set("StatefulSet", "db", 2, &containers("cpu: 1"));
        assert!(
            shortage(&both, &nodes)
                .unwrap()
                .contains("DaemonSet agent asks for 2 × 1.5")
        );
        assert_eq!(
            shortage(&set("Job", "once", 1, &containers("cpu: 99")), &nodes),
            None
        );
    }

    #[test]
    fn claims_that_no_disk_holds_are_told_and_not_refused() {
        let claim = |size: &str| {
            let text = format!(
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{ name: c }}\nspec: {{ resources: {{ requests: {{ \
                 storage: {size} }} }} }}\n"
            );
            Requests::of(&ManifestSet::from_str("set.yaml", &text).unwrap(), 1)
        };
        let nodes = [node(2000, GIB)];
        assert_eq!(claim("10Gi").crowded(&nodes), None);
        let told = claim("500Gi").crowded(&nodes).unwrap();
        assert!(
            told.starts_with("the claims ask for 500 GiB in all, the nodes' disks have 10 GiB"),
            "{told}"
        );
        assert_eq!(claim("500Gi").shortage(&nodes), None);
    }
}
