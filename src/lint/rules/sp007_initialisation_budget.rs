use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP007",
    title: "the first initialisation of MySQL may take longer than its probe bears",
    level: Level::Error,
    why: "The image's first start makes the data directory, which takes minutes on a slow disk or a throttled CPU. A \
          probe that gives up before kills the server in the middle; the next start finds a directory that is half \
          made, and never works.",
    mend: "add a startupProbe with failureThreshold × periodSeconds of at least 120 s; until it succeeds, the liveness \
           probe waits",
    source: "docker-library/mysql#937",
    foresees: &[Promise::Recovery, Promise::Durability],
    fixable: false,
    check,
};

/// What an initialisation may take, in seconds: the delay that charts have come to give it.
const INITIALISATION: u32 = 120;

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, container) in inventory.databases() {
        if server.kind != EngineKind::MySql {
            continue;
        }
        let startup = container.budget_seconds(ProbeKind::Startup);
        let kind = if startup.is_some() {
            ProbeKind::Startup
        } else {
            ProbeKind::Liveness
        };
        let Some(budget) = container
            .budget_seconds(kind)
            .filter(|&budget| budget < INITIALISATION)
        else {
            continue;
        };
        findings.push(Finding::of(
            &RULE,
            maker,
            container.at(kind.field()),
            format!("gives up after {budget} s"),
            format!(
                "the {} ends the server after {budget} s, first initialisation or not",
                kind.field()
            ),
        ));
    }
    findings
}
