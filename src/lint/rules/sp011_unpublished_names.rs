use serde_json::json;

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP011",
    title: "members find each other by names that are published only when they are Ready",
    level: Level::Warning,
    why: "A headless Service gives a pod's name to DNS only when the pod is Ready. Members that need each other to become \
          Ready then wait for names that wait for them: after all pods were lost, none comes back.",
    mend: "set publishNotReadyAddresses: true on the headless Service that governs the members; clients use another \
           Service",
    source: "nats-io/k8s#441; Kubernetes, \"Service API reference\", publishNotReadyAddresses",
    foresees: &[Promise::Recovery, Promise::Roles],
    fixable: true,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    const FIELD: &str = "publishNotReadyAddresses";
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        let Some(spec) = maker.stateful_set().filter(|_| maker.replicas() > 1) else {
            continue;
        };
        let name = spec.service_name.as_deref().unwrap_or_default();
        let Some(service) = inventory.service(maker.namespace, name) else {
            continue;
        };
        let Some(governing) = service.object.spec.as_ref() else {
            continue;
        };
        let headless = governing.cluster_ip.as_deref() == Some("None");
        if !headless || governing.publish_not_ready_addresses == Some(true) {
            continue;
        }
        let waits = maker
            .containers_of(ContainerKind::Main)
            .any(|container| container.probe(ProbeKind::Readiness).is_some());
        if !waits || !needs_peers(inventory, maker, name) {
            continue;
        }
        let value = json!(true);
        let fix = match governing.publish_not_ready_addresses {
            Some(_) => Fix::replace(service.manifest, &format!("/spec/{FIELD}"), &value),
            None => Fix::insert(service.manifest, "/spec/clusterIP", FIELD, &value),
        };
        let message = format!(
            "{} find each other by names that they have only when they are Ready",
            maker.manifest
        );
        let (place, label) = (service.at("spec/clusterIP"), "publishes Ready members only");
        findings.push(
            Finding::new(&RULE, service.manifest, place, label, message)
                .about(maker)
                .fixed_by(fix),
        );
    }
    findings
}

/// Whether the members are told each other's names: `NAME-0.SERVICE`, or anything below the Service's name.
fn needs_peers(inventory: &Inventory<'_>, maker: &PodMaker<'_>, service: &str) -> bool {
    let below = format!(".{service}");
    inventory.texts(maker).iter().any(|text| {
        text.text.match_indices(&below).any(|(at, found)| {
            let after = &text.text[at + found.len()..];
            !after.starts_with(|c: char| c.is_alphanumeric() || c == '-')
        })
    })
}
