use std::process::Command;

use crate::snapshot::{Stage, name};
use crate::support::process::{Run, posix};

/// SIGKILL in a drill: namespaces, vantage, claim, volume are left, and `gc` takes them away; while the run lived, it
/// took nothing.
#[test]
fn what_sigkill_leaves_goes_with_gc_and_not_before() {
    let stage = Stage::enter();
    stateproof_gc();
    let before = stage.look();
    let name = name();
    let mut run = Run::start(
        &["--name", &name, "--keep", "--drill", "lose-pod"],
        "sfs-nginx/volume",
    );
    run.wait_for("bringing up");
    let own = |left: &[String]| left.iter().filter(|line| line.starts_with("Namespace")).count();
    run.wait_until("the run has its namespace", || own(&stage.added(&before)) > 0);
    stateproof_gc();
    assert!(own(&stage.added(&before)) > 0, "gc took a living run's namespace");
    run.wait_for("lose-pod: delete pod");
    assert_eq!(run.signal(posix::KILL), None);
    let left = stage.added(&before);
    for kind in [
        "Namespace",
        "PersistentVolume ",
        "PersistentVolumeClaim",
        "StatefulSet",
        "Pod",
    ] {
        assert!(
            left.iter().any(|line| line.starts_with(kind)),
            "no {kind} was left: {left:?}"
        );
    }
    let said = stateproof_gc();
    assert!(said.contains("removed namespace"), "{said}");
    assert!(said.contains("removed PersistentVolume pv-sfs01"), "{said}");
    let left = stage.left(&before);
    assert!(left.is_empty(), "{left:?}");
}

/// SIGKILL while a node is cordoned: `gc` gives it back.
#[test]
fn a_node_that_a_dead_run_cordoned_is_given_back_by_gc() {
    let stage = Stage::enter();
    stateproof_gc();
    let before = stage.look();
    let name = name();
    let mut run = Run::start(
        &["--name", &name, "--keep", "--drill", "drain"],
        "wealist-postgres-class-local-path",
    );
    // Nothing is evicted before the node was seen cordoned.
    run.wait_for("drain: evict pod");
    assert_eq!(run.signal(posix::KILL), None);
    let left = stage.added(&before);
    assert!(
        left.iter().any(|line| line.starts_with("cordon ")),
        "no node was left cordoned: {left:?}"
    );
    let said = stateproof_gc();
    assert!(said.contains("gave node"), "{said}");
    let left = stage.left(&before);
    assert!(left.is_empty(), "{left:?}");
}

/// SIGKILL while a node stands still and another one is cordoned: `gc` lets the one go on and gives the other back. The twin:
/// with SIGINT the run does so itself.
#[test]
fn a_node_that_a_dead_run_paused_is_let_go_on_by_gc() {
    let stage = Stage::enter();
    stateproof_gc();
    let before = stage.look();
    for signal in [posix::KILL, posix::INT] {
        let name = name();
        let mut run = Run::start(
            &["--name", &name, "--keep", "--drill", "pause-node"],
            "wealist-postgres-class-local-path",
        );
        run.wait_for("pause-node: pause");
        run.wait_until("a node stands still", || has(&stage.paused(), "paused"));
        let exit = run.signal(signal);
        if signal == posix::KILL {
            assert_eq!(exit, None);
            let left = stage.added(&before);
            for kind in ["paused", "cordon", "Namespace", "Pod"] {
                assert!(has(&left, kind), "no {kind} was left: {left:?}");
            }
            let said = stateproof_gc();
            for words in ["go on", "gave node", "removed namespace"] {
                assert!(said.contains(words), "{words}: {said}");
            }
        } else {
            assert_eq!(exit, Some(130));
        }
        let left = stage.left(&before);
        assert!(left.is_empty(), "SIG{signal}: {left:?}");
    }
}

fn has(lines: &[String], kind: &str) -> bool {
    lines.iter().any(|line| line.split(' ').next() == Some(kind))
}

/// What it says.
fn stateproof_gc() -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .arg("gc")
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    println!("gc: {said}");
    assert!(run.status.success(), "{said}");
    said
}
