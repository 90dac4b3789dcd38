use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP022",
    title: "commits survive the loss of the server, but not of the power",
    level: Level::Warning,
    why: "The log is written to the operating system and not to the disk at each commit: it survives a killed server or \
          pod, which is all that a test on one kernel can show, and not the loss of the node.",
    mend: "set innodb_flush_log_at_trx_commit=1 and sync_binlog=1, leave full_page_writes on; or say that losing the last \
           second with a node is meant",
    source: "MySQL, \"InnoDB Startup Options\", \"Binary Logging Options\"; PostgreSQL, \"Write Ahead Log\"",
    foresees: &[Promise::Durability],
    fixable: false,
    check,
};

const SETTINGS: [(&str, &[&str]); 4] = [
    ("innodb_flush_log_at_trx_commit", &["2"]),
    ("sync_binlog", &["0"]),
    ("full_page_writes", &["off", "false", "no", "0"]),
    ("innodb_doublewrite", &["off", "0", "false"]),
];

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    super::settings::found(&RULE, inventory, &SETTINGS, |setting| {
        format!("{setting}: what was acknowledged can be lost with the node's power")
    })
}
