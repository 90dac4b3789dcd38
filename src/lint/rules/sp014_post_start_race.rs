use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP014",
    title: "a postStart hook races with the server",
    level: Level::Warning,
    why: "The hook runs as soon as the container's process is started, with no regard to whether the server listens. Where \
          it does not wait, it works or fails by chance; where its failure is swallowed, the pod becomes Ready without \
          what the hook was to do.",
    mend: "let the hook wait for the server in a loop with a deadline and fail when it ends; or do it in a Job or a \
           sidecar that can be tried again",
    source: "y-scope/clp#2269; Kubernetes, \"Container Lifecycle Hooks\"",
    foresees: &[Promise::Roles, Promise::Recovery],
    fixable: false,
    check,
};

/// What needs a server that listens.
const NEEDS: [&str; 8] = [
    "rs.initiate",
    "rs.add",
    "replSetInitiate",
    "mongosh",
    "mongo ",
    "psql",
    "mysql ",
    "redis-cli",
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        for container in &maker.containers {
            let Some(command) = container.post_start() else {
                continue;
            };
            let scripts = inventory.scripts(maker, container, &command);
            let Some((script, needed)) = scripts
                .iter()
                .find_map(|script| Some((script, script.mentions(&NEEDS)?)))
            else {
                continue;
            };
            let swallowed = scripts.iter().find_map(|script| {
                Some((
                    script,
                    script.mentions(&["|| true", "|| :", "||true", "; exit 0", ";exit 0"])?,
                ))
            });
            let waits = scripts.iter().any(|script| {
                ["until", "while", "for", "--retry", "pg_isready"]
                    .iter()
                    .any(|word| script.has_word(word))
            });
            let (place, label, message) = match swallowed {
                Some((script, how)) => (
                    script.place_of(how),
                    "nobody hears of its failure",
                    "the postStart hook swallows its own failure",
                ),
                None if !waits => (
                    script.place_of(needed),
                    "nobody may listen yet",
                    "the postStart hook needs the server and does not wait for it",
                ),
                None => continue,
            };
            findings.push(Finding::of(&RULE, maker, place, label, message));
        }
    }
    findings
}
