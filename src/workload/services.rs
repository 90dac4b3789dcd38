use k8s_openapi::api::core::v1::{Container, Service};

use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::typed::typed;
use super::{Engine, ServiceRef, ports};

/// What the StatefulSet controller adds to each pod's labels (Kubernetes, "Pod Name Label", "Pod index label").
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// The Services of the namespace that lead to the engine in pods with these labels, in the manifests' order.
///
/// One that is no Service as Kubernetes has it is left to the API server to refuse.
pub(super) fn leading_to(
    engine: &Engine,
    container: &Container,
    stateful_set: &str,
    labels: &Labels,
    neighbours: Neighbours<'_>,
) -> Vec<ServiceRef> {
    // Of thousands of Services few select these pods: the others are not read any further.
    let may_select = |manifest: &&crate::manifest::Manifest| {
        let wanted = manifest.json()["spec"]["selector"].as_object();
        wanted.into_iter().flatten().all(|(key, value)| {
            key == POD_NAME || key == POD_INDEX || labels.get(key).map(String::as_str) == value.as_str()
        })
    };
    let services = neighbours
        .every("Service")
        .filter(may_select)
        .filter_map(|manifest| {
            let spec = typed::<Service>(manifest).ok()?.spec?;
            let mut wanted = spec.selector.filter(|wanted| !wanted.is_empty())?;
            let pod = match (wanted.remove(POD_NAME), wanted.remove(POD_INDEX)) {
                (Some(name), _) => Some(name),
                (None, Some(index)) => Some(format!("{stateful_set}-{index}")),
                (None, None) => None,
            };
            let of_the_set = |pod: &String| {
                let index = pod
                    .strip_prefix(stateful_set)
                    .and_then(|rest| rest.strip_prefix('-'));
                index.is_some_and(|index| index.parse::<u32>().is_ok())
            };
            if !selector::selects(&wanted, labels) || !pod.iter().all(of_the_set) {
                return None;
            }
            let headless = spec.cluster_ip.as_deref() == Some("None");
            // The name of a headless one answers with the pods' own addresses: its ports are for nobody.
            let port = if headless {
                engine.port
            } else {
                let offered = spec.ports.iter().flatten();
                let offered =
                    offered.filter(|port| port.protocol.as_deref().is_none_or(|name| name == "TCP"));
                let mut leading = offered.filter(|port| ports::leads_to(port, container, engine.port));
                u16::try_from(leading.next()?.port).ok()?
            };
            Some(ServiceRef {
                name: manifest.name().to_owned(),
                dns: format!("{}.{}.svc.cluster.local", manifest.name(), neighbours.namespace()),
                headless,
                port,
                pod,
                publishes_not_ready: spec.publish_not_ready_addresses == Some(true),
            })
        });
    services.collect()
}
