//! A k3d on PATH is used whatever its version is, and one that was not tried is warned of. The k3d and the engine are
//! scripts: what the real ones do is for the tests on a cluster.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// An engine without any container or image.
const DOCKER: &str = r#"#!/bin/sh
case "$*" in
  *inspect*) echo "Error: No such object" >&2; exit 1;;
esac
"#;

/// What `stateproof up` says with a k3d that says this of its version, and makes no cluster.
fn up(version: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let k3d = format!(
        "#!/bin/sh\nif [ \"$1\" = version ]; then {version}; exit; fi\necho 'FATA[0000] no cluster today' >&2\nexit 1\n"
    );
    for (name, script) in [("docker", DOCKER), ("k3d", &k3d)] {
        let path = directory.path().join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let run = Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .args(["up", "--cluster", "k3d", "--name", "untried", "--nodes", "1"])
        .env("PATH", directory.path())
        .env("STATEPROOF_STATE", directory.path().join("state"))
        .env("STATEPROOF_CACHE", directory.path().join("cache"))
        .output()
        .unwrap();
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(
        !run.status.success() && said.contains("no cluster today"),
        "{said}"
    );
    said
}

#[test]
fn another_version_than_the_tried_one_is_warned_of() {
    let said = up("echo 'k3d version v5.7.4'");
    assert!(
        said.contains("WARN") && said.contains("made by k3d v5.7.4; stateproof was tried with v5.8.3"),
        "{said}"
    );
    for silent in ["echo 'k3d version dev'", "exit 3"] {
        let said = up(silent);
        assert!(
            said.contains("made by a k3d that does not say its version"),
            "{silent}: {said}"
        );
    }
}

/// The twin.
#[test]
fn of_the_tried_version_nothing_is_said() {
    let said = up("echo 'k3d version v5.8.3'; echo 'k3s version v1.31.5-k3s1 (default)'");
    assert!(!said.contains("tried with"), "{said}");
}
