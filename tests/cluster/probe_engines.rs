//! `stateproof probe` of what runs already and is not PostgreSQL.
//!
//! Each database has something of somebody else's that is called as if it were stateproof's: what counts what the probe
//! left would see it, and the probe leaves it alone.

use crate::context::with_images;
use crate::lent::Lent;
use crate::probe::probe;
use crate::support::{block_on, fixture, rewritten};

#[test]
fn a_mysql_keeps_nothing_of_a_probe() {
    let kubeconfig = block_on(with_images(&["mysql:8.0"])).kubeconfig;
    let mysql = Lent::of("probed-mysql", &fixture("db/mysql"));
    // Ready does not mean that the server is there: the document's probe asks by the socket, which the server of the first
    // initialisation answers as well. Nobody gets in to that one over TCP.
    let sql = |query: &str| {
        let client = format!("mysql -h127.0.0.1 -uroot -p\"$MYSQL_ROOT_PASSWORD\" -N -e \"{query}\" mydb");
        let patient =
            format!("n=0; until {client}; do n=$((n + 1)); [ \"$n\" -lt 60 ] || exit 1; sleep 1; done");
        mysql.exec("mysql-0", &["sh", "-c", &patient])
    };
    sql("create table if not exists stateproof_of_somebody (id int)");
    let (code, said) = probe(&kubeconfig, &["--namespace=probed-mysql"]);
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "10 rows written, 10 acknowledged",
        "10 read back; removed again",
        "innodb_flush_log_at_trx_commit = ",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    let tables = sql("select table_name from information_schema.tables where table_name like 'stateproof%'");
    assert_eq!(tables.trim(), "stateproof_of_somebody");
}

#[test]
fn a_replica_set_keeps_nothing_of_a_probe_and_tells_its_roles() {
    let kubeconfig = block_on(with_images(&["mongo:4.4"])).kubeconfig;
    let set = fixture("grade-submission/6-post-start-repaired");
    let set = rewritten(&set, &[("grade-submission", "probed-mongodb")]);
    let mongodb = Lent::of("probed-mongodb", set.path());
    let shell = |script: &str| mongodb.exec("mongodb-0", &["mongo", "--quiet", "--eval", script]);
    shell("db.getSiblingDB('test').stateproof_of_somebody.insertOne({})");
    let (code, said) = probe(&kubeconfig, &["--namespace=probed-mongodb"]);
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "10 rows written, 10 acknowledged",
        "w: majority, journaled",
        "10 read back; removed again",
        "replication.replSet = rs0",
        "mongodb-0: PRIMARY",
        "mongodb-1: SECONDARY",
    ] {
        assert!(said.contains(words), "{words} is not in {said}");
    }
    let collections = shell(
        "db.adminCommand({ listDatabases: 1 }).databases
           .map(each => db.getSiblingDB(each.name).getCollectionNames()).flat()
           .filter(name => name.startsWith('stateproof')).join()",
    );
    assert_eq!(collections.trim(), "stateproof_of_somebody");
}
