//! `up`, `verify` on what is up, `down`.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::support::fixture;

const NAME: &str = "stateproof-test-up";

/// A cluster that is up is used and left by `verify`, and removed by `down`; the user's own kubeconfig is not touched.
#[test]
fn what_is_up_is_used_and_left_until_it_is_taken_down() {
    let home = std::env::home_dir().unwrap().join(".kube/config");
    let before = std::fs::read(&home).ok();
    let (up, loud) = stateproof(&["-v", "up", "--name", NAME]);
    assert!(loud.contains("DEBUG stateproof"), "{loud}");
    assert!(!loud.contains("TRACE") && !loud.contains("DEBUG kube"), "{loud}");
    assert!(up.contains("export KUBECONFIG="), "{up}");
    let begun = Instant::now();
    let (again, _) = stateproof(&["up", "--name", NAME]);
    assert_eq!(up, again);
    println!("up again: {:?}", begun.elapsed());
    let (report, plain) = action(&fixture("wealist-postgres"));
    assert!(report.contains("Held: all 5 promises"), "{report}");
    assert!(plain.contains("bringing up postgresql-prod/postgres"), "{plain}");
    assert!(plain.contains("lose-pod: delete pod"), "{plain}");
    for noise in ["DEBUG", "INFO", "\u{1b}", "\r"] {
        assert!(!plain.contains(noise), "{noise:?} is in {plain}");
    }
    assert!(
        nodes().contains(NAME),
        "verify took the cluster away that was up before it"
    );
    stateproof(&["down", NAME]);
    assert!(!nodes().contains(NAME), "{}", nodes());
    assert_eq!(
        std::fs::read(&home).ok(),
        before,
        "the user's kubeconfig was touched"
    );
}

/// What the Action does to verify a set: it leaves the history and every report behind, and hands on how that ended. Gives
/// what was said on standard output and on standard error.
fn action(set: &Path) -> (String, String) {
    let directory = tempfile::tempdir().unwrap();
    let (reports, outputs) = (directory.path().join("reports"), directory.path().join("outputs"));
    let bin = Path::new(env!("CARGO_BIN_EXE_stateproof")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let run = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/action"))
        .arg("verify")
        .current_dir(directory.path())
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("ACTION_MANIFESTS", set)
        .env("ACTION_ARGUMENTS", format!("--name\n{NAME}\n--drill\nlose-pod\n"))
        .env("ACTION_REPORTS", &reports)
        .env("GITHUB_OUTPUT", &outputs)
        .output()
        .unwrap();
    let [out, err] = [run.stdout, run.stderr].map(|said| String::from_utf8(said).unwrap());
    assert_eq!(
        std::fs::read_to_string(outputs).unwrap(),
        "exit-code=0\n",
        "{out}{err}"
    );
    let mut left: Vec<_> = std::fs::read_dir(reports)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "junit.xml",
            "report.html",
            "report.json",
            "run.jsonl",
            "summary.md"
        ]
    );
    (out, err)
}

/// What a command said on standard output and on standard error; it has to end well.
fn stateproof(args: &[&str]) -> (String, String) {
    let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(args)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    println!("{}", String::from_utf8_lossy(&run.stderr));
    let [out, err] = [run.stdout, run.stderr].map(|said| String::from_utf8(said).unwrap());
    (out, err)
}

fn nodes() -> String {
    let run = Command::new("docker")
        .args(["ps", "-a", "--format", "{{.Names}}"])
        .output()
        .unwrap();
    String::from_utf8(run.stdout).unwrap()
}
