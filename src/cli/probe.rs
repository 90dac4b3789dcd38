use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use stateproof::cluster::context::ContextSpec;
use stateproof::report::harmless_text;
use stateproof::run::{Probe, Probed};

use super::console::{Color, fail, interrupt, print};
use super::exit::Exit;
use super::values::duration;
use super::verify::config;

pub const EXIT_CODES: &str = "\
Exit codes:
  0    every row was acknowledged and read back
  1    a row was not
  2    the manifests or the configuration file cannot be used, or no database was found
  4    the cluster or a database could not be reached, or what was made could not be taken away
  130  interrupted; what was made has been taken away again";

/// Which databases are looked at.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// The manifests of databases that run already; without any, what is found in the namespace. Nothing is applied
    #[arg(value_name = "PATH")]
    pub manifests: Vec<PathBuf>,

    /// What cannot be seen in the manifests or in the cluster: users, passwords, TLS. By default the `stateproof.toml`
    /// beside the manifests, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The context of the cluster
    #[arg(long, value_name = "NAME")]
    pub context: String,

    /// The kubeconfig file that has the context
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Where the databases are [default: the context's namespace]
    #[arg(short, long, value_name = "NAME")]
    pub namespace: Option<String>,

    /// How long a server may take to accept a session, for example 60, 90s or 5m [default: 60]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,

    /// Image of the pod from which connections are made; needs busybox [default: busybox:1.36]
    #[arg(long, value_name = "IMAGE", env = "STATEPROOF_VANTAGE_IMAGE")]
    pub vantage_image: Option<String>,
}

pub async fn probe_command(args: &ProbeArgs, color: Color) -> Exit {
    let spec = ContextSpec {
        kubeconfig: args.kubeconfig.clone(),
        namespace: args.namespace.clone(),
        ..ContextSpec::named(&args.context)
    };
    let mut probe = Probe::of(spec).manifests(&args.manifests);
    match config(&args.manifests, args.config.as_deref()) {
        Ok(Some(config)) => probe = probe.config(config),
        Ok(None) => {}
        Err(error) => return fail(&error, color),
    }
    if let Some(deadline) = args.deadline {
        probe = probe.deadline(deadline);
    }
    if let Some(image) = args.vantage_image.as_ref().filter(|image| !image.is_empty()) {
        probe = probe.vantage_image(image);
    }
    match probe.run(&interrupt()).await {
        Ok(probed) => {
            let texts: Vec<_> = probed.iter().map(Probed::to_string).collect();
            print(&harmless_text(&texts.join("\n\n")));
            if probed.iter().all(Probed::is_whole) {
                Exit::Held
            } else {
                Exit::Violated
            }
        }
        Err(error) => fail(&error, color),
    }
}
