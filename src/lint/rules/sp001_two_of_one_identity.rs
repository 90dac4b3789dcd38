use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP001",
    title: "two pods of one identity can write to one volume",
    level: Level::Error,
    why: "With a grace period of 0 every deletion is a forced one: the API forgets the pod at once, the controller makes \
          the next of the same name, and on a node that does not answer the old server is still running. A claim that \
          several nodes may mount (ReadWriteMany) does not stop the second one from writing.",
    mend: "leave terminationGracePeriodSeconds out or give the server time to shut down, and ask for the access mode \
           ReadWriteOncePod, which lets one pod at a time mount the volume",
    source: "kubernetes/kubernetes#35235, kubernetes/kubernetes#54368; Kubernetes, \"Force Delete StatefulSet Pods\"",
    foresees: &[Promise::Exclusivity, Promise::Durability],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in inventory.pods.iter().filter(|maker| maker.has_claims()) {
        let claims = maker.claims(inventory);
        let safe = claims.iter().all(|claim| claim.has_mode("ReadWriteOncePod"));
        if maker.pod.termination_grace_period_seconds == Some(0) && maker.stateful_set().is_some() && !safe {
            findings.push(Finding::of(
                &RULE,
                maker,
                maker.at("terminationGracePeriodSeconds"),
                "every deletion is a forced one",
                "the pods have no time to end, and nothing but ReadWriteOncePod keeps two of one name from running",
            ));
        }
    }
    for (maker, server, _) in inventory.databases() {
        if let Some(claim) = maker
            .data_claim(inventory)
            .filter(|claim| claim.has_mode("ReadWriteMany"))
        {
            let message = format!(
                "the data directory of {} is on a claim that several nodes may write to at once",
                server.kind
            );
            let place = claim.at("accessModes");
            findings.push(Finding::of(
                &RULE,
                maker,
                place,
                "lets a second pod write",
                message,
            ));
        }
    }
    findings
}
