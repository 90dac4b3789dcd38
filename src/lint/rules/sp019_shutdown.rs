use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP019",
    title: "the server is killed instead of shut down",
    level: Level::Warning,
    why: "The kubelet sends a signal, waits for the grace period, and kills. A server that needs longer, that never gets \
          the signal because a shell in front of it does not pass it on, or that takes it for something else, is killed \
          at every restart: it always comes back through crash recovery.",
    mend: "leave a grace period of at least 30 s; start the server with exec where a shell starts it; leave the image's \
           own stop signal (SIGINT for PostgreSQL: SIGTERM waits for every client to leave)",
    source: "docker-library/postgres#184; PostgreSQL, \"Shutting Down the Server\"",
    foresees: &[Promise::Recovery],
    fixable: false,
    check,
};

/// What Kubernetes gives by default, in seconds.
const ENOUGH: i64 = 30;

/// Programs that are, or become, the server.
const SERVERS: [&str; 6] = [
    "postgres",
    "mysqld",
    "mongod",
    "docker-entrypoint.sh",
    "mariadbd",
    "mysqld_safe",
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, container) in inventory.databases() {
        // A grace period of 0 is SP001's where the pods have a claim.
        let none_at_all = i64::from(maker.stateful_set().is_some() && maker.has_claims());
        let grace = maker.pod.termination_grace_period_seconds;
        if let Some(seconds) = grace.filter(|seconds| (none_at_all..ENOUGH).contains(seconds)) {
            let place = maker.at("terminationGracePeriodSeconds");
            let message = format!(
                "{} is killed when it has not shut down after {seconds} s",
                server.kind
            );
            findings.push(Finding::of(&RULE, maker, place, "then it is killed", message));
        }
        if let Some(program) = behind_a_shell(container) {
            let place = container.command().snippet.place_of(&program);
            let message =
                format!("the shell that starts {program} does not pass the signal to stop on to it");
            findings.push(Finding::of(&RULE, maker, place, "without exec", message));
        }
        let signal = container
            .spec
            .lifecycle
            .as_ref()
            .and_then(|hooks| hooks.stop_signal.as_deref());
        let wrong = match server.kind {
            EngineKind::PostgreSql => ["SIGTERM", "SIGQUIT", "SIGKILL"].as_slice(),
            _ => &["SIGKILL", "SIGQUIT", "SIGINT"],
        };
        if let Some(signal) = signal.filter(|signal| wrong.contains(signal)) {
            let message = format!("{} does not shut down on {signal} as it should", server.kind);
            let place = container.at("lifecycle/stopSignal");
            findings.push(Finding::of(&RULE, maker, place, "the wrong signal", message));
        }
    }
    findings
}

/// The server that a script starts without `exec`. A shell gives way to a script's only command by itself.
fn behind_a_shell(container: &DeclaredContainer<'_>) -> Option<String> {
    let command = container.command();
    let script = command.script()?;
    let commands = simple_commands(script);
    if commands.len() < 2 {
        return None;
    }
    let program = commands.iter().find_map(|words| {
        let program = words[0].rsplit('/').next().unwrap_or(&words[0]);
        // What runs in the background, or only says something of itself, is not what the container waits for.
        let server = SERVERS.contains(&program)
            && !words
                .iter()
                .any(|word| word.starts_with("--initialize") || word == "--version");
        server.then(|| words[0].clone())
    })?;
    let replaced = script.contains(&format!("exec {program}"))
        || script.contains("exec gosu")
        || script.contains("exec su-exec");
    let traps = script.contains("trap ");
    (!replaced && !traps).then_some(program)
}
