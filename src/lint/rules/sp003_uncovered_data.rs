use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP003",
    title: "the data directory is not on a claim",
    level: Level::Error,
    why: "The server keeps its rows where its image and its environment say, and that is not where the claim is mounted: \
          the rows go with the pod, while the claim stays empty. PostgreSQL 18 moved its directory to \
          /var/lib/postgresql/18/docker, below a volume that the image declares itself.",
    mend: "mount the claim at the data directory or above it, but not above a volume that the image declares: \
           /var/lib/postgresql/data up to PostgreSQL 17, /var/lib/postgresql from 18 on, /var/lib/mysql, /data/db",
    source: "docker-library/postgres#1400, docker-library/postgres#1163",
    foresees: &[Promise::Durability],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, container) in inventory.databases() {
        if maker.data_claim(inventory).is_some() {
            continue;
        }
        let directory = &server.data_directory;
        let mounts = container.spec.volume_mounts.as_deref().unwrap_or_default();
        let covering = maker.data_mount().and_then(|at| Some((at, mounts.get(at)?)));
        let volumes = maker.pod.volumes.as_deref().unwrap_or_default();
        let volume = covering.and_then(|(_, mount)| volumes.iter().find(|volume| volume.name == mount.name));
        let (place, label, message) = match (covering, volume) {
            // A directory of the node, or a network file system, outlives the pod.
            (Some(_), Some(volume)) if volume.empty_dir.is_none() && volume.ephemeral.is_none() => continue,
            (Some((position, mount)), Some(_)) => (
                container.at(&format!("volumeMounts/{position}/mountPath")),
                "goes with the pod",
                format!(
                    "the data directory {directory} is on the volume {}, which goes with the pod",
                    mount.name
                ),
            ),
            // The API server refuses a mount of a volume that is not declared.
            (Some(_), None) => continue,
            (None, _) => {
                let claims = maker.claims(inventory);
                let of_claim = |name: &String| claims.iter().any(|claim| claim.volume == *name);
                let mounted = mounts.iter().position(|mount| of_claim(&mount.name));
                let place = match mounted {
                    Some(position) => container.at(&format!("volumeMounts/{position}/mountPath")),
                    None => container.at("name"),
                };
                let label = if mounted.is_some() {
                    "not over the data"
                } else {
                    "keeps nothing"
                };
                (
                    place,
                    label,
                    format!("the data directory {directory} is on no volume that outlives the pod"),
                )
            }
        };
        findings.push(Finding::of(&RULE, maker, place, label, message));
    }
    findings
}
