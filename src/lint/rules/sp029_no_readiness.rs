use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP029",
    title: "a database has no readiness probe",
    level: Level::Warning,
    why: "Without one a pod is Ready as soon as its process is started: the Service sends clients to a server that does \
          not answer yet, and the next member is made, or the old one ended, before this one works.",
    mend: "add a readinessProbe that asks the server over TCP, for example pg_isready -h 127.0.0.1: on the socket the \
           server of the first initialisation answers too",
    source: "stateproof's first and fourth documents; Kubernetes, \"Configure Probes\"",
    foresees: &[Promise::Recovery, Promise::Order],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, container) in inventory.databases() {
        if container.probe(ProbeKind::Readiness).is_none() {
            let message = format!("{} is taken for Ready as soon as it is started", server.kind);
            findings.push(Finding::of(
                &RULE,
                maker,
                container.at("name"),
                "no readinessProbe",
                message,
            ));
        }
    }
    findings
}
