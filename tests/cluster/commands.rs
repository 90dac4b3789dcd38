//! `up`, `verify` on what is up, `down`.

use std::process::Command;
use std::time::Instant;

use crate::support::fixture;

const NAME: &str = "stateproof-test-up";

/// A cluster that is up is used and left by `verify`, and removed by `down`; the user's own kubeconfig is not touched.
#[test]
fn what_is_up_is_used_and_left_until_it_is_taken_down() {
    let home = std::env::home_dir().unwrap().join(".kube/config");
    let before = std::fs::read(&home).ok();
    let up = stateproof(&["up", "--name", NAME]);
    assert!(up.contains("export KUBECONFIG="), "{up}");
    let begun = Instant::now();
    let again = stateproof(&["up", "--name", NAME]);
    assert_eq!(up, again);
    println!("up again: {:?}", begun.elapsed());
    let set = fixture("wealist-postgres");
    let report = stateproof(&[
        "verify",
        "--name",
        NAME,
        "--drill",
        "lose-pod",
        set.to_str().unwrap(),
    ]);
    assert!(report.contains("Held: all 5 promises"), "{report}");
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

fn stateproof(args: &[&str]) -> String {
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
    String::from_utf8(run.stdout).unwrap()
}

fn nodes() -> String {
    let run = Command::new("docker")
        .args(["ps", "-a", "--format", "{{.Names}}"])
        .output()
        .unwrap();
    String::from_utf8(run.stdout).unwrap()
}
