use super::prelude::*;
use crate::manifest::token;

pub(super) static RULE: Rule = Rule {
    id: "SP028",
    title: "a password stands in the manifest in plain text",
    level: Level::Error,
    why: "Whoever may read the workload, its history in version control or the output of kubectl describe has the \
          password.",
    mend: "put it into a Secret that is not in version control and refer to it with valueFrom.secretKeyRef",
    source: "stateproof's first document; Kubernetes, \"Good practices for Kubernetes Secrets\"",
    foresees: &[],
    fixable: false,
    check,
};

/// Words in a variable's name that say that its value is a secret.
const SECRET: [&str; 7] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET_KEY",
    "API_KEY",
    "APIKEY",
    "AUTH_TOKEN",
];

/// Words in the name of what is about passwords and is none.
const HARMLESS: [&str; 12] = [
    "_FILE",
    "_PATH",
    "_NAME",
    "ALLOW_EMPTY",
    "ENCRYPTION",
    "RANDOM",
    "METHOD",
    "POLICY",
    "LENGTH",
    "EXPIR",
    "ENABLE",
    "_DIR",
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        for container in &maker.containers {
            for (position, variable) in container.spec.env.iter().flatten().enumerate() {
                let value = variable.value.as_deref().unwrap_or_default();
                let what = if is_secret(&variable.name) && is_literal(value) {
                    format!("the variable {} is a password in plain text", variable.name)
                } else if has_password(value) {
                    format!(
                        "the variable {} is an address with a password in plain text",
                        variable.name
                    )
                } else {
                    continue;
                };
                let place = container.at(&format!("env/{position}/value"));
                findings.push(Finding::of(&RULE, maker, place, "in plain text", what));
            }
        }
    }
    for map in &inventory.config_maps {
        for (key, value) in map.object.data.iter().flatten() {
            if is_secret(key) && is_literal(value) && !value.contains('\n') {
                let pointer = format!("data/{}", token(key));
                let message = format!("the key {key} is a password in plain text");
                findings.push(Finding::new(
                    &RULE,
                    map.manifest,
                    map.at(&pointer),
                    "in plain text",
                    message,
                ));
            }
        }
    }
    findings
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    SECRET.iter().any(|word| name.contains(word)) && !HARMLESS.iter().any(|word| name.contains(word))
}

/// Whether a value is one itself, and not a variable's, a file's or a switch.
fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let switch = ["", "true", "false", "yes", "no", "on", "off", "0", "1"]
        .contains(&value.to_ascii_lowercase().as_str());
    !switch && !value.starts_with("$(") && !value.starts_with("${") && !value.starts_with('/')
}

/// `scheme://user:password@host`, the password being none of a variable's.
fn has_password(value: &str) -> bool {
    value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let password = user
            .and_then(|user| user.split_once(':'))
            .map(|(_, password)| password);
        password.is_some_and(is_literal)
    })
}
