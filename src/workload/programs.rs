use k8s_openapi::api::core::v1::Container;

use super::EngineKind;

/// Programs that are a server of a known engine. A name stands for one that stateproof does not speak.
const SERVERS: &[(&str, Result<EngineKind, &str>)] = &[
    ("postgres", Ok(EngineKind::PostgreSql)),
    ("postmaster", Ok(EngineKind::PostgreSql)),
    ("mysqld", Ok(EngineKind::MySql)),
    ("mysqld_safe", Ok(EngineKind::MySql)),
    ("mariadbd", Ok(EngineKind::MySql)),
    ("mariadbd-safe", Ok(EngineKind::MySql)),
    ("mongod", Ok(EngineKind::MongoDb)),
    ("nginx", Ok(EngineKind::Http)),
    ("redis-server", Err("Redis")),
    ("valkey-server", Err("Valkey")),
    ("zkServer.sh", Err("ZooKeeper")),
    ("start-zookeeper", Err("ZooKeeper")),
    ("etcd", Err("etcd")),
    ("kafka-server-start.sh", Err("Kafka")),
    ("rabbitmq-server", Err("RabbitMQ")),
    ("nats-server", Err("NATS")),
    ("clickhouse-server", Err("ClickHouse")),
    ("cockroach", Err("CockroachDB")),
    ("consul", Err("Consul")),
    ("minio", Err("MinIO")),
];

/// Programs that the images of servers hold as well, and that are none.
const CLIENTS: &[&str] = &[
    "psql",
    "pg_dump",
    "pg_dumpall",
    "pg_restore",
    "pgbench",
    "pg_basebackup",
    "pg_isready",
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mysqlcheck",
    "mysqlslap",
    "mariadb",
    "mariadb-dump",
    "mongo",
    "mongosh",
    "mongodump",
    "mongorestore",
    "redis-cli",
    "valkey-cli",
    "sleep",
    "tail",
    "crond",
    "cron",
];

/// What runs another program in its place.
const WRAPPERS: &[&str] = &[
    "exec",
    "docker-entrypoint.sh",
    "nohup",
    "tini",
    "dumb-init",
    "--",
    "sudo",
];

/// What runs another program as a user: the program is the second word after it.
const SWITCHES: &[&str] = &["gosu", "su-exec", "setpriv"];

/// What takes a text of commands after `-c`.
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh"];

/// The server that a container's command or arguments start: the program, and which engine it is.
pub(super) fn server(container: &Container) -> Option<(String, Result<EngineKind, &'static str>)> {
    of(container).into_iter().find_map(|program| {
        let known = SERVERS.iter().find(|(server, _)| *server == program)?;
        Some((program, known.1))
    })
}

/// Whether a container runs a client or waits, whatever server its image holds: its command starts no server, nor what
/// its arguments name or an entry point decides.
pub(super) fn is_client(container: &Container) -> bool {
    let programs = of(container);
    let may_start_server = programs.iter().any(|program| {
        let is_server = SERVERS.iter().any(|(server, _)| server == program);
        is_server || ["$@", "$*"].contains(&program.as_str()) || program.ends_with("entrypoint.sh")
    });
    !may_start_server && programs.iter().any(|program| CLIENTS.contains(&program.as_str()))
}

/// The programs that a container's command and arguments start, without their directories: the first word, what stands
/// after a wrapper, and in a shell's text the first word of every command.
fn of(container: &Container) -> Vec<String> {
    let written = container
        .command
        .iter()
        .flatten()
        .chain(container.args.iter().flatten());
    let mut programs = Vec::new();
    let mut begins = true;
    let mut wrapped = false;
    let mut switched = false;
    let mut in_shell = false;
    for text in written {
        // A text with spaces is a shell's: its commands are those between separators.
        let is_script = text.contains(char::is_whitespace) || in_shell;
        in_shell = text.starts_with('-')
            && text.ends_with('c')
            && programs
                .last()
                .is_some_and(|last: &String| SHELLS.contains(&last.as_str()));
        begins = begins || is_script;
        let spaced = text.replace([';', '|', '&', '(', ')', '\n', '`'], " ; ");
        for word in spaced.split_whitespace() {
            if word == ";" {
                (begins, wrapped) = (true, false);
                continue;
            }
            let word = word.trim_matches(['"', '\'']);
            // `NAME=value program` sets a variable for the program.
            let assigns = word
                .split_once('=')
                .is_some_and(|(name, _)| !name.is_empty() && !name.contains(['-', '/']));
            if !begins || assigns || ["then", "do", "else", "if", "while", "until", "!"].contains(&word) {
                continue;
            }
            if switched {
                // The user that the program is run as.
                switched = false;
                continue;
            }
            if word.starts_with('-') && !WRAPPERS.contains(&word) {
                // An option of the wrapper, before the program; or one of the image's own program, whose name is not here.
                begins = wrapped;
                continue;
            }
            let program = word.rsplit('/').next().unwrap_or(word);
            switched = SWITCHES.contains(&program);
            begins = switched || WRAPPERS.contains(&program);
            wrapped = begins;
            if !begins {
                programs.push(program.to_owned());
            }
        }
        begins = begins && !is_script;
    }
    programs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(command: &[&str], args: &[&str]) -> Container {
        let owned = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            (!words.is_empty()).then_some(words)
        };
        Container {
            command: owned(command),
            args: owned(args),
            ..Container::default()
        }
    }

    #[test]
    fn the_server_is_found_behind_shells_and_wrappers() {
        for (command, args, server_found) in [
            (&["mongod", "--replSet", "rs0"][..], &[][..], Some("mongod")),
            (
                &["/usr/local/bin/docker-entrypoint.sh"],
                &["mysqld", "--skip-name-resolve"],
                Some("mysqld"),
            ),
            (
                &["sh", "-c"],
                &["sleep 5 && exec mongod --bind_ip_all"],
                Some("mongod"),
            ),
            (
                &[
                    "bash",
                    "-c",
                    "set -e\nchown -R postgres /data\ngosu postgres postgres -D /data",
                ],
                &[],
                Some("postgres"),
            ),
            (&["sh", "-c", "MYSQL_HOME=/x mysqld"], &[], Some("mysqld")),
            (&[], &["-c", "max_connections=200"], None),
            (&["pg_dump", "-U", "postgres"], &[], None),
            (&["/scripts/setup.sh"], &[], None),
            (&["/bin/bash", "-ec", "mysqld"], &[], Some("mysqld")),
        ] {
            let found = server(&container(command, args)).map(|(program, _)| program);
            assert_eq!(found.as_deref(), server_found, "{command:?} {args:?}");
        }
    }

    #[test]
    fn a_client_is_told_from_a_server() {
        assert!(is_client(&container(
            &[
                "sh",
                "-c",
                "while true; do pg_dump -U postgres > /b; sleep 3600; done"
            ],
            &[]
        )));
        assert!(is_client(&container(&["sleep"], &["infinity"])));
        assert!(!is_client(&container(
            &["sh", "-c", "mongod & sleep 5; mongosh --eval x; wait"],
            &[]
        )));
        assert!(is_client(&container(&["pg_restore", "-d", "books", "/b"], &[])));
        for waits_for_server in [
            "sleep 5; exec docker-entrypoint.sh \"$@\"",
            "sleep 5; exec /opt/bitnami/scripts/postgresql/entrypoint.sh /run.sh",
            "sleep 5; exec $*",
        ] {
            let command = ["sh", "-c", waits_for_server, "--", "postgres"];
            assert!(!is_client(&container(&command, &[])), "{waits_for_server}");
        }
        assert!(!is_client(&container(&[], &[])));
        // The image's own program has these options: what they end in is no program.
        for option in [
            "--datadir=/srv/mysql",
            "--socket=/run/mysql",
            "--dbpath=/srv/mongo",
        ] {
            assert!(
                !is_client(&container(&[], &[option, "--skip-name-resolve"])),
                "{option}"
            );
        }
        assert!(!is_client(&container(&["/scripts/setup.sh"], &[])));
    }
}
