//! What the tests on a cluster share. All of them use one cluster, made by the first that needs it and kept for the
//! others; `scripts/test` removes it in the end.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

pub mod census;
pub mod certificates;
pub mod marker;
pub mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use stateproof::cluster::provider::{ClusterSpec, ConfigFile, Layout, Provider};
use stateproof::history::{Event, ObjectRef, ObjectState};
use stateproof::plan::{Drill, Outcome, Plan, Promise};
use stateproof::report::{Style, render};
use stateproof::run::{Proven, RunError, Verification};
use stateproof::verdict::PromiseVerdict;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A report whose lines are not broken, to look for words in.
pub const WIDE: Style = Style {
    color: false,
    width: 10_000,
};

/// The cluster that the tests share.
pub const CLUSTER: &str = "stateproof-test";

/// A fixture's directory.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// The files of a set with some words in place of others, so that it has a namespace, or whatever it is, of its own.
pub fn rewritten(set: &Path, words: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(set).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = words
            .iter()
            .fold(text, |text, (one, other)| text.replace(one, other));
        std::fs::write(directory.path().join(path.file_name().unwrap()), text).unwrap();
    }
    directory
}

/// The project's own configuration for kind: three nodes.
pub fn kind_yaml() -> ConfigFile {
    config(Provider::Kind, "kind.yaml")
}

/// The project's own configuration for k3d.
pub fn k3d_yaml() -> ConfigFile {
    config(Provider::K3d, "k3d.yaml")
}

fn config(provider: Provider, name: &str) -> ConfigFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    ConfigFile::read(provider, &path).unwrap_or_else(|problem| panic!("{problem}"))
}

/// The shared cluster; `STATEPROOF_NODE_IMAGE` chooses its node image, as it does for the command.
pub fn cluster() -> ClusterSpec {
    ClusterSpec {
        name: CLUSTER.to_owned(),
        layout: Some(Layout::File(kind_yaml())),
        node_image: std::env::var("STATEPROOF_NODE_IMAGE")
            .ok()
            .filter(|image| !image.is_empty()),
        keep: true,
        ..ClusterSpec::default()
    }
}

/// A cluster of one node, for what a scheduler's choice would decide elsewhere: a volume that names no node is on
/// another disk when the pod comes back on another node.
pub fn one_node_cluster() -> ClusterSpec {
    ClusterSpec {
        name: format!("{CLUSTER}-one"),
        layout: Some(Layout::Nodes(1)),
        ..cluster()
    }
}

/// The cluster that the tests for k3d share.
pub fn k3d_cluster() -> ClusterSpec {
    ClusterSpec {
        provider: Provider::K3d,
        name: format!("{CLUSTER}-k3d"),
        layout: Some(Layout::File(k3d_yaml())),
        keep: true,
        ..ClusterSpec::default()
    }
}

/// How many verifications this process has begun.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// A verification of a fixture on the shared cluster.
pub fn verification(fixture_name: &str) -> Verification {
    verification_of(&fixture(fixture_name), fixture_name)
}

/// The same of a set that lies elsewhere. Its history is called after the fixture that it was made of.
pub fn verification_of(set: &Path, fixture_name: &str) -> Verification {
    let verification = Verification::of([set]).cluster(cluster());
    match std::env::var_os("STATEPROOF_REPORTS") {
        Some(directory) => {
            let directory = PathBuf::from(directory);
            std::fs::create_dir_all(&directory).unwrap();
            // Several tests prove the same fixture, at the same time.
            let number = RUNS.fetch_add(1, Ordering::Relaxed);
            let file = format!("{}-{number}.jsonl", fixture_name.replace('/', "-"));
            verification.history(directory.join(file))
        }
        None => verification,
    }
}

/// Runs something asynchronous to its end, on a runtime of its own: a kube client's worker dies with the runtime that
/// made it, so nothing is shared between tests but values.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// Proves a fixture with these drills and takes everything away again.
pub fn prove(fixture_name: &str, drills: &[Drill]) -> Proven {
    proven(&verification(fixture_name).drills(drills))
}

/// Carries out a verification, shows what it came to, and takes everything away again.
pub fn proven(verification: &Verification) -> Proven {
    let proven = block_on(verification.run());
    let proven = proven.unwrap_or_else(|error| panic!("{}", error.lines().join("\n  ")));
    println!("{}", render(&proven.verdict, &Style::default()));
    proven
}

/// Begins to prove a fixture that cannot be proven, and gives why.
pub fn refuse(fixture_name: &str) -> RunError {
    match block_on(verification(fixture_name).run()) {
        Err(error) => error,
        Ok(proven) => panic!("{}", render(&proven.verdict, &Style::default())),
    }
}

/// What is looked for in the first object's state, of all that the watches delivered, that has it: object,
/// resourceVersion, state.
pub fn first_seen<T>(
    proven: &Proven,
    look: impl Fn(&ObjectRef, &str, &ObjectState) -> Option<T>,
) -> Option<T> {
    let mut records = proven.history.records.iter();
    records.find_map(|record| match &record.event {
        Event::Observed {
            object,
            version,
            state,
        } => look(object, version, state),
        _ => None,
    })
}

/// What a promise of a drill came to.
pub fn promise(proven: &Proven, drill: Drill, promise: Promise) -> &PromiseVerdict {
    let mut found = proven
        .verdict
        .promises
        .iter()
        .filter(|one| one.drill.drill == drill && one.promise == promise);
    found
        .next()
        .unwrap_or_else(|| panic!("{drill} has no promise {promise}"))
}

/// Checks what a promise came to and that the evidence says so in these words.
pub fn assert_promise(proven: &Proven, drill: Drill, which: Promise, observed: Outcome, words: &[&str]) {
    let found = promise(proven, drill, which);
    let evidence = found.evidence.join("\n");
    assert_eq!(found.observed, observed, "{drill} {which}: {evidence}");
    for word in words {
        assert!(
            evidence.contains(word),
            "{drill} {which}: {word:?} is not in the evidence:\n{evidence}"
        );
    }
}

/// Checks that a run's claims are these, each Bound with the size that is asked for, and to a volume of its own.
pub fn assert_claims(proven: &Proven, names: &[&str], size: &str) {
    let mut claims = BTreeMap::new();
    for record in &proven.history.records {
        if let Event::Observed {
            object,
            state: ObjectState::Claim(claim),
            ..
        } = &record.event
            && claim.phase == "Bound"
        {
            // What a later drill makes of it under its name is another claim.
            claims.entry(object.name.as_str()).or_insert(claim);
        }
    }
    let found: Vec<_> = claims.keys().copied().collect();
    assert_eq!(found, names, "these are Bound");
    let volumes: BTreeSet<_> = claims
        .values()
        .filter_map(|claim| claim.volume.as_ref())
        .collect();
    assert_eq!(volumes.len(), names.len(), "two share a volume: {claims:?}");
    for (name, claim) in claims {
        assert_eq!(claim.requested.as_deref(), Some(size), "{name}");
    }
}

/// Checks that the fault of each of these drills met rows: at least a hundred acknowledged, and one under way.
pub fn assert_met_rows(proven: &Proven, drills: &[Drill]) {
    for drill in drills {
        let mut accounts = proven.verdict.rows.iter();
        let account = accounts.find(|account| account.drill.drill == *drill);
        let account = account.unwrap_or_else(|| panic!("{drill} has no account of rows"));
        let (before, in_flight) = (account.acknowledged_before.len(), account.in_flight.len());
        assert!(
            before >= 100 && in_flight >= 1,
            "{drill}: {before} rows before the fault, {in_flight} in flight"
        );
    }
}

/// A deadline that no machine is too busy for: what is known before it was not waited for in vain.
pub const FAR: Duration = Duration::from_mins(10);

/// Awaits that a fixture fails in this way, without waiting for the deadline, and takes everything away again.
pub fn expect_failure(fixture_name: &str, ends: &[&str]) -> Proven {
    let ends = ends.iter().map(|end| end.parse().unwrap());
    let proven = block_on(
        verification(fixture_name)
            .deadline(FAR)
            .expect_failure(ends)
            .run(),
    );
    let proven = proven.unwrap_or_else(|error| panic!("{fixture_name}: {}", error.lines().join("\n  ")));
    println!("{}", render(&proven.verdict, &Style::default()));
    let took = known_after(&proven);
    println!("{fixture_name}: known after {took:.1?}");
    assert!(took < FAR, "{fixture_name}: it took {took:?} to know it");
    proven
}

/// How long it took to know what a set came to: since it was applied, or since the last of those members that do become
/// Ready was.
fn known_after(proven: &Proven) -> Duration {
    let (mut since, mut ready) = (None, BTreeSet::new());
    for record in &proven.history.records {
        match &record.event {
            Event::Applied { .. } if since.is_none() => since = Some(record.at_us),
            Event::Observed {
                object,
                state: ObjectState::Pod(pod),
                ..
            } if pod.ready && pod.owner.is_some() && ready.insert(&object.uid) => since = Some(record.at_us),
            Event::CameTo { .. } => {
                let since = since.expect("nothing was applied");
                return Duration::from_micros(record.at_us - since);
            }
            _ => {}
        }
    }
    panic!("the run does not say what the set came to")
}

/// A fixture that stands on the cluster after its drills, for what a document does by hand.
pub struct Standing {
    /// What the drills came to.
    pub proven: Proven,
    /// The namespace of its first workload.
    pub namespace: String,
}

/// Proves a fixture with these drills, does something with what stands then, and takes everything away whatever
/// comes of it.
pub fn with_standing(fixture_name: &str, drills: &[Drill], work: impl FnOnce(&Standing)) {
    while_standing(&verification(fixture_name).drills(drills), work);
}

/// The same of any verification.
pub fn while_standing(verification: &Verification, work: impl FnOnce(&Standing)) {
    // One for all of it: the scene's client dies with the runtime that made it.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut proven = runtime
        .block_on(verification.prove(&CancellationToken::new()))
        .unwrap_or_else(|error| panic!("{}", error.lines().join("\n  ")));
    println!("{}", render(&proven.verdict, &Style::default()));
    let scene = proven.scene.take();
    let namespace = plans(&proven)[0].workload.namespace.clone();
    let standing = Standing { proven, namespace };
    let worked = catch_unwind(AssertUnwindSafe(|| work(&standing)));
    if let Some(scene) = scene {
        runtime.block_on(scene.clean_up()).unwrap();
    }
    if let Err(panic) = worked {
        resume_unwind(panic);
    }
}

impl Standing {
    /// Runs a command in a pod's first container, as `kubectl exec` does, and gives what it wrote.
    pub fn exec(&self, pod: &str, command: &[&str]) -> String {
        let words = [&["-n", &self.namespace, "exec", pod, "--"], command].concat();
        let (out, ok) = kubectl(&words);
        assert!(ok, "{command:?} in {pod}: {out}");
        out
    }

    /// The same for a command that may fail: what it wrote, and whether it ended well.
    pub fn try_exec(&self, pod: &str, command: &[&str]) -> (String, bool) {
        kubectl(&[&["-n", &self.namespace, "exec", pod, "--"], command].concat())
    }

    /// Asks kubectl about the namespace.
    pub fn get(&self, what: &[&str]) -> String {
        let (out, ok) = kubectl(&[&["-n", &self.namespace, "get"], what].concat());
        assert!(ok, "get {what:?}: {out}");
        out
    }

    /// Deletes a pod and waits until another one of its name is Ready.
    pub fn delete_pod(&self, pod: &str) {
        let uid = || self.get(&["pod", pod, "-o", "jsonpath={.metadata.uid}"]);
        let before = uid();
        let (out, ok) = kubectl(&["-n", &self.namespace, "delete", "pod", pod]);
        assert!(ok, "{out}");
        // A wait for the name alone may still find the old pod's last condition.
        let created = kubectl(&[
            "-n",
            &self.namespace,
            "wait",
            "--for=create",
            "--timeout=60s",
            "pod",
            pod,
        ]);
        assert!(created.1, "{}", created.0);
        let ready = kubectl(&[
            "-n",
            &self.namespace,
            "wait",
            "--for=condition=Ready",
            "--timeout=180s",
            "pod",
            pod,
        ]);
        assert!(ready.1, "{}", ready.0);
        assert_ne!(uid(), before, "{pod} is the same pod");
    }
}

/// The plans of a run.
pub fn plans(proven: &Proven) -> &[Plan] {
    match &proven.history.records[0].event {
        Event::RunStarted { plans, .. } => plans,
        other => panic!("{other:?}"),
    }
}

/// Runs kubectl in the shared cluster's control plane: what it wrote, and whether it ended well.
pub fn kubectl(args: &[&str]) -> (String, bool) {
    kubectl_with(args, "")
}

/// The same with something on its standard input.
pub fn kubectl_with(args: &[&str], input: &str) -> (String, bool) {
    kubectl_on(CLUSTER, args, input)
}

/// The same in another cluster's.
pub fn kubectl_on(cluster: &str, args: &[&str], input: &str) -> (String, bool) {
    let mut run = Command::new("docker")
        .args(["exec", "-i", &format!("{cluster}-control-plane"), "kubectl"])
        .arg("--kubeconfig=/etc/kubernetes/admin.conf")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // kubectl may end without reading it.
    drop(run.stdin.take().unwrap().write_all(input.as_bytes()));
    let run = run.wait_with_output().unwrap();
    let mut out = String::from_utf8_lossy(&run.stdout).into_owned();
    if !run.status.success() {
        out.push_str(&String::from_utf8_lossy(&run.stderr));
    }
    (out, run.status.success())
}

/// The line of the report that says what a pod's Ready was worth.
pub fn ready_line(proven: &Proven, pod: &str) -> String {
    let report = render(&proven.verdict, &WIDE);
    let (_, after) = report
        .split_once("\nwhat Ready was worth\n")
        .unwrap_or_else(|| panic!("{report}"));
    let line = after
        .lines()
        .find(|line| line.starts_with(&format!("{pod}: Ready ")));
    line.unwrap_or_else(|| panic!("{after}")).to_owned()
}

/// What a server said of itself in a run, by the setting's own name.
pub fn setting<'p>(proven: &'p Proven, pod: &str, name: &str) -> Option<&'p str> {
    let mut servers = proven.verdict.facts.servers.iter();
    let found = servers.find(|server| server.pod == pod && server.settings.contains_key(name))?;
    found.settings.get(name).map(String::as_str)
}
