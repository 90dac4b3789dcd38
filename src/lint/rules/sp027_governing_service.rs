use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP027",
    title: "serviceName names no headless Service that selects the pods",
    level: Level::Error,
    why: "The members' DNS names come from the Service that serviceName names. Where it is missing, selects other pods or \
          is not headless, the names do not resolve, or not everywhere.",
    mend: "declare a Service with clusterIP: None whose selector matches the labels of the pods' template, in the same \
           namespace, and name it in serviceName",
    source: "kube-score, \"StatefulSet has ServiceName\"; Kubernetes, \"StatefulSets\", stable network ID",
    foresees: &[Promise::Address],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        let Some(spec) = maker.stateful_set() else {
            continue;
        };
        let place = maker.manifest.locate("/spec/serviceName");
        let Some(name) = spec.service_name.as_deref().filter(|name| !name.is_empty()) else {
            let message = "it names no governing Service: its pods have no DNS names of their own";
            findings.push(Finding::of(&RULE, maker, place, "no serviceName", message));
            continue;
        };
        let Some(service) = inventory.service(maker.namespace, name) else {
            if inventory.is_unreadable("Service", maker.namespace, name) {
                continue;
            }
            let message = format!("its governing Service {name} is not in the set");
            findings.push(Finding::of(
                &RULE,
                maker,
                place,
                "no Service of this name",
                message,
            ));
            continue;
        };
        let declared = service.object.spec.clone().unwrap_or_default();
        let selector = declared.selector.unwrap_or_default();
        let selects = !selector.is_empty()
            && selector
                .iter()
                .all(|(name, value)| maker.labels.get(name) == Some(value));
        if !selects {
            let message = format!("does not select the pods of {}, which it governs", maker.manifest);
            let place = service.at("spec/selector");
            findings.push(Finding::new(&RULE, service.manifest, place, "other pods", message).about(maker));
        } else if declared.cluster_ip.as_deref() != Some("None") {
            let message = format!(
                "governs {} and is not headless: its pods' names need not resolve",
                maker.manifest
            );
            let place = service.at("spec/clusterIP");
            let finding = Finding::new(&RULE, service.manifest, place, "no clusterIP: None", message);
            findings.push(finding.about(maker).with_level(Level::Warning));
        }
    }
    findings
}
