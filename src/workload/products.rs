//! What images hold, by their names: the databases that stateproof speaks, those that it does not, and what stands
//! beside a database and is none.

use super::EngineKind;

/// What an image is known to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    /// A server that stateproof speaks to.
    Spoken {
        /// Whose protocol it speaks.
        kind: EngineKind,
        /// What it is called.
        name: &'static str,
    },
    /// A server that keeps something and that stateproof does not speak to.
    Unspoken {
        /// What it is called.
        name: &'static str,
        /// Why, where there is more to say than that nobody has written it; a sentence fragment.
        why: Option<&'static str>,
    },
    /// What stands in front of a database or beside it: a proxy, an exporter, a tool.
    Companion,
}

/// How an image takes its settings from its environment, and where it keeps its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// As Docker's official image of the engine, or one that is made from it.
    Official,
    /// Bitnami's (<https://github.com/bitnami/containers>).
    Bitnami,
    /// Those for OpenShift (<https://github.com/sclorg>).
    Sclorg,
    /// Zalando's (<https://github.com/zalando/spilo>).
    Spilo,
}

use crate::image::ImageName;
use EngineKind::{Http, MongoDb, MySql, PostgreSql};

/// Images of servers that stateproof speaks to, by the end of their path.
const SPOKEN: &[(&str, EngineKind, &str)] = &[
    ("postgres", PostgreSql, "PostgreSQL"),
    ("postgresql", PostgreSql, "PostgreSQL"),
    ("postgresql-repmgr", PostgreSql, "PostgreSQL with repmgr"),
    ("supabase/postgres", PostgreSql, "Supabase's PostgreSQL"),
    ("timescaledb", PostgreSql, "TimescaleDB"),
    ("timescaledb-ha", PostgreSql, "TimescaleDB"),
    ("postgis", PostgreSql, "PostGIS"),
    ("pgvector", PostgreSql, "pgvector"),
    ("pgvecto-rs", PostgreSql, "pgvecto.rs"),
    ("paradedb", PostgreSql, "ParadeDB"),
    ("citus", PostgreSql, "Citus"),
    ("pgautoupgrade", PostgreSql, "PostgreSQL"),
    ("crunchy-postgres", PostgreSql, "Crunchy PostgreSQL"),
    ("crunchy-postgres-ha", PostgreSql, "Crunchy PostgreSQL"),
    (
        "percona-distribution-postgresql",
        PostgreSql,
        "Percona Distribution for PostgreSQL",
    ),
    ("postgres-documentdb", PostgreSql, "PostgreSQL with DocumentDB"),
    ("mysql", MySql, "MySQL"),
    ("mysql-server", MySql, "MySQL"),
    ("mysql/community-server", MySql, "MySQL"),
    ("mysql/enterprise-server", MySql, "MySQL"),
    ("percona", MySql, "Percona Server for MySQL"),
    ("percona-server", MySql, "Percona Server for MySQL"),
    ("percona-xtradb-cluster", MySql, "Percona XtraDB Cluster"),
    ("mariadb", MySql, "MariaDB"),
    ("mariadb-galera", MySql, "MariaDB Galera Cluster"),
    ("mongo", MongoDb, "MongoDB"),
    ("mongodb", MongoDb, "MongoDB"),
    ("mongodb-community-server", MongoDb, "MongoDB Community Server"),
    ("mongodb-enterprise-server", MongoDb, "MongoDB Enterprise Server"),
    ("mongodb-atlas-local", MongoDb, "MongoDB Atlas Local"),
    ("percona-server-mongodb", MongoDb, "Percona Server for MongoDB"),
    ("nginx", Http, "nginx"),
    ("nginx-unprivileged", Http, "nginx"),
    ("openresty", Http, "OpenResty"),
];

/// Why a server that speaks a known protocol is none of those that stateproof speaks to.
const DISTRIBUTED_SQL: &str = "it speaks PostgreSQL's protocol, but its cluster has to be initialised first and it \
     asks clients to repeat transactions: an answer does not mean the same";
const MYSQL_PROTOCOL: &str =
    "it speaks MySQL's protocol and keeps no rows itself: they are in another workload";
const FERRETDB: &str =
    "it speaks MongoDB's protocol and keeps no rows itself: they are in the PostgreSQL behind it";

/// Images of servers that keep something and that stateproof does not speak to, by the end of their path.
const UNSPOKEN: &[(&str, &str, Option<&str>)] = &[
    ("ferretdb", "FerretDB", Some(FERRETDB)),
    ("ferretdb-eval", "FerretDB", Some(FERRETDB)),
    ("cockroach", "CockroachDB", Some(DISTRIBUTED_SQL)),
    ("yugabyte", "YugabyteDB", Some(DISTRIBUTED_SQL)),
    ("tidb", "TiDB", Some(MYSQL_PROTOCOL)),
    ("tikv", "TiKV", None),
    ("pd", "TiDB's placement driver", None),
    ("cassandra", "Cassandra", None),
    ("dse-server", "DataStax Enterprise", None),
    ("scylla", "ScyllaDB", None),
    ("zookeeper", "ZooKeeper", None),
    ("cp-zookeeper", "ZooKeeper", None),
    ("kubernetes-zookeeper", "ZooKeeper", None),
    ("redis", "Redis", None),
    ("redis-cluster", "Redis Cluster", None),
    ("redis-stack", "Redis Stack", None),
    ("redis-stack-server", "Redis Stack", None),
    ("redis-sentinel", "Redis Sentinel", None),
    ("valkey", "Valkey", None),
    ("valkey-cluster", "Valkey Cluster", None),
    ("keydb", "KeyDB", None),
    ("dragonfly", "Dragonfly", None),
    ("memcached", "Memcached", None),
    ("etcd", "etcd", None),
    ("kafka", "Kafka", None),
    ("kafka-native", "Kafka", None),
    ("cp-kafka", "Kafka", None),
    ("cp-server", "Confluent Server", None),
    ("redpanda", "Redpanda", None),
    ("rabbitmq", "RabbitMQ", None),
    ("activemq", "ActiveMQ", None),
    ("activemq-artemis", "ActiveMQ Artemis", None),
    ("pulsar", "Pulsar", None),
    ("pulsar-all", "Pulsar", None),
    ("nats", "NATS", None),
    ("elasticsearch", "Elasticsearch", None),
    ("opensearch", "OpenSearch", None),
    ("solr", "Solr", None),
    ("consul", "Consul", None),
    ("vault", "Vault", None),
    ("openbao", "OpenBao", None),
    ("clickhouse", "ClickHouse", None),
    ("clickhouse-server", "ClickHouse", None),
    ("clickhouse-keeper", "ClickHouse Keeper", None),
    ("minio", "MinIO", None),
    ("neo4j", "Neo4j", None),
    ("arangodb", "ArangoDB", None),
    ("influxdb", "InfluxDB", None),
    ("couchdb", "CouchDB", None),
    ("couchbase", "Couchbase", None),
    ("couchbase-server", "Couchbase", None),
    ("rethinkdb", "RethinkDB", None),
    ("mssql/server", "SQL Server", None),
    ("oracle", "Oracle Database", None),
    ("oracle-free", "Oracle Database", None),
    ("oracle-xe", "Oracle Database", None),
    ("database/free", "Oracle Database", None),
    ("db2", "Db2", None),
    ("qdrant", "Qdrant", None),
    ("weaviate", "Weaviate", None),
    ("milvus", "Milvus", None),
    ("prometheus", "Prometheus", None),
    ("victoria-metrics", "VictoriaMetrics", None),
    ("loki", "Loki", None),
    (
        "mongodb-sharded",
        "a sharded MongoDB cluster",
        Some("its rows are spread over several workloads"),
    ),
];

/// Images of what stands in front of a database or beside it. Whatever ends in `exporter` is one too.
const COMPANIONS: &[&str] = &[
    "pgbouncer",
    "pgpool",
    "pgpool2",
    "pgcat",
    "odyssey",
    "proxysql",
    "haproxy",
    "maxscale",
    "mysql-router",
    "community-router",
    "envoy",
    "cloud-sql-proxy",
    "gce-proxy",
    "adminer",
    "phpmyadmin",
    "pgadmin4",
    "mongo-express",
    "wal-g",
    "pgbackrest",
    "percona-xtrabackup",
    "postgres-backup-local",
    "mongodb-agent",
    "mongodb-agent-ubi",
    "mongodb-kubernetes-readinessprobe",
    "k8s-sidecar",
    "os-shell",
    "busybox",
    "alpine",
];

/// What an image holds, by whatever registry, tag and digest. None where its name does not tell.
pub(super) fn of(image: &str) -> Option<Product> {
    let name = ImageName::parse(image);
    if name.repository.ends_with("exporter") || COMPANIONS.iter().any(|companion| name.is(companion)) {
        return Some(Product::Companion);
    }
    // A longer path says more: `supabase/postgres` is not simply `postgres`.
    let by_length = |path: &&str| path.len();
    let spoken = SPOKEN.iter().filter(|(path, ..)| name.is(path));
    if let Some(&(_, kind, product)) = spoken.max_by_key(|(path, ..)| by_length(path)) {
        let is_of_bitnami = product == kind.to_string() && name.is_by("bitnami");
        let product = match kind {
            PostgreSql if is_of_bitnami => "Bitnami's PostgreSQL",
            MySql if is_of_bitnami => "Bitnami's MySQL",
            MongoDb if is_of_bitnami => "Bitnami's MongoDB",
            PostgreSql if name.is_by("cloudnative-pg") => "CloudNativePG's PostgreSQL",
            _ => product,
        };
        return Some(Product::Spoken { kind, name: product });
    }
    let unspoken = UNSPOKEN.iter().find(|(path, ..)| name.is(path));
    if let Some(&(_, name, why)) = unspoken {
        return Some(Product::Unspoken { name, why });
    }
    let (kind, product) = versioned(name.repository)?;
    Some(Product::Spoken { kind, name: product })
}

/// How the image takes its settings.
pub(super) fn flavour(image: &str) -> Flavour {
    let name = ImageName::parse(image);
    let bare = ["postgresql", "postgresql-repmgr", "mongodb", "mariadb-galera"].contains(&name.repository);
    if name.repository.starts_with("spilo") {
        Flavour::Spilo
    } else if versioned(name.repository).is_some() {
        Flavour::Sclorg
    } else if name.is_by("bitnami") || (bare && !name.is_by("cloudnative-pg") && !name.is_by("enterprisedb"))
    {
        // Only Bitnami calls them so: a mirror that leaves the vendor out is most likely one of theirs.
        Flavour::Bitnami
    } else {
        Flavour::Official
    }
}

/// The images for OpenShift, and Zalando's, have the server's version in their name: `postgresql-16-c9s`, `spilo-17`.
fn versioned(repository: &str) -> Option<(EngineKind, &'static str)> {
    let (stem, version) = repository.split_once('-')?;
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match stem {
        "postgresql" => Some((PostgreSql, "PostgreSQL")),
        "spilo" => Some((PostgreSql, "Spilo (PostgreSQL with Patroni)")),
        "mysql" => Some((MySql, "MySQL")),
        "mariadb" => Some((MySql, "MariaDB")),
        "mongodb" => Some((MongoDb, "MongoDB")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_is_listed_twice() {
        let mut paths: Vec<_> = SPOKEN.iter().map(|(path, ..)| *path).collect();
        paths.extend(UNSPOKEN.iter().map(|(path, ..)| *path));
        paths.extend(COMPANIONS);
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count);
    }

    #[test]
    fn a_vendor_s_name_for_a_server_is_known() {
        let spoken = |image: &str| match of(image) {
            Some(Product::Spoken { kind, name }) => (kind, name, flavour(image)),
            other => panic!("{image}: {other:?}"),
        };
        for (image, expected) in [
            (
                "postgres:16-alpine",
                (PostgreSql, "PostgreSQL", Flavour::Official),
            ),
            (
                "docker.io/bitnamilegacy/postgresql:16.4.0-debian-12-r14",
                (PostgreSql, "Bitnami's PostgreSQL", Flavour::Bitnami),
            ),
            (
                "registry.example/mirror/postgresql:16",
                (PostgreSql, "PostgreSQL", Flavour::Bitnami),
            ),
            (
                "ghcr.io/cloudnative-pg/postgresql:16.4",
                (PostgreSql, "CloudNativePG's PostgreSQL", Flavour::Official),
            ),
            (
                "quay.io/sclorg/postgresql-16-c9s",
                (PostgreSql, "PostgreSQL", Flavour::Sclorg),
            ),
            (
                "ghcr.io/zalando/spilo-17:4.0-p2",
                (PostgreSql, "Spilo (PostgreSQL with Patroni)", Flavour::Spilo),
            ),
            (
                "supabase/postgres:15.1.0",
                (PostgreSql, "Supabase's PostgreSQL", Flavour::Official),
            ),
            (
                "timescale/timescaledb:2.17-pg16",
                (PostgreSql, "TimescaleDB", Flavour::Official),
            ),
            (
                "percona/percona-server:8.0",
                (MySql, "Percona Server for MySQL", Flavour::Official),
            ),
            (
                "container-registry.oracle.com/mysql/community-server:8.4",
                (MySql, "MySQL", Flavour::Official),
            ),
            ("bitnami/mariadb:11", (MySql, "MariaDB", Flavour::Bitnami)),
            (
                "mongodb/mongodb-community-server:7.0-ubi8@sha256:0123",
                (MongoDb, "MongoDB Community Server", Flavour::Official),
            ),
            (
                "bitnami/mongodb:7.0",
                (MongoDb, "Bitnami's MongoDB", Flavour::Bitnami),
            ),
        ] {
            assert_eq!(spoken(image), expected, "{image}");
        }
    }

    #[test]
    fn what_is_not_spoken_and_what_is_no_database_is_known_too() {
        for (image, name) in [
            ("redis:7", "Redis"),
            ("bitnami/zookeeper:3.9", "ZooKeeper"),
            ("cockroachdb/cockroach:v24.1.0", "CockroachDB"),
            ("mcr.microsoft.com/mssql/server:2022-latest", "SQL Server"),
            ("ghcr.io/ferretdb/ferretdb:2", "FerretDB"),
        ] {
            let product = of(image);
            assert!(
                matches!(product, Some(Product::Unspoken { name: known, .. }) if known == name),
                "{image}: {product:?}"
            );
        }
        for image in [
            "quay.io/prometheuscommunity/postgres-exporter:v0.15.0",
            "prom/mysqld-exporter",
            "bitnami/pgbouncer:1",
        ] {
            assert_eq!(of(image), Some(Product::Companion), "{image}");
        }
        for image in [
            "registry.example/our/database:7",
            "mypostgres",
            "postgres/something:1",
        ] {
            assert_eq!(of(image), None, "{image}");
        }
    }
}
