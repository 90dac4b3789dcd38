use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Workload, WorkloadKind};
use crate::manifest::{Manifest, ManifestSet};

/// What of a StatefulSet's `spec` the API server lets be changed (Kubernetes API, `ValidateStatefulSetUpdate`).
const MUTABLE: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// What another set of manifests makes of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Number of members that it asks for.
    pub replicas: u32,
    /// Whether it has another template of the pods, so that the controller replaces them.
    pub replaces_pods: bool,
    /// What differs, a field each; values only where they cannot be secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
    /// What of it the API server refuses to change once the object exists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub immutable: Vec<String>,
}

impl Change {
    /// What `next` makes of a workload of `set`. It stays as it is where the other set does not have it: applying a set
    /// removes nothing.
    ///
    /// ```
    /// # use stateproof::manifest::ManifestSet;
    /// use stateproof::workload::{Change, discover};
    ///
    /// # let set = ManifestSet::read(&["fixtures/upgrade/now".into()])?;
    /// # let next = ManifestSet::read(&["fixtures/upgrade/larger-claim".into()])?;
    /// let orders = discover(&set, "default")?.remove(0).workload;
    /// let change = Change::of(&orders, &set, &next, "default");
    /// assert!(!change.replaces_pods);
    /// assert_eq!(change.immutable, ["spec.volumeClaimTemplates[data].spec.resources.requests.storage: 1Gi → 2Gi"]);
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn of(workload: &Workload, set: &ManifestSet, next: &ManifestSet, default_namespace: &str) -> Self {
        let find = |set| declared(workload, set, default_namespace);
        let (Some(old), Some(new)) = (find(set), find(next)) else {
            return Self {
                replicas: workload.replicas,
                ..Self::default()
            };
        };
        let mut change = Self {
            replicas: replicas(new),
            replaces_pods: old["spec"]["template"] != new["spec"]["template"],
            ..Self::default()
        };
        compare("spec", &old["spec"], &new["spec"], &mut change.differs);
        if workload.kind == WorkloadKind::StatefulSet {
            let refused = change.differs.iter().filter(|differs| !is_mutable(differs));
            change.immutable = refused.cloned().collect();
        }
        change
    }
}

/// A workload's manifest.
fn declared<'s>(workload: &Workload, set: &'s ManifestSet, default_namespace: &str) -> Option<&'s Value> {
    let same = |manifest: &&Manifest| {
        manifest.kind() == workload.kind.name()
            && manifest.namespace().unwrap_or(default_namespace) == workload.namespace
    };
    set.named(&workload.name).find(same).map(Manifest::json)
}

/// One where nothing is said (Kubernetes API, `StatefulSetSpec.replicas`).
fn replicas(object: &Value) -> u32 {
    let replicas = object["spec"]["replicas"].as_u64();
    replicas.and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
}

fn is_mutable(path: &str) -> bool {
    let field = path.trim_start_matches("spec.");
    let end = field.find(['.', '[', ':']).unwrap_or(field.len());
    MUTABLE.contains(&&field[..end])
}

/// Every field that is another one. Lists are compared by their entries' names, where they have any.
fn compare(path: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let value = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or_default();
                compare(&format!("{path}.{key}"), &value(old), &value(new), found);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            let (old, new) = (by_name(old), by_name(new));
            let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for name in names {
                let value =
                    |of: &BTreeMap<String, &Value>| of.get(name).copied().cloned().unwrap_or_default();
                compare(&format!("{path}[{name}]"), &value(&old), &value(&new), found);
            }
        }
        _ if is_public(path) => found.push(format!("{path}: {} → {}", shown(old), shown(new))),
        _ => found.push(path.to_owned()),
    }
}

/// A list's entries by their names, or by their positions where they have none.
fn by_name(list: &[Value]) -> BTreeMap<String, &Value> {
    let entries = list.iter().enumerate().map(|(position, entry)| {
        let name = entry["name"].as_str().or(entry["metadata"]["name"].as_str());
        (name.map_or_else(|| position.to_string(), str::to_owned), entry)
    });
    entries.collect()
}

/// Whether a field's value may be shown. A template's arguments, commands and variables may hold a password.
fn is_public(path: &str) -> bool {
    !path.starts_with("spec.template.")
        || path.rsplit('.').next() == Some("image")
        || path.contains(".resources.")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::discover;

    const NOW: &str = include_str!("../../fixtures/upgrade/now/postgres.yaml");

    fn change(from: &str, to: &str) -> Change {
        assert!(NOW.contains(from), "{from}");
        let set = ManifestSet::from_str("old.yaml", NOW).unwrap();
        let next = ManifestSet::from_str("new.yaml", &NOW.replace(from, to)).unwrap();
        let orders = discover(&set, "default").unwrap().remove(0).workload;
        Change::of(&orders, &set, &next, "default")
    }

    #[test]
    fn the_same_set_changes_nothing() {
        let same = Change {
            replicas: 1,
            ..Change::default()
        };
        assert_eq!(change("app: orders", "app: orders"), same);
        // What is not there any more is not removed.
        assert_eq!(change("  name: orders", "  name: others"), same);
    }

    #[test]
    fn a_template_is_another_one_and_its_arguments_stay_unsaid() {
        let change = change("max_connections=50", "password=u7-Lk29-orders");
        assert!(change.replaces_pods);
        assert_eq!(
            change.differs,
            ["spec.template.spec.containers[postgres].args[1]"]
        );
        assert!(change.immutable.is_empty());
    }

    #[test]
    fn images_and_members_are_said() {
        let image = change("postgres:16-alpine", "postgres:17-alpine");
        assert_eq!(
            image.differs,
            ["spec.template.spec.containers[postgres].image: postgres:16-alpine → postgres:17-alpine"]
        );
        let members = change("replicas: 1", "replicas: 3");
        assert_eq!((members.replicas, members.replaces_pods), (3, false));
        assert_eq!(members.differs, ["spec.replicas: 1 → 3"]);
        assert!(members.immutable.is_empty());
    }

    #[test]
    fn what_the_api_server_refuses_is_known_beforehand() {
        let policy = change("  replicas: 1", "  replicas: 1\n  podManagementPolicy: Parallel");
        assert_eq!(policy.immutable, ["spec.podManagementPolicy: none → Parallel"]);
        let class = change(
            "        accessModes:",
            "        storageClassName: fast\n        accessModes:",
        );
        assert_eq!(
            class.immutable,
            ["spec.volumeClaimTemplates[data].spec.storageClassName: none → fast"]
        );
    }
}
