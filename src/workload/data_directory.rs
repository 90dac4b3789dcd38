use k8s_openapi::api::core::v1::{Container, PodSpec, Volume};

use super::{ClaimTemplate, Engine};

/// What a reader should know when the engine's data directory is not on a claim.
///
/// The mount that covers a directory is the longest one that leads to it. An image's own volume counts: the
/// container's runtime mounts an anonymous one at its path unless the manifest mounts something at that very
/// path, so a claim mounted one directory higher does not cover it (docker-library/postgres issue 1163).
pub(super) fn note(
    engine: &Engine,
    image_volume: &str,
    container: &Container,
    pod: &PodSpec,
    claims: &[ClaimTemplate],
) -> Option<String> {
    let directory = engine.data_directory.as_str();
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    let covering = mounts
        .iter()
        .filter(|mount| covers(&mount.mount_path, directory))
        .max_by_key(|mount| trimmed(&mount.mount_path).len());

    let of_image = covers(image_volume, directory)
        && covering.is_none_or(|mount| trimmed(&mount.mount_path).len() < image_volume.len());
    if of_image {
        return Some(format!(
            "the data directory {directory} is on the volume that the image declares at {image_volume}, not on a \
             claim: rows do not survive the pod"
        ));
    }
    let Some(mount) = covering else {
        return Some(format!(
            "the data directory {directory} is not on a claim: rows do not survive the pod"
        ));
    };
    // A template takes precedence over a volume of the same name.
    if claims.iter().any(|claim| claim.name == mount.name) {
        return None;
    }
    let volume = pod
        .volumes
        .iter()
        .flatten()
        .find(|volume| volume.name == mount.name)?;
    fate(volume).map(|(kind, fate)| {
        format!(
            "the data directory {directory} is on the {kind} volume {}, not on a claim: {fate}",
            volume.name
        )
    })
}

/// What a volume of the pod is, and what becomes of its content; `None` for a claim.
fn fate(volume: &Volume) -> Option<(&'static str, &'static str)> {
    if volume.persistent_volume_claim.is_some() {
        None
    } else if volume.host_path.is_some() {
        Some(("hostPath", "rows survive only where the pod stays on its node"))
    } else if volume.empty_dir.is_some() {
        Some(("emptyDir", "rows do not survive the pod"))
    } else if volume.ephemeral.is_some() {
        Some(("ephemeral", "rows do not survive the pod"))
    } else {
        Some(("pod's own", "whether rows survive the pod depends on it"))
    }
}

/// Whether a directory is the mount or below it.
pub(super) fn covers(mount: &str, directory: &str) -> bool {
    let mount = trimmed(mount);
    trimmed(directory)
        .strip_prefix(mount)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path without the slash at its end.
pub(super) fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}
