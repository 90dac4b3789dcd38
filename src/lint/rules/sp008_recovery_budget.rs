use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP008",
    title: "the liveness probe does not wait for crash recovery",
    level: Level::Warning,
    why: "After a crash the server replays its log before it answers, and the more it had to do the longer that takes. \
          Without a startupProbe the liveness probe counts from the start: it kills the recovery, which begins anew, and \
          never ends.",
    mend: "add a startupProbe with a budget (failureThreshold × periodSeconds) of several minutes: it costs nothing on a \
           quick start",
    source: "helm/charts#17501",
    foresees: &[Promise::Recovery],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, container) in inventory.databases() {
        let Some(budget) = container.budget_seconds(ProbeKind::Liveness) else {
            continue;
        };
        if container.probe(ProbeKind::Startup).is_some() {
            continue;
        }
        findings.push(Finding::of(
            &RULE,
            maker,
            container.at(ProbeKind::Liveness.field()),
            format!("counts from the start, {budget} s"),
            format!(
                "{} has {budget} s for its crash recovery: there is no startupProbe",
                server.kind
            ),
        ));
    }
    findings
}
