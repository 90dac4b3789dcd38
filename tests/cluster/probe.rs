//! `stateproof probe` of a database that runs on the tests' cluster, as if a stranger had lent it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use stateproof::cluster::connect;

use crate::context::{POSTGRES, context, in_namespace, set_in, with_images};
use crate::lent::Lent;
use crate::support::marker::Marker;
use crate::support::process::{HANGS, posix};
use crate::support::{CLUSTER, block_on};

const NAME: &str = "context-probed";

/// What the fixture's password is.
const PASSWORD: &str = "mysupersecret";

/// A database that runs already is looked at, and stays as it was: its objects to the resourceVersion, and in it no table of
/// stateproof's, whether the probe comes to its end or is interrupted. What is declared comes before what runs there: the
/// twin, with another password than the server's, ends with the server's words.
#[test]
fn a_probe_leaves_a_running_database_as_it_was() {
    let kubeconfig = block_on(with_images(&[POSTGRES])).kubeconfig;
    let set = set_in(NAME, "standard");
    let standing = Postgres(Lent::of(NAME, set.path()));
    let before = block_on(in_namespace(&kubeconfig, NAME));
    let (code, said) = probe(&kubeconfig, &["-vv", &format!("--namespace={NAME}")]);
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "10 rows written, 10 acknowledged",
        "10 read back; removed again",
        "PostgreSQL 16",
        "fsync = on",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    assert!(said.contains("TRACE") && said.contains("hyper"), "{said}");
    assert_eq!(Marker::new(PASSWORD).found_in(&said), None, "{said}");
    assert_eq!(standing.tables(), 0);

    standing.interrupt_a_probe(&kubeconfig);
    assert_eq!(standing.tables(), 0);
    assert_eq!(block_on(in_namespace(&kubeconfig, NAME)), before);

    let settings = tempfile::NamedTempFile::new().unwrap();
    let config = ["--config", settings.path().to_str().unwrap()];
    let declare = |password: &str| {
        let text = format!("[workload.\"{NAME}/postgres\"]\npassword = \"{password}\"\ndeadline = 5\n");
        fs::write(settings.path(), text).unwrap();
    };
    declare("another");
    let (code, said) = probe(
        &kubeconfig,
        &[&config[..], &[&format!("--namespace={NAME}")]].concat(),
    );
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("accepted no session") && said.contains("password authentication failed"),
        "{said}"
    );
    let statefulset = set.path().join("postgres-statefulset.yaml");
    let other = fs::read_to_string(&statefulset).unwrap();
    assert_eq!(other.matches(PASSWORD).count(), 1, "{other}");
    fs::write(&statefulset, other.replace(PASSWORD, "another")).unwrap();
    declare(PASSWORD);
    let (code, said) = probe(
        &kubeconfig,
        &[&config[..], &[set.path().to_str().unwrap()]].concat(),
    );
    assert_eq!(code, Some(0), "{said}");

    let (code, said) = probe(&kubeconfig, &["--namespace=context-nothing"]);
    assert_eq!(code, Some(2), "{said}");
}

/// Runs `stateproof probe` with the most that it can be made to say, and makes sure that nothing of it is left.
pub fn probe(kubeconfig: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = command(kubeconfig, args);
    let run = command.env("STATEPROOF_LOG", "trace").spawn().unwrap();
    ended(run, kubeconfig)
}

fn command(kubeconfig: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stateproof"));
    command
        .args(["probe", "--context", &context(), "--kubeconfig"])
        .arg(kubeconfig)
        .args(args)
        .env("PATH", "")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn ended(run: Child, kubeconfig: &Path) -> (Option<i32>, String) {
    let of_this_run = format!("-{:x}", run.id());
    let run = run.wait_with_output().unwrap();
    let left = block_on(async {
        let (client, _) = connect(kubeconfig).await.unwrap();
        let namespaces: Api<Namespace> = Api::all(client);
        let all = namespaces.list(&ListParams::default()).await.unwrap();
        let mut names = all.iter().map(ResourceExt::name_any);
        names.find(|name| name.ends_with(&of_this_run))
    });
    assert_eq!(left, None);
    let said = [run.stdout, run.stderr].concat();
    (run.status.code(), String::from_utf8(said).unwrap())
}

/// How it is asked, in its pod.
const PSQL: [&str; 5] = ["psql", "-U", "postgres", "-d", "wealist"];

/// Somebody's database.
struct Postgres(Lent);

impl Postgres {
    /// How many tables of stateproof's are in it.
    fn tables(&self) -> u32 {
        self.count("pg_tables where tablename like 'stateproof%'")
    }

    fn count(&self, what: &str) -> u32 {
        let query = format!("select count(*) from {what}");
        let said = self
            .0
            .exec("postgres-0", &[&PSQL[..], &["-tAc", &query]].concat());
        said.trim().parse().unwrap()
    }

    /// SIGINT while a probe logs in, which is when it makes its table: the server makes it all the same, a moment after the
    /// probe has gone.
    fn interrupt_a_probe(&self, kubeconfig: &Path) {
        let waiting = "pg_locks where locktype = 'advisory' and not granted";
        let held = "pg_locks where locktype = 'advisory' and granted";
        // The lock under which the table is made.
        let mut holder = Command::new("docker")
            .args([
                "exec",
                "-i",
                &format!("{CLUSTER}-control-plane"),
                "kubectl",
                "--kubeconfig=/etc/kubernetes/admin.conf",
                "-n",
                NAME,
                "exec",
                "-i",
                "postgres-0",
                "--",
            ])
            .args(PSQL)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut psql = holder.stdin.take().unwrap();
        writeln!(psql, "select pg_advisory_lock(x'737461746570726f'::bigint);").unwrap();
        self.until(held, |count| count == 1);
        let namespace = format!("--namespace={NAME}");
        let run = command(kubeconfig, &[&namespace]).spawn().unwrap();
        self.until(waiting, |count| count > 0);
        let sent = Command::new("kill")
            .args(["-s", posix::INT, &run.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        // The session that was cut off, and another one that takes its table away.
        self.until(waiting, |count| count > 1);
        drop(psql);
        let (code, said) = ended(run, kubeconfig);
        assert!(holder.wait().unwrap().success());
        assert_eq!(code, Some(130), "{said}");
    }

    fn until(&self, what: &str, enough: impl Fn(u32) -> bool) {
        let end = Instant::now() + HANGS;
        while !enough(self.count(what)) {
            assert!(Instant::now() < end, "not within {HANGS:?}: {what}");
        }
    }
}
