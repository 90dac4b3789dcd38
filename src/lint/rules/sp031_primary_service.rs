use super::prelude::*;
use crate::workload::declared::Declared;
use k8s_openapi::api::core::v1::Service;

pub(super) static RULE: Rule = Rule {
    id: "SP031",
    title: "a Service that is meant for the PRIMARY selects pods, not roles",
    level: Level::Warning,
    why: "Which member is PRIMARY changes at an election, a selector does not: after a step-down the Service leads to a \
          SECONDARY, which refuses writes; one that selects all members leads there now and then from the start.",
    mend: "let clients find the PRIMARY themselves (mongodb://…?replicaSet=…, several hosts), or let an operator keep a \
           role label that the Service selects",
    source: "stateproof's fourth document; MongoDB, \"Connection Strings\"",
    foresees: &[Promise::PrimaryAddress],
    fixable: false,
    check,
};

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// Words in a label that say that it follows the role.
const ROLE_LABELS: [&str; 4] = ["role", "primary", "master", "leader"];

/// Words in a Service's name that say that it is for reading, or for something else than clients.
const OTHER_USES: [&str; 10] = [
    "read",
    "replica",
    "secondary",
    "slave",
    "standby",
    "metrics",
    "exporter",
    "headless",
    "-ro",
    "internal",
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, _) in inventory.databases() {
        if maker.replicas() < 2 || !super::replication::is_on(inventory, maker, server) {
            continue;
        }
        let services = inventory.services_of(maker);
        let by_name: Vec<_> = services.iter().filter(|service| pod(service).is_some()).collect();
        for service in &services {
            let Some(spec) = &service.object.spec else {
                continue;
            };
            let selector = spec.selector.clone().unwrap_or_default();
            let by_role = selector.keys().any(|label| {
                ROLE_LABELS
                    .iter()
                    .any(|word| label.to_ascii_lowercase().contains(word))
            });
            let other = OTHER_USES.iter().any(|word| service.name().contains(word));
            let headless = spec.cluster_ip.as_deref() == Some("None");
            if headless || by_role || other {
                continue;
            }
            let message = match pod(service) {
                // A Service a member: its clients know which they ask.
                Some(_) if by_name.len() > 1 => continue,
                Some(pod) => format!(
                    "leads to {pod}, whatever its role in the replica set of {}",
                    maker.manifest
                ),
                None => format!("leads to any member of {}, whatever its role", maker.manifest),
            };
            let place = service.at("spec/selector");
            findings
                .push(Finding::new(&RULE, service.manifest, place, "knows no roles", message).about(maker));
        }
    }
    findings
}

/// The one pod that a Service selects by its name or number.
fn pod(service: &Declared<'_, Service>) -> Option<String> {
    let selector = service.object.spec.as_ref()?.selector.as_ref()?;
    selector.get(POD_NAME).or(selector.get(POD_INDEX)).cloned()
}
