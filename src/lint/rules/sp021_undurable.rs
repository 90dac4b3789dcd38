use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP021",
    title: "commits are acknowledged before they are durable",
    level: Level::Error,
    why: "The server says that a transaction is committed before its log is written: what it acknowledged in its last \
          moments is gone when it is killed, or, with fsync off, when its node is.",
    mend: "leave synchronous_commit, fsync, innodb_flush_log_at_trx_commit and the journal as they are by default",
    source: "PostgreSQL, \"Write Ahead Log\"; MySQL, \"InnoDB Startup Options\"; MongoDB, \"Journaling\"",
    foresees: &[Promise::Durability],
    fixable: false,
    check,
};

/// A setting and the values with which it is not durable. An empty value is an option that stands for itself.
const SETTINGS: [(&str, &[&str]); 6] = [
    ("synchronous_commit", &["off", "false", "no", "0"]),
    ("fsync", &["off", "false", "no", "0"]),
    ("innodb_flush_log_at_trx_commit", &["0"]),
    ("skip_innodb_doublewrite", &[""]),
    ("nojournal", &["", "true"]),
    ("journal.enabled", &["false"]),
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    super::settings::found(&RULE, inventory, &SETTINGS, |setting| {
        format!("{setting}: the server acknowledges what a crash can take back")
    })
}
