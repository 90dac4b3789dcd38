use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP018",
    title: "a changed ConfigMap does not reach the running server",
    level: Level::Info,
    why: "Kubernetes does not restart a pod when a ConfigMap that it uses changes: the server goes on with what it read \
          when it was started, until some later restart applies the change at a time that nobody chose.",
    mend: "put a checksum of the ConfigMap into an annotation of the pods' template (checksum/config), give the ConfigMap \
           a name with a hash (kustomize does), or use a reloader",
    source: "kubernetes/kubernetes#22368",
    foresees: &[],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, server, container) in inventory.databases() {
        if is_watched(maker) {
            continue;
        }
        let Some((name, pointer)) = configuration(inventory, maker, container) else {
            continue;
        };
        let message = format!(
            "{} does not see a change of ConfigMap {name} before it is restarted",
            server.kind
        );
        let place = maker.manifest.locate(&pointer);
        findings.push(Finding::of(
            &RULE,
            maker,
            place,
            "read at the start only",
            message,
        ));
    }
    findings
}

/// Whether something sees to it that a change of the configuration changes the pods.
fn is_watched(maker: &PodMaker<'_>) -> bool {
    maker
        .annotations
        .keys()
        .chain(maker.own_annotations())
        .any(|name| {
            let name = name.to_ascii_lowercase();
            name.contains("checksum")
                || name.contains("hash")
                || name.contains("reloader")
                || name.contains("sha256")
        })
}

/// The ConfigMap of the set that the server reads, and where that is said: a mounted file first.
fn configuration(
    inventory: &Inventory<'_>,
    maker: &PodMaker<'_>,
    container: &DeclaredContainer<'_>,
) -> Option<(String, String)> {
    let changes = |name: &str| {
        let declared = inventory.config_map(maker.namespace, name)?;
        let fixed = declared.object.immutable == Some(true) || has_hash(name);
        // What is read anew each time that it is run.
        let mut keys = declared.object.data.iter().flat_map(|data| data.keys());
        let scripts = keys.all(|key| [".sh", ".js"].iter().any(|script| key.ends_with(script)));
        (!fixed && !scripts).then(|| name.to_owned())
    };
    let mounts = container.spec.volume_mounts.as_deref().unwrap_or_default();
    let mut volumes = maker.pod.volumes.iter().flatten().enumerate();
    let mounted = volumes.find_map(|(position, volume)| {
        let mount = mounts.iter().find(|mount| mount.name == volume.name)?;
        // What the image runs at its first start is not the server's configuration.
        if mount.mount_path.starts_with("/docker-entrypoint-initdb.d") {
            return None;
        }
        let name = changes(&volume.config_map.as_ref()?.name)?;
        Some((name, maker.path(&format!("volumes/{position}/configMap/name"))))
    });
    let mut variables = container.spec.env_from.iter().flatten().enumerate();
    mounted.or_else(|| {
        variables.find_map(|(position, source)| {
            let name = changes(&source.config_map_ref.as_ref()?.name)?;
            Some((
                name,
                container.path(&format!("envFrom/{position}/configMapRef/name")),
            ))
        })
    })
}

/// `NAME-5f2b8c9d4t`, as kustomize names what it makes.
fn has_hash(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == 10
            && hash
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && hash.bytes().any(|byte| byte.is_ascii_digit())
    })
}
