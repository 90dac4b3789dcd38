//! The command line: what it prints, how it ends, and that it touches nothing when it cannot be used.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn stateproof(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stateproof"));
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("NO_COLOR");
    command
}

/// Runs it and gives its exit code, standard output and standard error.
fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

/// A run that must not get as far as a cluster: neither Docker nor kind can be found, and the journal is an empty
/// directory that must stay empty.
fn refused(args: &[&str]) -> (Option<i32>, String) {
    refused_with(args, Stdio::null())
}

/// The same with something on standard input.
fn refused_with(args: &[&str], stdin: Stdio) -> (Option<i32>, String) {
    let state = tempfile::tempdir().unwrap();
    let (code, _, err) = run(stateproof(args)
        .stdin(stdin)
        .env("PATH", "")
        .env("STATEPROOF_STATE", state.path()));
    let made: Vec<PathBuf> = std::fs::read_dir(state.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(
        made.is_empty() || files_below(state.path()).is_empty(),
        "it made {made:?}"
    );
    (code, err)
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn a_missing_directory_is_named() {
    let (code, err) = refused(&["verify", "no/such/directory"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("no/such/directory"), "{err}");
}

#[test]
fn what_is_not_yaml_is_shown_with_line_and_column() {
    let (code, err) = refused(&["verify", "fixtures/bad/not-yaml"]);
    assert_eq!(code, Some(2), "{err}");
    let place = err
        .lines()
        .find(|line| line.contains("postgres-statefulset.yaml:"));
    let numbers = place
        .and_then(|line| line.split(".yaml:").nth(1))
        .unwrap_or_default();
    let numbers: Vec<_> = numbers.split(|c: char| !c.is_ascii_digit()).take(2).collect();
    assert!(
        numbers.len() == 2 && numbers.iter().all(|number| !number.is_empty()),
        "{err}"
    );
}

#[test]
fn manifests_that_cannot_be_proven_are_refused_before_docker_is_asked_for() {
    for (set, words) in [
        ("fixtures/bad/no-service", "postgres-service"),
        ("fixtures/bad/selector-mismatch", "selector"),
        ("fixtures/bad/no-database", "nginx"),
    ] {
        let (code, err) = refused(&["verify", set]);
        assert_eq!(code, Some(2), "{set}: {err}");
        assert!(err.contains(words), "{set}: {err}");
        assert!(!err.contains("ocker"), "{set}: {err}");
    }
}

#[test]
fn an_empty_directory_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    let (code, err) = refused(&["verify", empty.path().to_str().unwrap()]);
    assert_eq!(code, Some(2), "{err}");
}

#[test]
fn without_docker_it_says_what_to_do() {
    let (code, err) = refused(&["verify", "fixtures/wealist-postgres"]);
    assert_eq!(code, Some(4), "{err}");
    assert!(
        err.contains("`docker` is not on PATH") && err.contains("scripts/setup"),
        "{err}"
    );
}

/// A mistake on the command line, not a cluster that could not be had: said before Docker is asked.
#[test]
fn what_cannot_be_a_cluster_is_refused() {
    for (arguments, words) in [
        (&["up", "--name", "Shop_1"][..], "cannot name a cluster"),
        (
            &["verify", "fixtures/wealist-postgres", "--name", "Shop_1"],
            "cannot name a cluster",
        ),
        (&["up", "--nodes", "0"], "at least one node"),
    ] {
        let (code, err) = refused(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
}

/// What named the provider's configuration once names something else now.
#[test]
fn a_provider_s_configuration_has_an_option_of_its_own() {
    let (code, err) = refused(&["up", "--config", "kind.yaml"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("--cluster-config"), "{err}");
    let (code, err) = refused(&["verify", "fixtures/wealist-postgres", "--config", "kind.yaml"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("`--cluster-config`"), "{err}");
}

#[test]
fn a_typo_in_the_configuration_is_refused_with_the_key_that_was_meant() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    let verify = |settings: &str| {
        std::fs::write(&file, settings).unwrap();
        refused(&[
            "verify",
            "fixtures/wealist-postgres",
            "--config",
            file.to_str().unwrap(),
        ])
    };
    let (code, err) = verify("dedline = \"5m\"\n");
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("`dedline`") && err.contains("`deadline`") && !err.contains("ocker"),
        "{err}"
    );
    let (code, err) = verify("deadline = \"5m\"\n");
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("`docker` is not on PATH"), "{err}");
}

#[test]
fn a_deadline_is_written_as_in_the_file() {
    let set = "fixtures/wealist-postgres";
    let (code, err) = refused(&["verify", set, "--deadline", "5m", "--config", "no/such.toml"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("no/such.toml cannot be read"), "{err}");
    let (code, err) = refused(&["verify", set, "--deadline", "soon"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("for example 180, 90s, 30m or 8h"), "{err}");
}

#[test]
fn colour_is_what_was_asked_for_in_a_diagnostic_too() {
    let set = "fixtures/wild/cnpg-cluster";
    for (color, colored) in [("always", true), ("never", false), ("auto", false)] {
        let (code, err) = refused(&["plan", set, "--color", color]);
        assert_eq!(code, Some(2), "{err}");
        assert_eq!(err.contains('\u{1b}'), colored, "{color}: {err}");
    }
}

/// Of the passwords that the file names nothing is asked: no workload is looked at.
#[test]
fn up_makes_the_cluster_that_the_file_names() {
    let directory = tempfile::tempdir().unwrap();
    let settings = "[cluster]\nconfig = \"no/such.yaml\"\n[workload.\"a/b\"]\npassword_env = \"STATEPROOF_TEST_UNSET\"\n";
    for (name, arguments) in [
        ("stateproof.toml", &["up"][..]),
        ("other.toml", &["up", "--config", "other.toml"]),
    ] {
        let file = directory.path().join(name);
        std::fs::write(&file, settings).unwrap();
        let (code, _, err) = run(stateproof(arguments).current_dir(directory.path()));
        std::fs::remove_file(file).unwrap();
        assert_ne!(code, Some(0), "{err}");
        assert!(err.contains("no/such.yaml"), "{err}");
    }
}

#[test]
fn an_operator_s_resource_alone_is_refused_before_docker_is_asked_for() {
    let (code, err) = refused(&["verify", "fixtures/wild/cnpg-cluster"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("postgresql.cnpg.io/v1 Cluster wild-cnpg/app-db") && !err.contains("ocker"),
        "{err}"
    );
}

#[test]
fn an_unknown_promise_is_refused_with_the_known_ones() {
    let (code, err) = refused(&["verify", "--only", "speed", "fixtures/wealist-postgres"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("no promise `speed`: there are identity, storage"),
        "{err}"
    );
}

#[test]
fn an_unknown_drill_is_refused_with_the_known_ones() {
    let (code, err) = refused(&[
        "verify",
        "--drill",
        "lose-everything",
        "fixtures/wealist-postgres",
    ]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("lose-pod, force-delete") && err.contains("delete-statefulset, delete-claim"),
        "{err}"
    );
}

#[test]
fn the_plan_says_what_would_be_done() {
    let (code, out, err) = run(&mut stateproof(&["plan", "fixtures/wealist-postgres"]));
    assert_eq!(code, Some(0), "{err}");
    for drill in ["lose-pod", "force-delete", "delete-statefulset", "delete-claim"] {
        assert!(out.contains(drill), "{out}");
    }
    let (code, out, err) = run(&mut stateproof(&["plan", "fixtures/wealist-postgres-no-volume"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("delete-claim") && out.contains("claim"),
        "why it does not apply is missing: {out}"
    );
}

#[test]
fn manifests_come_from_standard_input_too() {
    let set = [
        "1-namespaces/namespaces.yaml",
        "4-database/postgres-service.yaml",
        "4-database/postgres-statefulset.yaml",
    ];
    let piped = tempfile::NamedTempFile::new().unwrap();
    let text = set.map(|file| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/wealist-postgres")
            .join(file);
        std::fs::read_to_string(path).unwrap()
    });
    std::fs::write(piped.path(), text.join("---\n")).unwrap();
    let stdin = || std::fs::File::open(piped.path()).unwrap();
    let (code, out, err) = run(stateproof(&["plan", "-"]).stdin(stdin()));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("postgresql-prod/postgres"), "{out}");
    // The run itself comes as far as the cluster that it has to make.
    let (code, err) = refused_with(&["verify", "-"], stdin().into());
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("`docker` is not on PATH"), "{err}");
    let (code, err) = refused_with(&["verify", "-"], Stdio::null());
    assert_eq!(code, Some(2), "{err}");
    assert!(!err.contains("ocker"), "{err}");
}

#[test]
fn a_history_is_judged_as_the_run_was() {
    for (history, exit, words) in [
        ("lose-pod.jsonl", 0, "Held"),
        ("lost-row.jsonl", 1, "lost 1 acknowledged row"),
        ("unproven-fault.jsonl", 3, "never seen to go"),
        ("cut-off.jsonl", 3, "Inconclusive"),
        ("interrupted.jsonl", 3, "interrupted"),
    ] {
        let (code, out, err) = run(&mut stateproof(&[
            "judge",
            &format!("fixtures/histories/{history}"),
        ]));
        assert_eq!(code, Some(exit), "{history}: {out}{err}");
        assert!(out.contains(words), "{history}: {out}");
    }
}

#[test]
fn a_history_of_a_newer_format_is_refused() {
    let (code, _, err) = run(&mut stateproof(&[
        "judge",
        "fixtures/histories/newer-format.jsonl",
    ]));
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("format"), "{err}");
}

#[test]
fn colours_are_for_those_who_ask() {
    let history = "fixtures/histories/lose-pod.jsonl";
    let (_, plain, _) = run(&mut stateproof(&["judge", history]));
    let (_, coloured, _) = run(&mut stateproof(&["judge", "--color", "always", history]));
    assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
}

#[test]
fn help_and_completions_name_every_command() {
    let (_, help, _) = run(&mut stateproof(&["--help"]));
    let (code, bash, _) = run(&mut stateproof(&["completions", "bash"]));
    assert_eq!(code, Some(0));
    for command in [
        "verify",
        "plan",
        "judge",
        "report",
        "compare",
        "up",
        "down",
        "gc",
        "completions",
    ] {
        assert!(help.contains(command) && bash.contains(command), "{command}");
    }
    assert!(
        help.contains("130  interrupted"),
        "the exit codes are missing: {help}"
    );
}

#[test]
fn an_end_is_named_on_the_command_line_and_shown_in_the_plan() {
    let ends = [
        "Pod/postgres-0:phase=Pending",
        "Pod/postgres-0:event=FailedMount: secret \"db-tls\" not found",
    ];
    let set = "fixtures/bad/container-creating-secret";
    let [first, second] = ends;
    let args = ["plan", set, "--expect-failure", first, "--expect-failure", second];
    let (code, out, err) = run(&mut stateproof(&args));
    assert_eq!(code, Some(0), "{err}");
    for end in ends {
        assert!(out.contains(&format!("  end: {end}\n")), "{out}");
    }
    assert!(
        out.contains("await the named end") && !out.contains("lose-pod"),
        "{out}"
    );
}

#[test]
fn an_end_that_proves_nothing_is_refused_before_anything_is_touched() {
    let set = "fixtures/wealist-postgres";
    for (end, why) in [
        ("Pod/postgres-0", "names no end"),
        ("Pod/postgres-0:event=Error/x", "is no type of an event"),
        ("Pod/postgres-0:phase=Pending", "not specific"),
        ("Pod/mysql-0:event=x", "is about no StatefulSet"),
    ] {
        let (code, err) = refused(&["verify", set, "--expect-failure", end]);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(why), "{err}");
    }
    let (code, err) = refused(&[
        "verify",
        set,
        "--drill",
        "lose-pod",
        "--expect-failure",
        "Pod/postgres-0:event=x",
    ]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("cannot be used with"), "{err}");
}
