use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP010",
    title: "a liveness probe asks for a role",
    level: Level::Error,
    why: "A member that is no PRIMARY is not ill. A liveness probe that fails on it restarts every SECONDARY, and at an \
          election the whole set at once.",
    mend: "let liveness ask whether the server answers (ping) and leave roles to readiness or to labels",
    source: "portworx/helm#950",
    foresees: &[Promise::Roles, Promise::Recovery],
    fixable: false,
    check,
};

/// How a role is asked for.
const ROLES: [&str; 8] = [
    "isWritablePrimary",
    "ismaster",
    "isMaster",
    "pg_is_in_recovery",
    "super_read_only",
    "@@read_only",
    "myState",
    "SHOW REPLICA STATUS",
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        for container in &maker.containers {
            for kind in [ProbeKind::Liveness, ProbeKind::Startup] {
                let Some(command) = container.probe_command(kind) else {
                    continue;
                };
                for script in inventory.scripts(maker, container, &command) {
                    // One that takes either role asks whether it answers.
                    let Some(role) = script
                        .mentions(&ROLES)
                        .filter(|_| !script.text.contains("secondary"))
                    else {
                        continue;
                    };
                    let field = kind.field();
                    let message =
                        format!("the {field} asks for a role ({role}): who has another is restarted");
                    findings.push(Finding::of(
                        &RULE,
                        maker,
                        script.place_of(role),
                        "a role",
                        message,
                    ));
                }
            }
        }
    }
    findings
}
