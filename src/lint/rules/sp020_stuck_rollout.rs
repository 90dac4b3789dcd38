use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP020",
    title: "a bad rollout stays after it is reverted",
    level: Level::Info,
    why: "With OrderedReady and RollingUpdate the controller waits for the broken pod to become Ready before it does \
          anything else, the way back included: after the manifest is reverted, the pod has to be deleted by hand.",
    mend: "use podManagementPolicy: Parallel where the members do not need an order, or know that the broken pod has to be \
           deleted by hand",
    source: "kubernetes/kubernetes#67250; Kubernetes, \"StatefulSets\", forced rollback",
    foresees: &[Promise::Recovery, Promise::Order],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        // With one member the update is no rollout that others wait behind.
        let Some(spec) = maker.stateful_set().filter(|_| maker.replicas() > 1) else {
            continue;
        };
        let strategy = spec.update_strategy.as_ref();
        let on_delete = strategy.is_some_and(|strategy| strategy.type_.as_deref() == Some("OnDelete"));
        let staged = strategy
            .and_then(|strategy| strategy.rolling_update.as_ref())
            .is_some_and(|update| update.partition.is_some_and(|partition| partition > 0));
        if spec.pod_management_policy.as_deref() == Some("Parallel") || on_delete || staged {
            continue;
        }
        let field = if spec.pod_management_policy.is_some() {
            "/spec/podManagementPolicy"
        } else {
            "/spec/replicas"
        };
        let message = "a rollout with a broken template sticks, and reverting it does not free it";
        findings.push(Finding::of(
            &RULE,
            maker,
            maker.manifest.locate(field),
            "one after the other",
            message,
        ));
    }
    findings
}
