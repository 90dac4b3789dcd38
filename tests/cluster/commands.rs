//! `up`, `verify` on what is up, `down`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::scene::docker;
use crate::support::fixture;

const NAME: &str = "stateproof-test-up";

/// A cluster that is up is used and left by `verify`, and removed by `down`; the user's own kubeconfig is not touched.
/// Its nodes are given the images that the set names, once, and no others.
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
    let set = fixture("wealist-postgres");
    // Nobody else is on this cluster, which had no image but its own.
    for loads in [true, false] {
        let begun = Instant::now();
        let imported = imported(|| {
            let (report, plain) = if loads { action(&set) } else { verify(&set) };
            assert!(report.contains("Held: all 5 promises"), "{report}");
            assert!(plain.contains("bringing up postgresql-prod/postgres"), "{plain}");
            assert!(plain.contains("lose-pod: delete pod"), "{plain}");
            for noise in ["DEBUG", "INFO", "\u{1b}", "\r"] {
                assert!(!plain.contains(noise), "{noise:?} is in {plain}");
            }
        });
        println!("verify: {:?}, images imported {imported:?}", begun.elapsed());
        assert_eq!(imported.len(), 3, "{imported:?}");
        for (node, times) in &imported {
            assert_eq!(*times > 0, loads, "{node}: {times}");
        }
    }
    for node in own_nodes() {
        let ctr = ["ctr", "--namespace=k8s.io", "images", "ls", "--quiet"];
        let there = docker(&[&["exec", &node][..], &ctr].concat());
        assert!(
            there.contains("docker.io/library/postgres:16-alpine"),
            "{node}: {there}"
        );
        for other in ["mysql", "mongo", "nginx"] {
            assert!(!there.contains(other), "{node} was given {other}: {there}");
        }
    }
    assert!(
        !own_nodes().is_empty(),
        "verify took the cluster away that was up before it"
    );
    stateproof(&["down", NAME]);
    assert_eq!(own_nodes(), [""; 0]);
    assert_eq!(
        std::fs::read(&home).ok(),
        before,
        "the user's kubeconfig was touched"
    );
}

fn verify(set: &Path) -> (String, String) {
    stateproof(&[
        "verify",
        "--name",
        NAME,
        "--drill",
        "lose-pod",
        set.to_str().unwrap(),
    ])
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

/// How often images were imported into each of the cluster's nodes while this was done, by the engine's own account. It
/// is listened to meanwhile: the engine remembers a few hundred events, those of other tests among them.
fn imported(work: impl FnOnce()) -> BTreeMap<String, usize> {
    let nodes = own_nodes();
    let since = docker(&["info", "--format", "{{.SystemTime}}"]);
    let filters = nodes.iter().map(|node| format!("--filter=container={node}"));
    let mut events = Command::new("docker")
        .args([
            "events",
            "--format={{.Actor.Attributes.name}} {{.Action}}",
            "--since",
            &since,
        ])
        .args(filters)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    work();
    events.kill().unwrap();
    let said = events.wait_with_output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    // `exec_create` names what is run on the node.
    let is_import = |line: &&str| line.contains("exec_create") && line.contains(" images import ");
    let imports: Vec<_> = said.lines().filter(is_import).collect();
    let of = |node: &String| {
        imports
            .iter()
            .filter(|line| line.split(' ').next() == Some(node))
            .count()
    };
    nodes.iter().map(|node| (node.clone(), of(node))).collect()
}

fn own_nodes() -> Vec<String> {
    let names = docker(&["ps", "--all", "--format", "{{.Names}}"]);
    let own = names.lines().filter(|name| name.contains(NAME));
    own.map(str::to_owned).collect()
}
