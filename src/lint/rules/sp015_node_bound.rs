use std::collections::BTreeMap;

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP015",
    title: "the volume ties the pod to its node",
    level: Level::Info,
    why: "A volume that is a directory or a disk of one node can be mounted there only. When that node is drained or \
          lost, the pod stays Pending until it is back; and what is lost with its disk is lost.",
    mend: "use a class whose volumes follow the pod, or replicate in the database and plan drains accordingly",
    source: "rancher/local-path-provisioner#476",
    foresees: &[Promise::Placement],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A class is looked at once: a large set has many claims of few classes.
    let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
    for maker in &inventory.pods {
        for claim in maker.claims(inventory) {
            let Some(class) = claim.class() else { continue };
            if !known.contains_key(class) {
                known.insert(class.to_owned(), node_bound(inventory, class));
            }
            let Some(why) = &known[class] else { continue };
            let message = format!(
                "its volume {} can be mounted on one node only: {why}",
                claim.volume
            );
            findings.push(Finding::of(
                &RULE,
                maker,
                claim.at("storageClassName"),
                "one node's own",
                message,
            ));
        }
        let Some(container) = maker.server_container() else {
            continue;
        };
        let mounts = container.spec.volume_mounts.as_deref().unwrap_or_default();
        let mount = maker.data_mount().and_then(|position| mounts.get(position));
        let volumes = maker.pod.volumes.iter().flatten().enumerate();
        for (position, volume) in volumes {
            if volume.host_path.is_some() && mount.is_some_and(|mount| mount.name == volume.name) {
                let place = maker.at(&format!("volumes/{position}/hostPath"));
                let message = format!(
                    "its data directory is a directory of the node (volume {})",
                    volume.name
                );
                findings.push(Finding::of(&RULE, maker, place, "one node's own", message));
            }
        }
    }
    findings
}

/// Why a class's volumes are bound to a node.
fn node_bound(inventory: &Inventory<'_>, class: &str) -> Option<String> {
    let declared = inventory.classes.iter().find(|declared| declared.name() == class);
    if let Some(declared) = declared {
        let provisioner = declared.object.provisioner.as_str();
        return is_node_bound(provisioner).then(|| format!("its class {class} is made by {provisioner}"));
    }
    let of_class = inventory.volumes.iter().find(|volume| {
        let spec = volume.object.spec.as_ref();
        spec.is_some_and(|spec| {
            spec.storage_class_name.as_deref() == Some(class)
                && (spec.local.is_some() || spec.host_path.is_some())
        })
    });
    if let Some(volume) = of_class {
        return Some(format!(
            "PersistentVolume {} is a node's directory",
            volume.name()
        ));
    }
    ["local-path", "local-storage", "hostpath", "openebs-hostpath"]
        .contains(&class)
        .then(|| format!("the class {class} is a node's disk by its name"))
}

/// Provisioners whose volumes are a node's own.
fn is_node_bound(provisioner: &str) -> bool {
    [
        "rancher.io/local-path",
        "kubernetes.io/no-provisioner",
        "docker.io/hostpath",
        "k8s.io/minikube-hostpath",
        "openebs.io/local",
        "local.csi.openebs.io",
        "topolvm.io",
        "topolvm.cybozu.com",
    ]
    .contains(&provisioner)
}
