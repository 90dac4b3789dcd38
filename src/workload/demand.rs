use serde_json::Value;

use super::resources::asked;
use crate::manifest::{Manifest, ManifestSet};

/// What the pods of a set ask of a machine, all of them running.
///
/// Source: Kubernetes, "Resource Management for Pods and Containers".
///
/// ```
/// use stateproof::manifest::ManifestSet;
/// use stateproof::workload::Demand;
///
/// let set = ManifestSet::from_str("web.yaml", "
/// apiVersion: apps/v1
/// kind: Deployment
/// metadata: { name: web }
/// spec:
///   replicas: 2
///   template:
///     spec: { containers: [{ name: web, image: nginx, resources: { requests: { cpu: 300m, memory: 64Mi } } }] }
/// ")?;
/// assert_eq!(Demand::of(&set), Demand { cpu_millis: 600, memory_mib: 128 });
/// # Ok::<(), stateproof::manifest::Problems>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Processor time, in thousandths of a processor.
    pub cpu_millis: u64,
    /// Memory, in MiB.
    pub memory_mib: u64,
}

/// What a container that asks for nothing is taken to need: it gets what is left, and a database wants some.
const UNASKED: Demand = Demand {
    cpu_millis: 250,
    memory_mib: 256,
};

impl Demand {
    /// Of everything in the set that runs pods.
    #[must_use]
    pub fn of(set: &ManifestSet) -> Self {
        set.iter().map(of_manifest).fold(Self::default(), Self::plus)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.saturating_add(other.cpu_millis),
            memory_mib: self.memory_mib.saturating_add(other.memory_mib),
        }
    }
}

fn of_manifest(manifest: &Manifest) -> Demand {
    let Some((_, pod)) = manifest.pod_spec() else {
        return Demand::default();
    };
    let pods = manifest.json()["spec"]["replicas"].as_u64().unwrap_or(1);
    let containers = pod["containers"].as_array().into_iter().flatten();
    let one = containers.map(of_container).fold(Demand::default(), Demand::plus);
    Demand {
        cpu_millis: one.cpu_millis.saturating_mul(pods),
        memory_mib: one.memory_mib.saturating_mul(pods),
    }
}

fn of_container(container: &Value) -> Demand {
    let mib = |millis: u64| millis.div_ceil(1000 << 20);
    Demand {
        cpu_millis: asked(container, "cpu").unwrap_or(UNASKED.cpu_millis),
        memory_mib: asked(container, "memory").map_or(UNASKED.memory_mib, mib),
    }
}
