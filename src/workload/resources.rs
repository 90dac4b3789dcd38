use serde_json::Value;

use crate::quantity::thousandths;

/// What the scheduler sets aside for something: what is asked for, and nothing where nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Processor time, in thousandths of a processor.
    pub cpu_millis: u64,
    /// Memory, in bytes.
    pub memory: u64,
    /// The container's own file system and logs, in bytes (`ephemeral-storage`).
    pub ephemeral: u64,
}

/// What one pod asks for: its containers together with the init containers that stay, or the largest of those that do
/// not, whichever is more.
pub(super) fn of_pod(pod: &Value) -> Resources {
    let list = |name: &str| pod[name].as_array().into_iter().flatten();
    let stays = |container: &&Value| container["restartPolicy"] == "Always";
    let together = list("containers")
        .chain(list("initContainers").filter(stays))
        .map(of_container)
        .fold(Resources::default(), |sum, one| {
            combine(sum, one, u64::saturating_add)
        });
    let first = list("initContainers")
        .filter(|container| !stays(container))
        .map(of_container)
        .fold(Resources::default(), |most, one| combine(most, one, u64::max));
    combine(together, first, u64::max)
}

fn combine(one: Resources, other: Resources, how: impl Fn(u64, u64) -> u64) -> Resources {
    Resources {
        cpu_millis: how(one.cpu_millis, other.cpu_millis),
        memory: how(one.memory, other.memory),
        ephemeral: how(one.ephemeral, other.ephemeral),
    }
}

fn of_container(container: &Value) -> Resources {
    let whole = |resource: &str| asked(container, resource).map_or(0, |millis| millis.div_ceil(1000));
    Resources {
        cpu_millis: asked(container, "cpu").unwrap_or_default(),
        memory: whole("memory"),
        ephemeral: whole("ephemeral-storage"),
    }
}

/// What a container asks for of a resource, in thousandths. A limit without a request is the request too.
pub(super) fn asked(container: &Value, resource: &str) -> Option<u64> {
    let mut lists = ["requests", "limits"].iter();
    lists.find_map(|list| amount(&container["resources"][list][resource]))
}

/// A quantity in thousandths; YAML may have it as a number.
pub(super) fn amount(quantity: &Value) -> Option<u64> {
    quantity
        .as_str()
        .map_or_else(|| thousandths(&quantity.to_string()), thousandths)
}
