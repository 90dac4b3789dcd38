use std::path::PathBuf;

use clap::Args;
use stateproof::cluster::context::ContextSpec;

/// The heading of its options. The next heading would be that of whatever follows as well.
const HEADING: &str = "A cluster that is there already";

/// A cluster of somebody else's, in place of one that stateproof makes.
#[derive(Debug, Args)]
pub struct ContextArgs {
    /// Use the cluster of this context, of which nothing is made or removed; `in-cluster` is the one that stateproof
    /// runs in
    ///
    /// Looked for in the files of KUBECONFIG, else in ~/.kube/config. No images are loaded: the cluster pulls them.
    #[arg(help_heading = HEADING, long, value_name = "NAME", conflicts_with_all = ["cluster", "cluster_config", "nodes", "keep"])]
    pub context: Option<String>,

    /// The kubeconfig file that has the context
    #[arg(help_heading = HEADING, long, value_name = "FILE", requires = "context")]
    pub kubeconfig: Option<PathBuf>,

    /// The namespace for objects that name none, and for the vantage: made for the run, or there and empty
    #[arg(help_heading = HEADING, short, long, value_name = "NAME", requires = "context")]
    pub namespace: Option<String>,

    /// Let the drills kill, delete and scale what the set brings
    #[arg(help_heading = HEADING, long, requires = "context")]
    pub allow_disruption: bool,

    /// Let the drill `drain` cordon a node and evict from it
    #[arg(help_heading = HEADING, long, requires = "context")]
    pub allow_node_faults: bool,
}

impl ContextArgs {
    /// The cluster, if one is named.
    pub fn spec(&self) -> Option<ContextSpec> {
        let name = self.context.as_ref()?;
        Some(ContextSpec {
            kubeconfig: self.kubeconfig.clone(),
            namespace: self.namespace.clone(),
            allow_disruption: self.allow_disruption,
            allow_node_faults: self.allow_node_faults,
            ..ContextSpec::named(name)
        })
    }
}
