use std::collections::BTreeMap;

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP017",
    title: "a claim's class, or a volume for it, is not there",
    level: Level::Warning,
    why: "A claim of a class that the cluster does not have stays Pending, and its pod with it. Where the set brings the \
          volumes itself, there must be one for every member: with WaitForFirstConsumer or without a provisioner, the \
          members beyond stay Pending. A class of which the set says nothing may be the cluster's own: that is told as \
          a mere remark.",
    mend: "declare the class, name one that the cluster has, or leave storageClassName out for the default one; declare \
           as many volumes as there are members",
    source: "k3s-io/k3s#85",
    foresees: &[Promise::Storage, Promise::Recovery],
    fixable: false,
    check,
};

/// Classes that clusters come with.
const KNOWN: [&str; 20] = [
    "standard",
    "standard-rwo",
    "premium-rwo",
    "local-path",
    "hostpath",
    "gp2",
    "gp3",
    "ebs-sc",
    "default",
    "managed",
    "managed-csi",
    "managed-premium",
    "managed-csi-premium",
    "azurefile",
    "longhorn",
    "rook-ceph-block",
    "do-block-storage",
    "local-storage",
    "microk8s-hostpath",
    "csi-hostpath-sc",
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut volumes: BTreeMap<&str, usize> = BTreeMap::new();
    for volume in &inventory.volumes {
        let class = volume
            .object
            .spec
            .as_ref()
            .and_then(|spec| spec.storage_class_name.as_deref());
        *volumes.entry(class.unwrap_or_default()).or_default() += 1;
    }
    let classes: BTreeMap<&str, &str> = inventory
        .classes
        .iter()
        .map(|class| (class.name(), class.object.provisioner.as_str()))
        .collect();
    for maker in &inventory.pods {
        for claim in maker.claims(inventory) {
            let Some(class) = claim.class() else { continue };
            let place = claim.at("storageClassName");
            let provisioned = classes
                .get(class)
                .is_some_and(|&maker| maker != "kubernetes.io/no-provisioner");
            let wanted = match claim.source {
                Source::Template => maker.replicas() as usize,
                Source::Named(_) => 1,
            };
            let there = volumes.get(class).copied().unwrap_or_default();
            let by_hand = there > 0 || classes.contains_key(class);
            if by_hand && !provisioned && there < wanted {
                let message = format!(
                    "{wanted} members ask for volumes of the class {class}, and the set has {there}: the others stay Pending"
                );
                findings.push(Finding::of(
                    &RULE,
                    maker,
                    place,
                    format!("{there} in the set"),
                    message,
                ));
            } else if !by_hand && !KNOWN.contains(&class) {
                let message = format!("the class {class} is not in the set: the cluster has to have it");
                let finding = Finding::of(&RULE, maker, place, "not in the set", message);
                findings.push(finding.with_level(Level::Info));
            }
        }
    }
    findings
}
