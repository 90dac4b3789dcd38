use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP005",
    title: "a Deployment's pods share a claim that one node may mount",
    level: Level::Error,
    why: "A rolling update starts the new pod before the old one has ended. On another node the new one waits for the \
          volume for ever; on the same node both run on it, and two database servers on one directory destroy it. The \
          same goes for several replicas.",
    mend: "use a StatefulSet with a volumeClaimTemplate; or one replica and strategy.type: Recreate",
    source: "kubernetes/kubernetes#115997, stackrox/stackrox#5477",
    foresees: &[Promise::Exclusivity, Promise::Recovery],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        let Made::Deployment(spec) = &maker.made else {
            continue;
        };
        let claims = maker.claims(inventory);
        let shared = claims
            .iter()
            .find(|claim| claim.is_single_node() && maker.writes_to(&claim.volume));
        let Some(MountedClaim {
            source: Source::Named(name),
            ..
        }) = shared
        else {
            continue;
        };
        let replicas = maker.replicas();
        let (place, label, message) = if replicas > 1 {
            (
                maker.manifest.locate("/spec/replicas"),
                "pods on one claim",
                format!("{replicas} pods write to the claim {name}, which one node may mount"),
            )
        } else if replicas == 1 && overlaps(spec) {
            (
                maker.manifest.locate("/spec/strategy/type"),
                "the new pod starts before the old one has ended",
                format!("a rolling update puts a second pod on the claim {name}, which one node may mount"),
            )
        } else {
            continue;
        };
        findings.push(Finding::of(&RULE, maker, place, label, message));
    }
    findings
}

/// Whether a rollout makes the new pod before the old one has gone: unless it is told to surge by none.
fn overlaps(spec: &k8s_openapi::api::apps::v1::DeploymentSpec) -> bool {
    let Some(strategy) = &spec.strategy else {
        return true;
    };
    let surge = strategy
        .rolling_update
        .as_ref()
        .and_then(|update| update.max_surge.as_ref());
    let none = match surge {
        Some(IntOrString::Int(surge)) => *surge == 0,
        Some(IntOrString::String(surge)) => surge == "0%" || surge == "0",
        None => false,
    };
    strategy.type_.as_deref() != Some("Recreate") && !none
}
