use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP030",
    title: "a database's claims go with it",
    level: Level::Warning,
    why: "With persistentVolumeClaimRetentionPolicy Delete the claims, and with them the rows, are deleted with the \
          StatefulSet, or with each member that is scaled away: a mistaken kubectl delete is no longer repaired by \
          applying the manifest again.",
    mend: "leave the policy at Retain and delete claims by name when that is meant",
    source: "Kubernetes, \"StatefulSets\", PersistentVolumeClaim retention",
    foresees: &[Promise::Retention, Promise::Durability],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, _, _) in inventory.databases() {
        let policy = maker
            .stateful_set()
            .and_then(|spec| spec.persistent_volume_claim_retention_policy.as_ref());
        let Some(policy) = policy else { continue };
        for (value, field, event) in [
            (&policy.when_deleted, "whenDeleted", "the StatefulSet is deleted"),
            (&policy.when_scaled, "whenScaled", "it is scaled down"),
        ] {
            if value.as_deref() == Some("Delete") {
                let place = maker
                    .manifest
                    .locate(&format!("/spec/persistentVolumeClaimRetentionPolicy/{field}"));
                let message = format!("its claims and their rows are deleted when {event}");
                findings.push(Finding::of(&RULE, maker, place, "deletes the rows", message));
            }
        }
    }
    findings
}
