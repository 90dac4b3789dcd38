use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use stateproof::cluster::provider::{Clusters, Removal};
use stateproof::cluster::{await_usable, connect};
use stateproof::config::{ClusterTable, Config};
use stateproof::run::{RunError, collect_garbage};

use super::cluster::ClusterArgs;
use super::console::print;

/// How long a new cluster may take until it can be used.
const UP_DEADLINE: Duration = Duration::from_mins(3);

/// `stateproof up`.
#[derive(Debug, Args)]
pub struct UpArgs {
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// The file whose table `[cluster]` says which cluster it is; by default the `stateproof.toml` in the current
    /// directory, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Creates a cluster, or finds it there.
pub async fn up(args: &UpArgs) -> Result<(), RunError> {
    let begun = Instant::now();
    let file = match &args.config {
        Some(file) => Some(file.clone()),
        None => Config::beside(&["-".into()])?,
    };
    let table = file.map(|file| ClusterTable::read(&file)).transpose()?;
    let spec = args.cluster.spec(true, table.as_ref()).map_err(|error| *error)?;
    let cluster = Clusters::from_env()?.ensure(&spec).await?;
    let (client, version) = connect(&cluster.kubeconfig).await?;
    let nodes: Vec<_> = cluster.nodes.iter().map(|node| node.name.clone()).collect();
    await_usable(&client, &nodes, UP_DEADLINE).await?;
    let how = if cluster.reused { "was there" } else { "created" };
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!(
        "cluster {} with Kubernetes {version} {how}, ready after {seconds:.1} s",
        cluster.name
    );
    print(&format!("export KUBECONFIG={}", cluster.kubeconfig.display()));
    Ok(())
}

/// Removes those that are named, or all.
pub async fn down(names: &[String]) -> Result<(), RunError> {
    let clusters = Clusters::from_env()?;
    let names = if names.is_empty() {
        clusters.names()?
    } else {
        names.to_vec()
    };
    // One that cannot be removed is no reason to leave the others.
    let mut failed = Ok(());
    for name in names {
        match clusters.remove(&name).await {
            Ok(Removal::Absent) => eprintln!("there is no cluster {name}"),
            Ok(Removal::Removed | Removal::InUse) => eprintln!("removed cluster {name}"),
            Err(error) => failed = failed.and(Err(error)),
        }
    }
    Ok(failed?)
}

/// Removes what dead runs have left.
pub async fn gc() -> Result<(), RunError> {
    collect_garbage(&Clusters::from_env()?, |done| eprintln!("{done}")).await
}
