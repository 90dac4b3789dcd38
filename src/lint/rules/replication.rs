//! Whether a workload's members keep each other's rows, as far as its manifests tell.

use super::prelude::*;

const POSTGRES: [&str; 9] = [
    "primary_conninfo",
    "pg_basebackup",
    "standby.signal",
    "patroni",
    "PATRONI",
    "repmgr",
    "REPMGR",
    "stolon",
    "pg_auto_failover",
];
const MYSQL: [&str; 12] = [
    "group_replication",
    "CHANGE MASTER",
    "CHANGE REPLICATION",
    "wsrep",
    "gtid_mode",
    "gtid-mode",
    "server_id",
    "server-id",
    "REPLICATION_MODE",
    "xtrabackup",
    "mysqlsh",
    "START REPLICA",
];
const MONGO: [&str; 4] = ["--replSet", "replSetName", "rs.initiate", "REPLICA_SET"];

/// Whether a sign of replication stands in anything that its containers run, mount or are told.
pub(super) fn is_on(inventory: &Inventory<'_>, maker: &PodMaker<'_>, server: &Server) -> bool {
    let signs: &[&str] = match server.kind {
        EngineKind::PostgreSql => &POSTGRES,
        EngineKind::MySql => &MYSQL,
        _ => &MONGO,
    };
    let images = maker.containers.iter().map(DeclaredContainer::image);
    let by_image = [
        "patroni",
        "spilo",
        "stolon",
        "repmgr",
        "xtradb",
        "group-replication",
        "xtrabackup",
    ];
    let mut images = images.flat_map(|image| by_image.iter().map(move |sign| image.contains(sign)));
    images.any(|found| found)
        || inventory
            .texts(maker)
            .iter()
            .any(|text| text.mentions(signs).is_some())
}
