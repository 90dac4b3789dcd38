//! stateproof inside a cluster, with the rights of `deploy/rbac.yaml` and no others: `deploy/cronjob.yaml` and `deploy/job.yaml`
//! as they are published, but for the image, which no registry has.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use stateproof::cluster::provider::{Clusters, images};

use crate::support::{block_on, cluster, fixture, kubectl, kubectl_with};

const IMAGE: &str = "stateproof:0.1.0";
const DRILLS: &str = "stateproof-drills";

/// A Job of the `CronJob`'s proves a set in the namespace that the roles are for. The twin, the Job with one rule less, names
/// what it lacks and makes nothing.
#[test]
fn the_published_jobs_prove_a_set_with_the_published_rights() {
    let image = Imported::new();
    block_on(async {
        let running = Clusters::from_env().unwrap().ensure(&cluster()).await.unwrap();
        let needed = [
            IMAGE.to_owned(),
            "postgres:16-alpine".to_owned(),
            "busybox:1.36".to_owned(),
        ];
        images::ensure(&running, &needed).await.unwrap();
    });
    drop(image);
    let _deployed = Deployed::new();
    // At night it would be the controller that makes the Job.
    apply("cronjob.yaml");
    let from = "--from=cronjob/stateproof";
    let (code, log) = run_job(|| ask(&["-n", "stateproof", "create", "job", "stateproof", from]));
    ask(&["-n", "stateproof", "delete", "cronjob", "stateproof"]);
    assert_eq!(code, "0", "{log}");
    assert!(log.contains("Held: all 5 promises"), "{log}");
    let left = ask(&["-n", DRILLS, "get", "all,pvc,secret,lease", "-o", "name"]);
    assert_eq!(left, "");

    let without = [
        "-n",
        DRILLS,
        "patch",
        "role",
        "stateproof",
        "--type=json",
        "-p",
        r#"[{"op": "remove", "path": "/rules/2"}]"#,
    ];
    let rule = ask(&[
        "-n",
        DRILLS,
        "get",
        "role",
        "stateproof",
        "-o",
        "jsonpath={.rules[2].resources}",
    ]);
    assert_eq!(rule, r#"["pods/exec"]"#);
    ask(&without);
    let (code, log) = run_job(|| apply("job.yaml"));
    assert_eq!(code, "4", "{log}");
    assert!(
        log.contains("create pods/exec in namespace stateproof-drills"),
        "{log}"
    );
    let left = ask(&["-n", DRILLS, "get", "all,pvc,secret,lease", "-o", "name"]);
    assert_eq!(left, "");
}

/// What is in `deploy/`, and a set to be proven; taken away whatever becomes of the test.
struct Deployed;

impl Deployed {
    fn new() -> Self {
        let (out, ok) = kubectl_with(&["apply", "-f", "-"], &published("rbac.yaml"));
        let deployed = Self;
        assert!(ok, "{out}");
        let files = fs::read_dir(fixture("wealist-postgres-class-standard/4-database")).unwrap();
        let mut data = serde_json::Map::new();
        for file in files {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace("  namespace: postgresql-class-standard\n", "");
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            data.insert(name, text.into());
        }
        let map = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "manifests", "namespace": "stateproof"}, "data": data});
        let (out, ok) = kubectl_with(&["apply", "-f", "-"], &map.to_string());
        assert!(ok, "{out}");
        deployed
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        let (out, ok) = kubectl_with(
            &["delete", "--ignore-not-found", "-f", "-"],
            &published("rbac.yaml"),
        );
        println!("{ok}: {out}");
    }
}

/// Applies what is published, with one drill.
fn apply(name: &str) -> String {
    let text = published(name);
    let at = text.find("- --report=/report").unwrap();
    let indent = text[..at].rsplit('\n').next().unwrap();
    let (before, after) = text.split_at(at);
    let job = format!("{before}- --drill=lose-pod\n{indent}{after}");
    let (out, ok) = kubectl_with(&["apply", "-f", "-"], &job);
    assert!(ok, "{out}");
    out
}

/// Runs a Job to its end, and gives the exit code of its container and its log.
fn run_job(start: impl FnOnce() -> String) -> (String, String) {
    println!("{}", start());
    let pod = ["-n", "stateproof", "wait", "pod", "-l", "job-name=stateproof"];
    ask(&[&pod[..], &["--for=create", "--timeout=60s"]].concat());
    let ended = "--for=jsonpath={.status.containerStatuses[0].state.terminated.finishedAt}";
    ask(&[&pod[..], &[ended, "--timeout=240s"]].concat());
    let code = ask(&[
        "-n",
        "stateproof",
        "get",
        "pod",
        "-l",
        "job-name=stateproof",
        "-o",
        "jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}",
    ]);
    let log = ask(&["-n", "stateproof", "logs", "job/stateproof"]);
    ask(&[
        "-n",
        "stateproof",
        "delete",
        "job",
        "stateproof",
        "--cascade=foreground",
    ]);
    (code, log)
}

fn published(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

fn ask(words: &[&str]) -> String {
    let (out, ok) = kubectl(words);
    assert!(ok, "{words:?}: {out}");
    out
}

/// An image of this build's own command: the file and the libraries that it loads. Docker has it until the nodes do.
struct Imported;

impl Imported {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let command = env!("CARGO_BIN_EXE_stateproof");
        let loaded = Command::new("ldd").arg(command).output().unwrap();
        let loaded = String::from_utf8(loaded.stdout).unwrap();
        let libraries = loaded.split_whitespace().filter(|word| word.starts_with('/'));
        for file in libraries {
            let to = root.path().join(file.trim_start_matches('/'));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(file, to).unwrap();
        }
        fs::copy(command, root.path().join("stateproof")).unwrap();
        fs::create_dir(root.path().join("tmp")).unwrap();
        let mut tar = Command::new("tar")
            .args([
                "--create",
                "--numeric-owner",
                "--owner=0",
                "--group=0",
                "--directory",
            ])
            .arg(root.path())
            .arg(".")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let imported = Command::new("docker")
            .args(["import", "--change", r#"ENTRYPOINT ["/stateproof"]"#, "-", IMAGE])
            .stdin(tar.stdout.take().unwrap())
            .output()
            .unwrap();
        assert!(
            tar.wait().unwrap().success() && imported.status.success(),
            "{imported:?}"
        );
        Self
    }
}

impl Drop for Imported {
    fn drop(&mut self) {
        let removed = Command::new("docker").args(["image", "rm", IMAGE]).output();
        println!("{removed:?}");
    }
}
