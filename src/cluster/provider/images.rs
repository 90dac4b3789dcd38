//! The images that a run needs, brought from the local Docker to the nodes that lack them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::try_join_all;
use tracing::{debug, info};

use super::ProviderError;
use super::cluster::Cluster;
use super::docker::Image;
use super::node::{CTR, Node};
use crate::history::ImageFact;
use crate::image::canonical;

/// Several gigabytes over a pipe, unpacked by a busy machine.
const LOADING: Duration = Duration::from_mins(15);

/// Sees that the nodes have the images that the local Docker has, and says what stands behind each name: first the
/// node image, then every name in the order given.
///
/// Nodes that lack images get them in one stream, without a file in between: one for all that lack the same. An image
/// that the local Docker has rebuilt since it was loaded is loaded again. One that it does not have is left to the
/// kubelet, which pulls it, and so is a name with a digest: what `docker save` writes has another digest.
///
/// # Errors
///
/// When Docker or a node's container runtime fails, or when a node lacks an image although it was loaded.
pub async fn ensure(cluster: &Cluster, names: &[String]) -> Result<Vec<ImageFact>, ProviderError> {
    let mut asked = vec![cluster.node_image.clone()];
    asked.extend(names.iter().cloned());
    let (local, there) = tokio::try_join!(cluster.docker().images(&asked), on_nodes(cluster))?;
    let local = by_name(local);
    let wanted: BTreeMap<String, &Image> = names
        .iter()
        .map(|name| canonical(name))
        .filter(|name| !name.contains('@'))
        .filter_map(|name| local.get(&name).map(|image| (name, image)))
        .collect();

    let lacking = |there: &[BTreeSet<String>]| -> Result<Vec<Vec<String>>, ProviderError> {
        let loaded = cluster.loaded()?;
        Ok(there
            .iter()
            .map(|there| missing(&wanted, there, &loaded))
            .collect())
    };
    if lacking(&there)?.iter().any(|names| !names.is_empty()) {
        // Whoever holds the lock may be loading the same ones: look again.
        let lock = cluster.lock().await?;
        let lacking = lacking(&on_nodes(cluster).await?)?;
        let mut alike: BTreeMap<&[String], Vec<&Node>> = BTreeMap::new();
        for (node, names) in cluster.nodes.iter().zip(&lacking) {
            alike.entry(names).or_default().push(node);
        }
        alike.remove(&[][..]);
        try_join_all(alike.iter().map(|(names, nodes)| load(nodes, names))).await?;
        let loaded = lacking.into_iter().flatten();
        let ids = loaded.filter_map(|name| Some((name.clone(), wanted.get(&name)?.id.clone())));
        cluster.note_loaded(&lock, ids.collect())?;
    }

    let fact = |name: &String| ImageFact {
        name: name.clone(),
        stand_in: local
            .get(&canonical(name))
            .and_then(Image::stand_in)
            .map(str::to_owned),
    };
    Ok(asked.iter().map(fact).collect())
}

/// The local images by every name they have.
fn by_name(images: Vec<Image>) -> BTreeMap<String, Image> {
    let named = |image: Image| {
        let names: Vec<String> = image.repo_tags.iter().map(|name| canonical(name)).collect();
        names.into_iter().map(move |name| (name, image.clone()))
    };
    images.into_iter().flat_map(named).collect()
}

/// The images of each node, in the order of the nodes.
async fn on_nodes(cluster: &Cluster) -> Result<Vec<BTreeSet<String>>, ProviderError> {
    try_join_all(cluster.nodes.iter().map(Node::images)).await
}

fn missing(
    wanted: &BTreeMap<String, &Image>,
    there: &BTreeSet<String>,
    loaded: &BTreeMap<String, String>,
) -> Vec<String> {
    let outdated = |name: &String, image: &Image| loaded.get(name).is_some_and(|id| *id != image.id);
    wanted
        .iter()
        .filter(|(name, image)| !there.contains(*name) || outdated(name, image))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Loads images into nodes, all at once.
async fn load(nodes: &[&Node], names: &[String]) -> Result<(), ProviderError> {
    let Some(first) = nodes.first() else { return Ok(()) };
    let on: Vec<_> = nodes.iter().map(|node| node.name.as_str()).collect();
    info!(nodes = on.join(", "), "loading {}", names.join(", "));
    let mut save = vec!["save", "--"];
    save.extend(names.iter().map(String::as_str));
    let tool = first.docker().tool();
    // The way kind does it. It fails when a multi-platform image is here for one platform only.
    let imports: Vec<_> = nodes
        .iter()
        .map(|node| import(node, &["--all-platforms"]))
        .collect();
    let ends = tool.fan_out(&save, &imports, LOADING).await?;
    let failed = ends.iter().zip(nodes).filter(|(end, _)| !end.status.success());
    let again: Vec<_> = failed
        .map(|(end, node)| {
            debug!(
                node = node.name,
                stderr = end.stderr,
                "loading once more, for this platform only"
            );
            import(node, &[])
        })
        .collect();
    if !again.is_empty() {
        for end in tool.fan_out(&save, &again, LOADING).await? {
            end.success()?;
        }
    }
    try_join_all(nodes.iter().map(|node| has(node, names))).await?;
    Ok(())
}

/// The arguments that import images from standard input.
fn import<'a>(node: &'a Node, platforms: &[&'static str]) -> Vec<&'a str> {
    let mut import = vec!["exec", "--interactive", node.container.as_str()];
    import.extend(CTR);
    import.extend(["images", "import"]);
    import.extend(platforms);
    import.extend(["--digests", "--snapshotter=overlayfs", "-"]);
    import
}

async fn has(node: &Node, names: &[String]) -> Result<(), ProviderError> {
    let there = node.images().await?;
    match names.iter().find(|name| !there.contains(*name)) {
        Some(image) => Err(ProviderError::NotLoaded {
            node: node.name.clone(),
            image: image.clone(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str) -> Image {
        serde_json::from_str(&format!(r#"{{"Id":"{id}","RepoTags":["a:1"],"Config":null}}"#)).unwrap()
    }

    #[test]
    fn an_image_is_missing_when_it_is_not_there_or_was_rebuilt() {
        let local = image("new");
        let name = "docker.io/library/a:1".to_owned();
        let wanted = BTreeMap::from([(name.clone(), &local)]);
        let there = BTreeSet::from([name.clone()]);
        let loaded = |id: &str| BTreeMap::from([(name.clone(), id.to_owned())]);
        let it = [name.clone()];
        assert_eq!(missing(&wanted, &BTreeSet::new(), &BTreeMap::new()), it);
        assert_eq!(missing(&wanted, &there, &loaded("old")), it);
        assert!(missing(&wanted, &there, &loaded("new")).is_empty());
        assert!(
            missing(&wanted, &there, &BTreeMap::new()).is_empty(),
            "pulled, or baked in: not ours to judge"
        );
    }

    #[test]
    fn local_images_are_known_by_all_their_names() {
        let mut two = image("1");
        two.repo_tags.push("ghcr.io/x/a:1".to_owned());
        let named = by_name(vec![two]);
        assert_eq!(
            named.keys().collect::<Vec<_>>(),
            ["docker.io/library/a:1", "ghcr.io/x/a:1"]
        );
    }
}
