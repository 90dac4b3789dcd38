use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP026",
    title: "several replicas of a database that does not replicate by itself",
    level: Level::Error,
    why: "A StatefulSet's replicas are servers with a volume each; nothing makes one have the other's rows. Behind one \
          Service every connection reaches another database.",
    mend: "use one replica; or set up replication (an operator, --replSet, streaming replication)",
    source: "stateproof's documents: the first (PostgreSQL) and the fourth (MongoDB)",
    foresees: &[Promise::Agreement],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, _) in inventory.databases() {
        if maker.replicas() < 2 || super::replication::is_on(inventory, maker, server) {
            continue;
        }
        // Servers that share a claim are one database, and worse: SP005 and SP006.
        if maker
            .data_claim(inventory)
            .is_some_and(|claim| claim.source != Source::Template)
        {
            continue;
        }
        let message = format!(
            "{} {} servers, and nothing replicates between them",
            maker.replicas(),
            server.kind
        );
        let place = maker.manifest.locate("/spec/replicas");
        findings.push(Finding::of(&RULE, maker, place, "separate databases", message));
    }
    findings
}
