use super::WorkloadId;
use super::left_alone::LeftAlone;
use crate::manifest::{Manifest, ManifestSet};

/// API groups of operators that run databases, and what they are called. A group stands for those below it too.
const GROUPS: &[(&str, &str)] = &[
    ("postgresql.cnpg.io", "CloudNativePG"),
    ("barmancloud.cnpg.io", "CloudNativePG"),
    (
        "postgres-operator.crunchydata.com",
        "Crunchy Data's PostgreSQL operator",
    ),
    ("acid.zalan.do", "Zalando's PostgreSQL operator"),
    ("kubegres.reactive-tech.io", "Kubegres"),
    ("stackgres.io", "StackGres"),
    ("pgv2.percona.com", "Percona's PostgreSQL operator"),
    ("pxc.percona.com", "Percona's XtraDB Cluster operator"),
    ("ps.percona.com", "Percona's MySQL operator"),
    ("psmdb.percona.com", "Percona's MongoDB operator"),
    ("mysql.oracle.com", "Oracle's MySQL operator"),
    ("mysql.presslabs.org", "Presslabs' MySQL operator"),
    ("planetscale.com", "the Vitess operator"),
    ("k8s.mariadb.com", "the MariaDB operator"),
    ("mariadb.mmontes.io", "the MariaDB operator"),
    ("mongodbcommunity.mongodb.com", "MongoDB's community operator"),
    ("mongodb.com", "MongoDB's operator"),
    ("kubedb.com", "KubeDB"),
    ("kubeblocks.io", "KubeBlocks"),
    ("databases.spotahome.com", "Spotahome's Redis operator"),
    ("redis.redis.opstreelabs.in", "the Redis operator"),
    ("app.redislabs.com", "Redis Enterprise's operator"),
    ("hyperspike.io", "the Valkey operator"),
    ("cassandra.datastax.com", "cass-operator"),
    ("k8ssandra.io", "K8ssandra"),
    ("scylla.scylladb.com", "ScyllaDB's operator"),
    ("zookeeper.pravega.io", "Pravega's ZooKeeper operator"),
    ("kafka.strimzi.io", "Strimzi"),
    ("platform.confluent.io", "Confluent for Kubernetes"),
    ("cluster.redpanda.com", "Redpanda's operator"),
    ("rabbitmq.com", "the RabbitMQ operator"),
    ("elasticsearch.k8s.elastic.co", "Elastic Cloud on Kubernetes"),
    ("opensearch.opster.io", "the OpenSearch operator"),
    ("clickhouse.altinity.com", "Altinity's ClickHouse operator"),
    ("clickhouse-keeper.altinity.com", "Altinity's ClickHouse operator"),
    ("minio.min.io", "MinIO's operator"),
    ("crdb.cockroachlabs.com", "CockroachDB's operator"),
    ("etcd.database.coreos.com", "the etcd operator"),
    ("pingcap.com", "TiDB's operator"),
    ("operator.yugabyte.io", "YugabyteDB's operator"),
    ("yugabyte.com", "YugabyteDB's operator"),
    ("couchbase.com", "Couchbase's operator"),
    ("neo4j.com", "Neo4j's operator"),
    ("database.arangodb.com", "ArangoDB's operator"),
    ("apps.kruise.io", "OpenKruise"),
];

/// Words in the kind of a custom resource that let an operator of a database be supposed behind it.
const TELLING: [&str; 10] = [
    "postgres",
    "mysql",
    "mariadb",
    "mongo",
    "redis",
    "cassandra",
    "kafka",
    "zookeeper",
    "elasticsearch",
    "database",
];

/// Ends of the kinds of custom resources of which no pods are made that keep anything: a topic, an account, a copy.
const PODLESS: [&str; 17] = [
    "Topic",
    "User",
    "Rebalance",
    "Queue",
    "Exchange",
    "Binding",
    "Vhost",
    "Policy",
    "Permission",
    "Federation",
    "Shovel",
    "Backup",
    "Restore",
    "ImageCatalog",
    "ObjectStore",
    "Grant",
    "OpsRequest",
];

/// The custom resources of a set that have an operator make a database: what it makes of them is not in the set.
pub(super) fn out_of_reach(set: &ManifestSet, default_namespace: &str) -> Vec<LeftAlone> {
    let resources = set.iter().filter_map(|manifest| {
        let operator = of(manifest)?;
        Some(LeftAlone {
            object: format!("{} {manifest}", manifest.api_version()),
            id: WorkloadId {
                namespace: manifest.namespace().unwrap_or(default_namespace).to_owned(),
                name: manifest.name().to_owned(),
            },
            declared_at: manifest.place().file_and_line(),
            reason: format!(
                "out of reach: {operator} makes the pods of this custom resource, and how is not in the set; run \
                 stateproof on the StatefulSets that it makes, if it makes any"
            ),
            out_of_reach: true,
        })
    });
    resources.collect()
}

/// The operator that makes pods of a custom resource.
pub(super) fn of(manifest: &Manifest) -> Option<&'static str> {
    // The core group and Kubernetes' own have no dot, or end in k8s.io.
    let (group, _) = manifest.api_version().split_once('/')?;
    if PODLESS.iter().any(|end| manifest.kind().ends_with(end)) {
        return None;
    }
    let known = GROUPS.iter().find(|(known, _)| {
        group
            .strip_suffix(known)
            .is_some_and(|below| below.is_empty() || below.ends_with('.'))
    });
    let kind = manifest.kind().to_lowercase();
    let supposed =
        group.contains('.') && !group.ends_with("k8s.io") && TELLING.iter().any(|word| kind.contains(word));
    match known {
        Some((_, operator)) => Some(operator),
        None => supposed.then_some("an operator"),
    }
}
