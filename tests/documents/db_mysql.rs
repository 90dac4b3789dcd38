//! MySQL 8.0 on a StatefulSet, `db/mysql`. Sources: `fixtures/SOURCES.md`.

use std::sync::LazyLock;

use stateproof::history::{Event, ObjectState};
use stateproof::plan::{Drill, Outcome, Promise};
use stateproof::report::{Style, render};
use stateproof::run::Proven;

use crate::support::{
    assert_met_rows, assert_promise, expect_failure, prove, ready_line, setting, with_standing,
};

const ROOT: &str = "mysql -uroot -p\"$MYSQL_ROOT_PASSWORD\" -N -e";

/// One run of the drills on the document's own manifests serves the tests of its claims.
static DOCUMENT: LazyLock<Proven> = LazyLock::new(|| prove("db/mysql", &[]));

/// The document as a whole: every promise came to what was expected. That a stand-in is no MySQL 8.0, is said.
#[test]
fn the_document_holds() {
    let verdict = &DOCUMENT.verdict;
    let report = render(verdict, &Style::default());
    assert_eq!(verdict.outcome, Outcome::Held, "{report}");
    let warnings = verdict.warnings.join("\n");
    let said = "mysql-0: the image mysql:8.0 asks for version 8.0, the server says 9.";
    let is_stand_in = verdict.facts.workloads[0].stand_in.is_some();
    assert_eq!(warnings.contains(said), is_stand_in, "{report}");
}

/// D1.1: headless `mysql-headless` names the member, `mysql` is the application's address, and rows written through
/// one are read through the other. The short names that the document prints do not resolve.
#[test]
fn d1_1_rows_written_through_one_name_are_read_through_the_other() {
    let words = ["mysql-0.mysql-headless.", "rows through mysql."];
    assert_promise(&DOCUMENT, Drill::LosePod, Promise::Address, Outcome::Held, &words);
}

/// D1.1, D1.2, D1.3 and D1.8, as the document does them by hand on what stands.
#[test]
fn d1_3_the_documents_own_statements() {
    with_standing("db/mysql", &[Drill::LosePod], |standing| {
        // D1.1: in a pod's search path `mysql-0.mysql-headless` resolves; with `.svc` behind it nothing does.
        let connects = |name: &str| {
            let login = format!("mysql -h{name} -uroot -p\"$MYSQL_ROOT_PASSWORD\" -e 'select 1'");
            standing.try_exec("mysql-0", &["sh", "-c", &login])
        };
        let (out, connected) = connects("mysql-0.mysql-headless");
        assert!(connected, "{out}");
        for name in ["mysql-0.mysql.svc", "mysql-0.mysql-headless.svc", "mysql.svc"] {
            let (out, _) = connects(name);
            assert!(
                out.contains("Unknown MySQL server host"),
                "{name} resolves: {out}"
            );
        }
        // D1.2: appuser and root log in over TCP with what the objects say; nothing of it is written here.
        for (login, user) in [
            ("-u\"$MYSQL_USER\" -p\"$MYSQL_PASSWORD\"", "appuser"),
            ("-uroot -p\"$MYSQL_ROOT_PASSWORD\"", "root"),
        ] {
            let command = format!("mysql -hmysql {login} -N -e 'select user()'");
            let out = standing.exec("mysql-0", &["sh", "-c", &command]);
            assert!(out.starts_with(user), "{out}");
        }
        // D1.3: exactly these statements.
        let create =
            "create table if not exists mydb.t(t int); insert into mydb.t values(1); select * from mydb.t;";
        let sql =
            |statements: &str| standing.exec("mysql-0", &["sh", "-c", &format!("{ROOT} \"{statements}\"")]);
        assert_eq!(sql(create).trim(), "1");
        standing.delete_pod("mysql-0");
        assert_eq!(sql("select * from mydb.t;").trim(), "1");
        // D1.8: the claim is found by the label.
        let claims = standing.get(&["pvc", "-l", "app=mysql", "-o", "name"]);
        assert_eq!(claims.trim(), "persistentvolumeclaim/data-mysql-0");
    });
}

/// D1.4: rows acknowledged before, while and after pod-0 is deleted: none lost, none invented.
#[test]
fn d1_4_rows_survive_losing_pod_0() {
    for drill in [Drill::LosePod, Drill::ForceDelete, Drill::DeleteStatefulset] {
        let words = ["acknowledged"];
        assert_promise(&DOCUMENT, drill, Promise::Durability, Outcome::Held, &words);
    }
    let rows = DOCUMENT.verdict.rows.iter();
    let lose_pod = rows.filter(|rows| rows.drill.drill == Drill::LosePod).count();
    assert_eq!(lose_pod, 1);
    // The negative twin: without its claim the database comes back empty.
    let words = ["lost 100 acknowledged rows"];
    assert_promise(
        &DOCUMENT,
        Drill::DeleteClaim,
        Promise::Durability,
        Outcome::Violated,
        &words,
    );
}

/// D1.5: Ready is compared with the first login over TCP, the report says by how much it was too early or late, and
/// nothing is started again during the first initialisation.
#[test]
fn d1_5_ready_is_compared_with_the_first_login() {
    let readiness = &DOCUMENT.verdict.readiness;
    assert_eq!(readiness.len(), 1);
    let mysql = &readiness[0];
    assert_eq!((mysql.pod.as_str(), mysql.restarts), ("mysql-0", 0));
    let (ready, session) = (mysql.ready_us.unwrap(), mysql.session_us.unwrap());
    let words = if ready < session {
        "too early; 0 restarts"
    } else {
        "after it; 0 restarts"
    };
    let line = ready_line(&DOCUMENT, "mysql-0");
    assert!(line.ends_with(words), "{line}");
}

/// D1.6: the live settings, read from the running server.
#[test]
fn d1_6_the_servers_own_settings_are_in_the_report() {
    for (name, value) in [
        ("innodb_flush_log_at_trx_commit", "1"),
        ("sync_binlog", "1"),
        ("character_set_server", "utf8mb4"),
    ] {
        assert_eq!(setting(&DOCUMENT, "mysql-0", name), Some(value), "{name}");
    }
    let report = render(&DOCUMENT.verdict, &Style::default());
    assert!(report.contains("sync_binlog=1"), "{report}");
}

/// D1.7: the optional init container writes into a ConfigMap volume, which is read-only.
#[test]
fn d1_7_an_init_container_cannot_write_into_a_config_map() {
    let proven = expect_failure(
        "db-mysql-init-container",
        &["Pod/mysql-0:log=Read-only file system"],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D1.7, corrected: through an emptyDir the settings reach the server; they are not MySQL's defaults.
#[test]
fn d1_7_through_an_empty_dir_the_settings_arrive() {
    let proven = prove("db-mysql-init-container-corrected", &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    for (name, value) in [("innodb_flush_log_at_trx_commit", "2"), ("sync_binlog", "7")] {
        assert_eq!(setting(&proven, "mysql-0", name), Some(value), "{name}");
    }
}

/// D1.9: with one replica and `minAvailable: 1` an eviction is refused.
#[test]
fn d1_9_the_budget_refuses_an_eviction() {
    let proven = prove("db-mysql-pdb", &[Drill::Evict]);
    assert_promise(
        &proven,
        Drill::Evict,
        Promise::Protection,
        Outcome::Held,
        &["429"],
    );
    // Nor does it disturb whoever writes meanwhile.
    assert_promise(&proven, Drill::Evict, Promise::Durability, Outcome::Held, &[]);
    assert_met_rows(&proven, &[Drill::Evict]);
}

/// D1.9: a drain waits for the budget, and is reported as such; nobody is forced.
#[test]
fn d1_9_a_drain_waits_for_the_budget() {
    let proven = prove("db-mysql-pdb", &[Drill::Drain]);
    assert_promise(
        &proven,
        Drill::Drain,
        Promise::Protection,
        Outcome::Held,
        &["mysql-pdb"],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    assert_met_rows(&proven, &[Drill::Drain]);
}

/// D1.10: required anti-affinity spreads three replicas over three nodes.
#[test]
fn d1_10_required_anti_affinity_spreads_over_the_nodes() {
    let proven = prove("db-mysql-spread", &[Drill::LosePod]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    let mut nodes: Vec<_> = (0..3)
        .map(|ordinal| node_of(&proven, &format!("mysql-{ordinal}")))
        .collect();
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), 3, "{nodes:?}");
}

/// D1.10: with fewer nodes than replicas the last is Pending, for that reason.
#[test]
fn d1_10_with_too_few_nodes_the_last_is_pending() {
    let proven = expect_failure(
        "db-mysql-spread-too-many",
        &[
            "Pod/mysql-3:phase=Pending",
            "Pod/mysql-3:unschedulable=didn't match pod anti-affinity rules",
        ],
    );
    assert_eq!(proven.verdict.outcome, Outcome::Held);
}

/// D1.11: a drain leaves the pod Pending, since its volume is bound to the node; uncordoned, all rows are there.
#[test]
fn d1_11_a_drained_node_brings_the_rows_back() {
    let proven = prove("db/mysql", &[Drill::Drain]);
    assert_eq!(proven.verdict.outcome, Outcome::Held);
    assert_promise(
        &proven,
        Drill::Drain,
        Promise::Placement,
        Outcome::Held,
        &["volume"],
    );
    assert_promise(
        &proven,
        Drill::Drain,
        Promise::Durability,
        Outcome::Held,
        &["acknowledged"],
    );
    assert_met_rows(&proven, &[Drill::Drain]);
}

/// The node that a pod was last seen on.
fn node_of(proven: &Proven, pod: &str) -> String {
    let records = proven.history.records.iter().rev();
    let mut nodes = records.filter_map(|record| match &record.event {
        Event::Observed {
            object,
            state: ObjectState::Pod(state),
            ..
        } if object.name == pod => state.node.clone(),
        _ => None,
    });
    nodes
        .next()
        .unwrap_or_else(|| panic!("{pod} was never on a node"))
}
