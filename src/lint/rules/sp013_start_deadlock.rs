use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP013",
    title: "the start waits for what starts only after it",
    level: Level::Error,
    why: "Init containers run to their end before the pod's server is started: one that asks that server waits for ever. \
          And with OrderedReady the first pod must be Ready before the second is made: one that waits for the second \
          waits for ever too.",
    mend: "do what needs the server beside it (a sidecar, a Job, the image's own initialisation directory); let a member \
           join from its own side, or use podManagementPolicy: Parallel",
    source: "cockroachdb/cockroach-operator#470; Kubernetes, \"Init Containers\"",
    foresees: &[Promise::Recovery, Promise::Order],
    fixable: false,
    check,
};

/// Programs that ask a server, this host's where they are told of no other.
const CLIENTS: [&str; 10] = [
    "mongosh",
    "mongo",
    "psql",
    "pg_isready",
    "mysql",
    "mysqladmin",
    "redis-cli",
    "mongodump",
    "mysqldump",
    "pg_dump",
];

/// How a client is told of a host.
const HOST_OPTIONS: [&str; 4] = ["-h", "--host", "--hostname", "--uri"];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for maker in &inventory.pods {
        // A sidecar that is started before may be the very server.
        if maker.containers_of(ContainerKind::Sidecar).next().is_none() {
            for container in maker.containers_of(ContainerKind::Init) {
                findings.extend(own_server(inventory, maker, container));
            }
        }
        findings.extend(later_members(inventory, maker));
    }
    findings
}

/// An init container that asks the server of its own pod.
fn own_server(
    inventory: &Inventory<'_>,
    maker: &PodMaker<'_>,
    container: &DeclaredContainer<'_>,
) -> Option<Finding> {
    let command = container.command();
    inventory
        .scripts(maker, container, &command)
        .into_iter()
        .find_map(|script| {
            let mut commands = simple_commands(&script.text);
            commands.extend(command.simple_commands());
            let asking = commands.iter().find(|words| asks_own_host(words))?;
            let message = format!(
                "the init container {} asks the pod's own server ({}), which is started after it",
                container.spec.name, asking[0]
            );
            let place = script.place_of(&asking[0]);
            Some(Finding::of(&RULE, maker, place, "nobody answers yet", message))
        })
}

fn asks_own_host(words: &[String]) -> bool {
    let Some(program) = words.first().map(|word| word.rsplit('/').next().unwrap_or(word)) else {
        return false;
    };
    let own = |word: &str| {
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
            word == *host
                || word.contains(&format!("//{host}"))
                || word.contains(&format!("={host}"))
                || word.starts_with(&format!("{host}:"))
                || word.contains(&format!("@{host}"))
        })
    };
    let asks_here = words[1..].iter().any(|word| own(word));
    if ["nc", "ncat", "curl", "wget"].contains(&program) {
        return asks_here;
    }
    if !CLIENTS.contains(&program) || words.iter().any(|word| word == "--version" || word == "--nodb") {
        return false;
    }
    let elsewhere = words[1..].iter().any(|word| {
        HOST_OPTIONS.iter().any(|option| word == option || word.starts_with(&format!("{option}=")))
            || (word.starts_with("-h") && word.len() > 2)
            || word.contains("://")
            // mongo HOST:PORT/DB, and a connection string.
            || (program.starts_with("mongo") && !word.starts_with('-') && word.contains(['.', ':']) && !word.contains('('))
            || word.contains("host=")
    });
    asks_here || !elsewhere
}

/// A pod that waits, before it can be Ready, for one that `OrderedReady` makes only after it.
fn later_members(inventory: &Inventory<'_>, maker: &PodMaker<'_>) -> Option<Finding> {
    let spec = maker.stateful_set()?;
    if spec.pod_management_policy.as_deref() == Some("Parallel") || maker.replicas() < 2 {
        return None;
    }
    let before_ready = maker.containers.iter().flat_map(|container| {
        let own = (container.kind == ContainerKind::Init).then(|| container.command());
        let commands = own.into_iter().chain(container.post_start());
        commands
            .flat_map(|command| inventory.scripts(maker, container, &command))
            .collect::<Vec<_>>()
    });
    let names: Vec<String> = (1..maker.replicas().min(64))
        .map(|ordinal| format!("{}-{ordinal}", maker.manifest.name()))
        .collect();
    for script in before_ready {
        let waits = script.has_word("until") || script.has_word("while");
        // One that knows its own name may wait for those before it only.
        let knows_itself = script
            .mentions(&["HOSTNAME", "POD_NAME", "ordinal", "ORDINAL", "hostname"])
            .is_some();
        if !waits || knows_itself {
            continue;
        }
        let loops: Vec<&str> = loop_conditions(&script.text);
        let awaited = names.iter().find(|name| {
            loops.iter().any(|condition| {
                condition.match_indices(name.as_str()).any(|(at, found)| {
                    !condition[at + found.len()..].starts_with(|c: char| c.is_ascii_digit())
                })
            })
        });
        if let Some(name) = awaited {
            let message =
                format!("the first pod waits for {name}, which is made only when the first is Ready");
            let place = script.place_of(name);
            return Some(Finding::of(&RULE, maker, place, "not made yet", message));
        }
    }
    None
}

/// What stands between `until` or `while` and its `do`.
fn loop_conditions(script: &str) -> Vec<&str> {
    let mut conditions = Vec::new();
    for word in ["until ", "while "] {
        for (at, found) in script.match_indices(word) {
            let rest = &script[at + found.len()..];
            let end = ["; do", ";do", "\ndo", "\n do"]
                .iter()
                .filter_map(|end| rest.find(end))
                .min();
            conditions.push(&rest[..end.unwrap_or(rest.len())]);
        }
    }
    conditions
}
