use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP009",
    title: "a probe with mongosh has less than ten seconds",
    level: Level::Warning,
    why: "mongosh starts a JavaScript engine before it asks anything: a second or two on an idle machine, many under \
          load or a CPU limit. The probe times out although the server is well, and a liveness probe then kills it.",
    mend: "set timeoutSeconds: 10 or more and a longer periodSeconds, or use a tcpSocket probe for liveness",
    source: "bitnami/charts#10264",
    foresees: &[Promise::Recovery],
    fixable: false,
    check,
};

/// Seconds.
const ENOUGH: i32 = 10;

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        for container in &maker.containers {
            for kind in ProbeKind::ALL {
                let (Some(probe), Some(command)) = (container.probe(kind), container.probe_command(kind))
                else {
                    continue;
                };
                let timeout = probe.timeout_seconds.unwrap_or(1);
                let scripts = inventory.scripts(maker, container, &command);
                if timeout >= ENOUGH || !scripts.iter().any(|script| script.has_word("mongosh")) {
                    continue;
                }
                let field = kind.field();
                findings.push(Finding::of(
                    &RULE,
                    maker,
                    container.at(&format!("{field}/timeoutSeconds")),
                    format!("{timeout} s"),
                    format!("the {field} runs mongosh and has {timeout} s for it"),
                ));
            }
        }
    }
    findings
}
