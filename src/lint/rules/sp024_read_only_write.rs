use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP024",
    title: "a container writes into a ConfigMap or Secret volume",
    level: Level::Error,
    why: "Volumes that are ConfigMaps, Secrets, projected or downwardAPI are mounted read-only whatever the manifest says: \
          the command fails with \"Read-only file system\", and an init container that fails is tried again for ever.",
    mend: "let it write into an emptyDir that the server mounts too; copy from the ConfigMap's volume where it is needed",
    source: "Kubernetes, \"Volumes\", configMap; the second of stateproof's documents (db/mysql)",
    foresees: &[Promise::Recovery, Promise::Failure],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        for container in &maker.containers {
            for command in container.commands() {
                for script in inventory.scripts(maker, container, &command) {
                    let commands = if script.manifest.kind() == "ConfigMap" {
                        simple_commands(&script.text)
                    } else {
                        command.simple_commands()
                    };
                    let written = commands
                        .iter()
                        .flat_map(|words| targets(words))
                        .find_map(|path| Some((path, Inventory::read_only_volume(maker, container, path)?)));
                    let Some((path, kind)) = written else { continue };
                    let message = format!(
                        "container {} writes to {path}, which is on a {kind} volume: those are read-only",
                        container.spec.name
                    );
                    findings.push(Finding::of(
                        &RULE,
                        maker,
                        script.place_of(path),
                        "read-only",
                        message,
                    ));
                }
            }
        }
    }
    findings
}

/// The files and directories that a command writes to: what is behind `>`, and what it is told to change.
fn targets(words: &[String]) -> Vec<&str> {
    let mut targets: Vec<&str> = words
        .windows(2)
        .filter(|pair| pair[0] == ">" || pair[0] == ">>")
        .map(|pair| pair[1].as_str())
        .collect();
    let redirected = words
        .iter()
        .position(|word| word == ">" || word == ">>" || word == "<");
    let words = &words[..redirected.unwrap_or(words.len())];
    let Some(program) = words.first().map(|word| word.rsplit('/').next().unwrap_or(word)) else {
        return targets;
    };
    let mut arguments = words[1..]
        .iter()
        .filter(|word| !word.starts_with('-'))
        .map(String::as_str);
    match program {
        "cp" | "mv" | "install" | "ln" => targets.extend(arguments.next_back()),
        "tee" | "touch" | "mkdir" | "rm" => targets.extend(arguments),
        // The first is the mode or the owner.
        "chmod" | "chown" | "chgrp" => targets.extend(arguments.skip(1)),
        "sed" if words.iter().any(|word| word.starts_with("-i")) => targets.extend(arguments.skip(1)),
        _ => {}
    }
    targets.retain(|target| target.starts_with('/'));
    targets
}
