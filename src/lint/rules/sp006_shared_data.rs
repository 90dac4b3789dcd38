use std::collections::BTreeMap;

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP006",
    title: "several pods write to one database's directory",
    level: Level::Error,
    why: "Two servers on one data directory overwrite each other's pages. The lock file does not help: it holds a process \
          number, which means nothing in another container.",
    mend: "give every pod a claim of its own with volumeClaimTemplates; let others (a backup) mount the claim readOnly, \
           or better speak to the server",
    source: "docker-library/postgres#171",
    foresees: &[Promise::Exclusivity, Promise::Durability],
    fixable: false,
    check,
};

/// More members than any database has.
const MOST_MEMBERS: u32 = 64;

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let users = users(inventory);
    for (maker, server, _) in inventory.databases() {
        let Some(claim) = maker.data_claim(inventory) else {
            continue;
        };
        // A Deployment with a claim that one node may mount is SP005's.
        let told = matches!(maker.made, Made::Deployment(_)) && claim.is_single_node();
        if let (Source::Named(name), 2.., false) = (&claim.source, maker.replicas(), told) {
            let message = format!(
                "{} {} servers share the claim {name}",
                maker.replicas(),
                server.kind
            );
            let place = maker.manifest.locate("/spec/replicas");
            findings.push(Finding::of(
                &RULE,
                maker,
                place,
                "servers on one directory",
                message,
            ));
        }
        for name in names(maker, &claim) {
            let of_claim = users
                .get(&(maker.namespace, name.clone()))
                .map(Vec::as_slice)
                .unwrap_or_default();
            for (user, pointer) in of_claim {
                if std::ptr::eq(user.manifest, maker.manifest) {
                    continue;
                }
                let message = format!(
                    "writes to the claim {name}, which {} keeps its data on",
                    maker.manifest
                );
                let place = user.manifest.locate(pointer);
                findings.push(Finding::of(&RULE, user, place, "the database's own", message).about(maker));
            }
        }
    }
    findings
}

/// Who mounts which claim by its name so that it can write to it, and where that is said.
fn users<'i, 's>(
    inventory: &'i Inventory<'s>,
) -> BTreeMap<(&'s str, String), Vec<(&'i PodMaker<'s>, String)>> {
    let mut users: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for maker in &inventory.pods {
        for (position, volume) in maker.pod.volumes.iter().flatten().enumerate() {
            let Some(claim) = &volume.persistent_volume_claim else {
                continue;
            };
            if maker.writes_to(&volume.name) {
                let pointer = maker.path(&format!("volumes/{position}/persistentVolumeClaim/claimName"));
                let key = (maker.namespace, claim.claim_name.clone());
                users.entry(key).or_default().push((maker, pointer));
            }
        }
    }
    users
}

/// The names of the claims that a workload's servers have.
fn names(maker: &PodMaker<'_>, claim: &MountedClaim<'_>) -> Vec<String> {
    match &claim.source {
        Source::Named(name) => vec![name.clone()],
        Source::Template => (0..maker.replicas().min(MOST_MEMBERS))
            .map(|ordinal| format!("{}-{}-{ordinal}", claim.volume, maker.manifest.name()))
            .collect(),
    }
}
