use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP002",
    title: "PGDATA is the root of a volume",
    level: Level::Warning,
    why: "A fresh file system has a directory lost+found at its root, and initdb refuses a directory that is not empty: \
          the pod never starts. Volumes that are directories of the node (local-path, hostPath) do not show it, block \
          devices do.",
    mend: "let PGDATA name a directory below the mount, for example /var/lib/postgresql/data/pgdata, or mount the volume \
           with a subPath",
    source: "docker-library/postgres#263",
    foresees: &[Promise::Recovery],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, container) in inventory.databases() {
        if server.kind != EngineKind::PostgreSql || maker.data_claim(inventory).is_none() {
            continue;
        }
        let mounts = container.spec.volume_mounts.as_deref().unwrap_or_default();
        let Some((position, mount)) = maker.data_mount().and_then(|at| Some((at, mounts.get(at)?))) else {
            continue;
        };
        let same = mount.mount_path.trim_end_matches('/') == server.data_directory.trim_end_matches('/');
        let below = mount.sub_path.is_some() || mount.sub_path_expr.is_some();
        if same && !below {
            findings.push(Finding::of(
                &RULE,
                maker,
                container.at(&format!("volumeMounts/{position}/mountPath")),
                "the volume's root",
                format!(
                    "the data directory {} is the root of the volume {}",
                    server.data_directory, mount.name
                ),
            ));
        }
    }
    findings
}
