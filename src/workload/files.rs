use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, KeyToPath, PodSpec, Volume};

use super::neighbours::Neighbours;

/// The text of a file that the set brings, and where it comes from.
#[derive(Clone)]
pub(super) struct MountedText {
    pub(super) text: String,
    /// `Secret` or `ConfigMap`.
    pub(super) kind: &'static str,
    /// The Secret's or ConfigMap's name.
    pub(super) name: String,
    pub(super) key: String,
}

/// The files in a container that are keys of Secrets and ConfigMaps of the set, by their paths: from volumes of either
/// kind and projected ones, whole or by `subPath` (Kubernetes, "Volumes").
///
/// Passwords are among them: no `Debug`.
pub(super) fn mounted(
    container: &Container,
    pod: &PodSpec,
    neighbours: Neighbours<'_>,
) -> BTreeMap<String, MountedText> {
    let mut files = BTreeMap::new();
    for mount in container.volume_mounts.iter().flatten() {
        let mut volumes = pod.volumes.iter().flatten();
        let Some(volume) = volumes.find(|volume| volume.name == mount.name) else {
            continue;
        };
        let at = mount.mount_path.trim_end_matches('/');
        for (path, file) in entries(volume, neighbours) {
            match mount.sub_path.as_deref().filter(|sub_path| !sub_path.is_empty()) {
                None => files.insert(format!("{at}/{path}"), file),
                Some(sub_path) if sub_path == path => files.insert(at.to_owned(), file),
                // The sub-path is a directory of the volume.
                Some(sub_path) => path
                    .strip_prefix(sub_path)
                    .and_then(|rest| rest.strip_prefix('/'))
                    .and_then(|rest| files.insert(format!("{at}/{rest}"), file)),
            };
        }
    }
    files
}

/// The files of a volume, by their paths in it.
fn entries(volume: &Volume, neighbours: Neighbours<'_>) -> Vec<(String, MountedText)> {
    let mut entries = Vec::new();
    let mut take = |kind, name: &str, items: Option<&[KeyToPath]>| {
        entries.extend(keys(kind, name, items, neighbours));
    };
    if let Some(secret) = &volume.secret {
        let name = secret.secret_name.as_deref().unwrap_or_default();
        take("Secret", name, secret.items.as_deref());
    } else if let Some(config_map) = &volume.config_map {
        take("ConfigMap", &config_map.name, config_map.items.as_deref());
    } else if let Some(projected) = &volume.projected {
        for source in projected.sources.iter().flatten() {
            if let Some(secret) = &source.secret {
                take("Secret", &secret.name, secret.items.as_deref());
            }
            if let Some(config_map) = &source.config_map {
                take("ConfigMap", &config_map.name, config_map.items.as_deref());
            }
        }
    }
    entries
}

/// The keys of a Secret or ConfigMap as files: all under their own names, or those that are listed, under the paths
/// that they are given.
fn keys(
    kind: &'static str,
    name: &str,
    items: Option<&[KeyToPath]>,
    neighbours: Neighbours<'_>,
) -> Vec<(String, MountedText)> {
    // What is not in the set, or is no Secret, is a problem of its own.
    let Some(Ok(texts)) = neighbours.texts(kind, name) else {
        return Vec::new();
    };
    let file = |key: &str, text: &str| MountedText {
        text: text.to_owned(),
        kind,
        name: name.to_owned(),
        key: key.to_owned(),
    };
    match items {
        None | Some([]) => texts
            .iter()
            .map(|(key, text)| (key.clone(), file(key, text)))
            .collect(),
        Some(items) => items
            .iter()
            .filter_map(|item| Some((item.path.clone(), file(&item.key, texts.get(&item.key)?))))
            .collect(),
    }
}
