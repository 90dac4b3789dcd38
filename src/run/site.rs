use k8s_openapi::api::core::v1::Node as ApiNode;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

use super::{RunError, Scene};
use crate::cluster::context::ContextSpec;
use crate::cluster::provider::{Cluster, ClusterSpec, Clusters, Node, images};
use crate::cluster::{Access, RoomError};
use crate::history::{ClusterFacts, ImageFact};

/// Where a run is wanted.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// On a cluster of stateproof's own, which is made where it is not there.
    Own(ClusterSpec),
    /// On a cluster of others.
    Context(ContextSpec),
}

impl Wanted {
    /// The context, where it is one.
    pub fn context(&self) -> Option<&ContextSpec> {
        match self {
            Self::Own(_) => None,
            Self::Context(spec) => Some(spec),
        }
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Own(spec) => &spec.name,
            Self::Context(spec) => &spec.name,
        }
    }

    /// Gets the cluster; the scene knows of it before it is made.
    pub async fn get(&self, scene: &mut Scene) -> Result<Site, RunError> {
        match self {
            Self::Own(spec) => {
                let clusters = Clusters::from_env()?;
                scene.cluster_name = Some(spec.name.clone());
                let cluster = clusters.ensure(spec).await?;
                scene.cluster = Some(cluster.clone());
                let access = Access::of_file(&cluster.kubeconfig).await?;
                Ok(Site {
                    access,
                    name: spec.name.clone(),
                    own: Some(cluster),
                })
            }
            Self::Context(spec) => Ok(Site {
                access: Access::of_context(spec).await?,
                name: spec.name.clone(),
                own: None,
            }),
        }
    }
}

/// The cluster that a run is at work on.
pub struct Site {
    pub access: Access,
    pub name: String,
    /// The cluster where it is stateproof's own: only then its nodes are within reach.
    pub own: Option<Cluster>,
}

impl Site {
    /// The nodes that can be reached without the API server.
    pub fn nodes(&self) -> &[Node] {
        self.own.as_ref().map_or(&[], |cluster| &cluster.nodes)
    }

    /// Sees that the nodes have the images of a cluster of our own; a cluster of others pulls them.
    pub async fn images(&self, names: &[String]) -> Result<Vec<ImageFact>, RunError> {
        if let Some(cluster) = &self.own {
            return Ok(images::ensure(cluster, names).await?);
        }
        let fact = |name: &String| ImageFact {
            name: name.clone(),
            stand_in: None,
        };
        Ok(names.iter().map(fact).collect())
    }

    /// What the history says of it.
    pub async fn facts(
        &self,
        client: &Client,
        kubernetes: String,
        images: Vec<ImageFact>,
    ) -> Result<ClusterFacts, RunError> {
        let (provider, nodes) = match &self.own {
            Some(cluster) => {
                let nodes = cluster.nodes.iter().map(|node| node.name.clone());
                (cluster.provider.to_string(), nodes.collect())
            }
            None => ("context".to_owned(), nodes_of(client).await?),
        };
        Ok(ClusterFacts {
            provider,
            name: self.name.clone(),
            kubernetes,
            nodes,
            images,
        })
    }

    /// What a reader should know of a cluster of others.
    pub fn notes(&self) -> Vec<String> {
        vec![
            format!(
                "{} is a cluster of others: nothing of it was made or removed but what the set and this run brought; no \
                 image was loaded, its nodes pull them",
                self.name
            ),
            "the processes on its nodes cannot be followed: how many servers worked on one volume is not known, and none \
             was killed from its node"
                .to_owned(),
        ]
    }
}

async fn nodes_of(client: &Client) -> Result<Vec<String>, RunError> {
    let nodes: Api<ApiNode> = Api::all(client.clone());
    let nodes = nodes.list_metadata(&ListParams::default()).await;
    let nodes = nodes.map_err(|error| RoomError::Unreachable(Box::new(error)))?;
    let mut names: Vec<_> = nodes.iter().map(ResourceExt::name_any).collect();
    names.sort();
    Ok(names)
}
