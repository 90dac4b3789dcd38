//! Configuration files of kind and k3d: what is wrong with one is said with its place, before anything is touched.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use stateproof::cluster::provider::{ConfigFile, Provider};

/// The project's own files ask for what they say they do.
#[test]
fn the_projects_own_files_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kind = ConfigFile::find(Provider::Kind, root).unwrap().unwrap();
    assert_eq!((kind.nodes(), kind.name()), (3, None));
    let k3d = ConfigFile::find(Provider::K3d, root).unwrap().unwrap();
    assert_eq!((k3d.nodes(), k3d.name()), (2, Some("stateproof-k3d")));
    let elsewhere = tempfile::tempdir().unwrap();
    for provider in Provider::ALL {
        assert_eq!(ConfigFile::find(provider, elsewhere.path()).unwrap(), None);
    }
}

/// Two files say the same when their settings do, whatever their layout and comments.
#[test]
fn comments_and_order_do_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let read = |text: &str| ConfigFile::read(Provider::K3d, &file(&directory, text)).unwrap();
    let one = read("# two\napiVersion: k3d.io/v1alpha5\nkind: Simple\nagents: 1\n");
    let same = read("{kind: Simple, agents: 1, apiVersion: k3d.io/v1alpha5}");
    let other = read("{kind: Simple, agents: 2, apiVersion: k3d.io/v1alpha5}");
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    const KIND: &str = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n";
    const K3D: &str = "apiVersion: k3d.io/v1alpha5\nkind: Simple\n";
    let directory = tempfile::tempdir().unwrap();
    for (provider, text, expected) in [
        (Provider::Kind, "kind: [", ":1:8: not YAML"),
        (
            Provider::Kind,
            "",
            ":1:1: one mapping of settings was expected, found nothing",
        ),
        (
            Provider::Kind,
            "- a",
            ":1:1: one mapping of settings was expected, found a list",
        ),
        (
            Provider::Kind,
            "a: 1\n---\nb: 1\n",
            ":3:1: one mapping of settings was expected, found a second",
        ),
        (
            Provider::Kind,
            K3D,
            ":1:13: not a configuration of kind: `Simple` of `k3d.io/v1alpha5`",
        ),
        (
            Provider::K3d,
            KIND,
            ":2:13: not a configuration of k3d: `Cluster` of",
        ),
        (Provider::Kind, "a: 1\na: 2\n", ":2:1: the key `a` stands twice"),
        (
            Provider::Kind,
            &format!("{KIND}nodes: 3\n"),
            ":3:8: the setting `nodes` is a number, expected",
        ),
        (
            Provider::Kind,
            &format!("{KIND}nodes:\n- labels: a=b\n"),
            ":4:11: the setting `nodes[0].labels` is text",
        ),
        (
            Provider::K3d,
            &format!("{K3D}agents: two\n"),
            ":3:9: the setting `agents` is text, expected",
        ),
        (
            Provider::K3d,
            &format!("{K3D}options:\n  runtime: {{labels: x}}\n"),
            ":4:21: the setting `options.runtime.labels`",
        ),
    ] {
        let path = file(&directory, text);
        let problem = ConfigFile::read(provider, &path).unwrap_err();
        let expected = format!("{}{expected}", path.display());
        assert!(
            problem.to_string().starts_with(&expected),
            "{problem}\nexpected: {expected}"
        );
    }
}

/// A file that is not there, a directory, and a token in a file that cannot be used: it is not shown.
#[test]
fn unusable_files_are_named_and_secrets_are_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    for path in [directory.path().join("none.yaml"), directory.path().to_owned()] {
        let problem = ConfigFile::read(Provider::Kind, &path).unwrap_err().to_string();
        assert!(
            problem.starts_with(&format!("{} cannot be read: ", path.display())),
            "{problem}"
        );
    }
    let path = file(
        &directory,
        "apiVersion: k3d.io/v1alpha5\nkind: Simple\nagents: 1\nservers: x\ntoken: hunter2\n",
    );
    let run = up(
        &["--cluster", "k3d", "--cluster-config", path.to_str().unwrap()],
        directory.path(),
    );
    assert!(!String::from_utf8_lossy(&run.stderr).contains("hunter2"));
}

/// The command ends with the documented code and shows the line; no state is made.
#[test]
fn the_command_refuses_with_the_line_and_touches_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bad = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: 3\n";
    std::fs::write(directory.path().join("kind.yaml"), bad).unwrap();
    // The one in the current directory, and one that is named.
    for arguments in [&[][..], &["--cluster-config", "kind.yaml"]] {
        let run = up(arguments, directory.path());
        let shown = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{shown}");
        assert!(
            shown.contains("kind.yaml:3:8") && shown.contains("nodes: 3"),
            "{shown}"
        );
    }
    assert!(!directory.path().join("state").exists());
}

fn file(directory: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = directory.path().join("config.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

fn up(arguments: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stateproof"))
        .arg("up")
        .args(arguments)
        .current_dir(directory)
        .env("STATEPROOF_STATE", directory.join("state"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}
