//! The script behind action.yml, with the real binary. That GitHub itself runs it was not tried.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a step as action.yml does: in the checkout of whoever uses it, with the binary that `install` puts on PATH.
fn step(name: &str, directory: &Path, variables: &[(&str, &str)]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bin = Path::new(env!("CARGO_BIN_EXE_stateproof")).parent().unwrap();
    Command::new(root.join("scripts/action"))
        .arg(name)
        .current_dir(directory)
        // No Docker: what is run must not get as far as a cluster.
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .env("ACTION_REPORTS", directory.join("reports"))
        .env("GITHUB_OUTPUT", directory.join("output"))
        .env("STATEPROOF_STATE", directory.join("state"))
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn fixture(name: &str) -> String {
    format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn lint_writes_sarif_whatever_it_finds() {
    let directory = tempfile::tempdir().unwrap();
    for set in ["wealist-postgres", "bad/class-missing"] {
        let manifests = format!("{}\n\n", fixture(set));
        let output = step("lint", directory.path(), &[("ACTION_MANIFESTS", &manifests)]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let sarif = fs::read_to_string(directory.path().join("reports/lint.sarif")).unwrap();
        let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
        assert_eq!(sarif["version"], "2.1.0");
    }
    let manifests = fixture("bad/not-yaml");
    let output = step("lint", directory.path(), &[("ACTION_MANIFESTS", &manifests)]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    for nothing in ["", "\n"] {
        let output = step("lint", directory.path(), &[("ACTION_MANIFESTS", nothing)]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

/// The step itself passes, so that the reports are uploaded; its output has what the last step ends with.
#[test]
fn verify_hands_its_exit_code_on() {
    let directory = tempfile::tempdir().unwrap();
    let manifests = format!("{}\n{}", fixture("no such/set"), fixture("wealist-postgres"));
    let variables = [
        ("ACTION_MANIFESTS", manifests.as_str()),
        ("ACTION_ARGUMENTS", "--drill\nlose-pod\n"),
    ];
    let output = step("verify", directory.path(), &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no such/set"), "a line is one argument: {said}");
    assert_eq!(
        fs::read_to_string(directory.path().join("output")).unwrap(),
        "exit-code=2\n"
    );

    // An argument that there is not is told apart from one that there is.
    let manifests = fixture("wealist-postgres");
    let variables = [
        ("ACTION_MANIFESTS", manifests.as_str()),
        ("ACTION_ARGUMENTS", "--drill\nlose-node"),
    ];
    step("verify", directory.path(), &variables);
    let outputs = fs::read_to_string(directory.path().join("output")).unwrap();
    assert_eq!(outputs, "exit-code=2\nexit-code=2\n");
}

#[test]
fn the_verdict_is_how_the_job_ends() {
    let directory = tempfile::tempdir().unwrap();
    for (given, ended) in [("0", 0), ("1", 1), ("3", 3), ("", 4)] {
        let output = step("verdict", directory.path(), &[("ACTION_EXIT_CODE", given)]);
        assert_eq!(output.status.code(), Some(ended), "{output:?}");
    }
    assert_eq!(step("prove", directory.path(), &[]).status.code(), Some(2));
}

/// What is kept of a run is kept however it ended, and from where the script puts it.
#[test]
fn the_action_keeps_what_there_is_however_it_ended() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let action = super::schemas::mapping(&fs::read_to_string(root.join("action.yml")).unwrap());
    let steps = action["runs"]["steps"].as_array().unwrap();
    let using: Vec<_> = steps.iter().filter(|step| step["uses"].is_string()).collect();
    let found: Vec<_> = using
        .iter()
        .map(|step| ["uses", "if"].map(|key| step[key].as_str().unwrap_or_default()))
        .collect();
    let [[artifact, kept], [sarif, shown]] = found[..] else {
        panic!("{found:?}")
    };
    assert!(artifact.starts_with("actions/upload-artifact@v"), "{artifact}");
    assert!(
        sarif.starts_with("github/codeql-action/upload-sarif@v"),
        "{sarif}"
    );
    assert_eq!(kept, "always() && inputs.artifact != ''");
    assert_eq!(shown, "always() && inputs.upload-sarif == 'true'");
    assert_eq!(using[0]["with"]["path"], "${{ inputs.reports }}");
    assert_eq!(using[1]["with"]["sarif_file"], "${{ inputs.reports }}/lint.sarif");
    // The verdict comes after them, or what failed would not be uploaded; and it comes whatever became of them.
    let last = steps.last().unwrap();
    assert!(last["run"].as_str().unwrap().ends_with(" verdict"), "{last}");
    assert_eq!(last["if"], "always()");
}

/// Every step of the Action that runs something runs a step of the script, and gives it what it reads.
#[test]
fn the_action_runs_the_script() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let action = super::schemas::mapping(&fs::read_to_string(root.join("action.yml")).unwrap());
    let script = fs::read_to_string(root.join("scripts/action")).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let run: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    let names: Vec<&str> = run
        .iter()
        .map(|run| {
            run.strip_prefix("\"$GITHUB_ACTION_PATH/scripts/action\" ")
                .unwrap()
        })
        .collect();
    assert_eq!(names, ["install", "lint", "verify", "verdict"]);
    for name in names {
        assert!(
            script.contains(&format!("\n  {name})\n")),
            "the script has no {name}"
        );
    }
    let given: Vec<&String> = steps
        .iter()
        .filter_map(|step| step["env"].as_object())
        .flat_map(serde_json::Map::keys)
        .collect();
    for variable in given {
        assert!(script.contains(variable.as_str()), "{variable} is not read");
    }
}
