use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Manifest, ManifestSet};
use crate::image::ImageName;

/// Images to run in place of others: what the manifests name, and what stands in its place.
///
/// A key is an image as it is written (`postgres:16`), its name without tag and digest (`postgres`), or everything
/// below a path (`docker.io/*`, which an image without a registry is below too); the first that fits in this order counts. In place of a name without a tag stands one
/// that keeps the tag, unless it has a tag of its own; in place of a path, a path.
///
/// ```
/// use stateproof::manifest::ImageOverrides;
///
/// let overrides = ImageOverrides::from([
///     ("percona/percona-server".to_owned(), "mysql".to_owned()),
///     ("docker.io/*".to_owned(), "mirror.example/hub/*".to_owned()),
///     ("redis:7".to_owned(), "busybox:1.36".to_owned()),
/// ]);
/// let stands_for = |image: &str| stateproof::manifest::overridden(&overrides, image);
/// assert_eq!(stands_for("percona/percona-server:8.0").as_deref(), Some("mysql:8.0"));
/// assert_eq!(stands_for("docker.io/library/nginx:1").as_deref(), Some("mirror.example/hub/library/nginx:1"));
/// assert_eq!(stands_for("nginx:1").as_deref(), Some("mirror.example/hub/library/nginx:1"));
/// assert_eq!(stands_for("redis:7").as_deref(), Some("busybox:1.36"));
/// assert_eq!(stands_for("quay.io/redis:6"), None);
/// ```
pub type ImageOverrides = BTreeMap<String, String>;

/// The image that runs in place of this one; none where it stays.
#[must_use]
pub fn overridden(overrides: &ImageOverrides, image: &str) -> Option<String> {
    if let Some(other) = overrides.get(image) {
        return Some(other.clone());
    }
    let name = ImageName::parse(image);
    let rest = &image[name.path.len()..];
    if let Some(other) = overrides.get(name.path) {
        let keeps_tag = ImageName::parse(other).path == other;
        return Some(if keeps_tag {
            format!("{other}{rest}")
        } else {
            other.clone()
        });
    }
    let full = format!("{}{rest}", name.full_path());
    let paths = overrides.iter().filter_map(|(from, to)| {
        let path = from.strip_suffix('*')?;
        let below = full.strip_prefix(path).or_else(|| image.strip_prefix(path))?;
        Some((from.len(), format!("{}{below}", to.trim_end_matches('*'))))
    });
    paths.max().map(|(_, other)| other)
}

/// Checks that an image, or a path, can stand in place of another: `*` stands at the end of both or of neither.
///
/// # Errors
/// What is wrong, for a person to read.
///
/// ```
/// use stateproof::manifest::check_override;
///
/// assert!(check_override("docker.io/*", "mirror.example/hub/*").is_ok());
/// assert!(check_override("docker.io/*", "mirror.example/hub").is_err());
/// ```
pub fn check_override(image: &str, other: &str) -> Result<(), String> {
    let inner = |name: &str| name.strip_suffix('*').unwrap_or(name).contains('*');
    if image.ends_with('*') == other.ends_with('*') && !inner(image) && !inner(other) {
        return Ok(());
    }
    Err(format!(
        "`{image}` and `{other}`: `*` stands at the end of both or of neither"
    ))
}

impl ManifestSet {
    /// The set with other images, and a sentence for each that is another: the manifests are verbatim but for these.
    #[must_use]
    pub fn with_images(mut self, overrides: &ImageOverrides) -> (Self, Vec<String>) {
        let mut notes = Vec::new();
        if overrides.is_empty() {
            return (self, notes);
        }
        for manifest in &mut self.manifests {
            let changed = |containers: &mut Vec<Value>| {
                for container in containers {
                    let Some(image) = container["image"].as_str() else {
                        continue;
                    };
                    let Some(other) = overridden(overrides, image) else {
                        continue;
                    };
                    let note =
                        format!("in place of the image {image} runs {other}, as the image overrides say");
                    if !notes.contains(&note) {
                        notes.push(note);
                    }
                    container["image"] = json!(other);
                }
            };
            each_list(manifest, changed);
        }
        (self, notes)
    }

    /// The overrides that fit no image of the set.
    pub(crate) fn unfit(&self, overrides: &ImageOverrides) -> Vec<String> {
        let pods = self.iter().filter_map(Manifest::pod_spec);
        let containers = pods.flat_map(|(_, pod)| {
            let lists = ["initContainers", "containers"].map(|list| pod[list].as_array());
            lists.into_iter().flatten().flatten()
        });
        let images: Vec<&str> = containers
            .filter_map(|container| container["image"].as_str())
            .collect();
        let unfit = overrides.iter().filter(|(from, to)| {
            let only = ImageOverrides::from([((*from).clone(), (*to).clone())]);
            !images.iter().any(|image| overridden(&only, image).is_some())
        });
        unfit.map(|(from, _)| from.clone()).collect()
    }

    /// The set with these Secrets to pull images with in every pod, besides those that the manifests name.
    #[must_use]
    pub fn with_pull_secrets(mut self, names: &[String]) -> Self {
        for manifest in &mut self.manifests {
            let Some(pod) = pod_of(manifest) else { continue };
            for name in names {
                let secrets = pod["imagePullSecrets"].take();
                let mut secrets = secrets.as_array().cloned().unwrap_or_default();
                if secrets.iter().all(|secret| secret["name"] != **name) {
                    secrets.push(json!({ "name": name }));
                }
                pod["imagePullSecrets"] = Value::Array(secrets);
            }
        }
        self
    }
}

fn each_list(manifest: &mut Manifest, mut change: impl FnMut(&mut Vec<Value>)) {
    let Some(pod) = pod_of(manifest) else { return };
    for list in ["initContainers", "containers"] {
        if let Some(containers) = pod.get_mut(list).and_then(Value::as_array_mut) {
            change(containers);
        }
    }
}

/// The `spec` of the pods that a manifest makes.
fn pod_of(manifest: &mut Manifest) -> Option<&mut Value> {
    let (pointer, _) = manifest.pod_spec()?;
    manifest.json.pointer_mut(pointer)
}
