use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};
use stateproof::plan::{Drill, End, Promise, Rounds, Shard};

use super::cluster::ClusterArgs;
use super::clusters::UpArgs;
use super::console::Color;
use super::context::ContextArgs;
use super::values::{duration, image_override, pair};
use super::{campaign, init, judge, lint, probe};

const EXIT_CODES: &str = "\
Exit codes:
  0    held: every promise came to what was expected
  1    violated
  2    the command line, the manifests or a configuration file cannot be used
  3    inconclusive: neither shown nor refuted, which is never a pass
  4    the cluster, or what it needs, could not be had, used or removed
  130  interrupted; what was made has been taken away again";

const COMPARE_EXIT_CODES: &str = "\
Exit codes:
  0    no promise got worse
  1    worse: a promise came to a worse outcome, or is not checked any more
  2    a history cannot be read, or there is nothing to compare";

const INIT_EXIT_CODES: &str = "\
Exit codes:
  0    written, or printed
  2    a file is there already, or there is nothing to prove; nothing was written
  4    a file cannot be written";

const PLAN_EXIT_CODES: &str = "\
Exit codes:
  0    printed
  2    the command line, the manifests or a configuration file cannot be used";

const CLUSTERS_EXIT_CODES: &str = "\
Exit codes:
  0    done
  2    the command line or a configuration file cannot be used
  4    a cluster, or what it needs, could not be had or removed";

/// Proof that your state survives.
///
/// Point it at a directory of Kubernetes manifests: it starts a real cluster, applies them, writes rows through the
/// cluster's own DNS, deletes what clusters delete, and says with evidence whether anything that was acknowledged was
/// lost, and whether names, addresses and volumes held.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Say more: -v what is done, -vv how. Goes to standard error
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,

    /// Say nothing but the report
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// When to use colours
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prove the manifests on a real cluster
    ///
    /// They are linted first: beside a violation stands the rule of `stateproof lint` that foresaw it.
    ///
    /// Without --keep a cluster that this command creates is removed in the end; one that was there before (see
    /// `stateproof up`) is used and left.
    #[command(after_help = EXIT_CODES)]
    Verify(Box<Verify>),
    /// Go over from one set of manifests to another on a real cluster, while rows are being written
    ///
    /// OLD is applied and comes up; rows are written; NEW is applied over it. Proven is that the API server takes NEW, that
    /// every member becomes Ready as what NEW asks for, and that the rows and the claims are still there. What only OLD
    /// has stays, as with `kubectl apply`.
    #[command(after_help = EXIT_CODES)]
    Upgrade(Box<Upgrade>),
    /// Look at databases that run already: write a few rows, read them back, remove them again
    ///
    /// No fault is done and nothing is applied. Reported are versions, durability settings and roles. The rows are kept in
    /// a table of their own, `stateproof_ledger`, which goes with the last of them.
    #[command(after_help = probe::EXIT_CODES)]
    Probe(probe::ProbeArgs),
    /// Say what `verify` would do and why each drill applies or does not; touches nothing
    #[command(after_help = PLAN_EXIT_CODES)]
    Plan {
        /// Files or directories with manifests; `-` is standard input
        #[arg(required = true, value_name = "PATH")]
        manifests: Vec<PathBuf>,
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        beside: Beside,
        #[command(flatten)]
        rounds: RoundsArgs,
    },
    /// Write a commented `stateproof.toml` and a CI workflow for the manifests that are there; nothing is overwritten
    ///
    /// The settings go beside the manifests, the workflow to the root of the repository. Each directory below DIR that
    /// is a set of manifests with something to prove gets its own settings, where DIR itself is none.
    #[command(after_help = INIT_EXIT_CODES)]
    Init(init::InitArgs),
    /// Say what is known to fail in manifests, before there is a cluster; touches nothing unless told to --fix
    #[command(after_help = lint::EXIT_CODES)]
    Lint(lint::LintArgs),
    /// Judge the history of a run again, without a cluster
    #[command(after_help = judge::EXIT_CODES)]
    Judge {
        /// The `run.jsonl` that `verify --report` wrote
        history: PathBuf,
    },
    /// Make the reports of a run again from its history, without a cluster: the same bytes
    ///
    /// Writes report.html, report.json, junit.xml and summary.md, and ends as `judge` does.
    #[command(after_help = judge::REPORT_EXIT_CODES)]
    Report {
        /// The `run.jsonl` that `verify --report` wrote
        #[arg(value_name = "RUN.jsonl")]
        history: PathBuf,
        /// The directory to write to; by default the history's own
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Make one report with one verdict of the shards of a suite: of the runs with --shard 1/N to N/N
    ///
    /// A shard that is missing makes the verdict Inconclusive; histories of different sets are refused.
    #[command(after_help = judge::REPORT_EXIT_CODES)]
    Merge {
        /// Histories, or the directories that `verify --report` wrote
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// Write report.json, junit.xml and summary.md into this directory, and a page a shard, shard-1.html and so on
        #[arg(long, value_name = "DIR")]
        report: Option<PathBuf>,
    },
    /// Compare the runs of two states: verdicts that changed, recovery times side by side
    ///
    /// Of several runs a side, the worst outcome of each promise counts, and the times are shown as least, median and
    /// most. A promise that is not checked any more counts as worse. Times alone do not.
    #[command(after_help = COMPARE_EXIT_CODES)]
    Compare {
        /// A history, or a directory with histories (`*.jsonl`), of before
        old: PathBuf,
        /// A history, or a directory with histories, of after
        new: PathBuf,
    },
    /// Count what the runs of a campaign came to, as Markdown: see `scripts/campaign`
    #[command(hide = true)]
    Campaign(campaign::CampaignArgs),
    /// Create a cluster and keep it for the runs that follow
    #[command(after_help = CLUSTERS_EXIT_CODES)]
    Up(UpArgs),
    /// Remove clusters that stateproof made: those named, or all of them
    #[command(after_help = CLUSTERS_EXIT_CODES)]
    Down {
        /// Names of clusters
        #[arg(value_name = "CLUSTER")]
        names: Vec<String>,
    },
    /// Remove what dead runs have left: clusters without a living owner; on those that stay, namespaces, objects without
    /// one, cordons and pauses of nodes. What --keep-on-failure has left is not touched
    #[command(after_help = CLUSTERS_EXIT_CODES)]
    Gc,
    /// Print the manual page, or a command's, in the format of man(7)
    Man {
        /// The command; without it the page of stateproof itself
        #[arg(value_name = "COMMAND")]
        of: Option<String>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Files or directories with manifests; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub manifests: Vec<PathBuf>,

    #[command(flatten)]
    pub selection: Selection,

    #[command(flatten)]
    pub rounds: RoundsArgs,

    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, Args)]
pub struct Upgrade {
    /// A file or a directory with the manifests that run
    #[arg(value_name = "OLD")]
    pub old: PathBuf,

    /// A file or a directory with those that are to take their place
    #[arg(value_name = "NEW")]
    pub new: PathBuf,

    #[command(flatten)]
    pub how: How,
}

/// Where a run takes place, and how.
#[derive(Debug, Args)]
pub struct How {
    #[command(flatten)]
    pub beside: Beside,

    #[command(flatten)]
    pub cluster: ClusterArgs,

    #[command(flatten)]
    pub context: ContextArgs,

    /// Make storage class A as an alias of the cluster's class B; may be given several times
    #[arg(long = "storage-class", value_name = "A=B", value_parser = pair)]
    pub storage_classes: Vec<(String, String)>,

    /// Write the history of the run, `run.jsonl`, and its reports into this directory: report.html, report.json,
    /// junit.xml and summary.md
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Keep a cluster that this run creates
    #[arg(long)]
    pub keep: bool,

    /// Leave everything as it is when the verdict is not Held, and say how to look at it
    #[arg(long)]
    pub keep_on_failure: bool,

    /// How long a pod may take to become Ready and its server to accept a session, for example 180, 90s or 5m
    /// [default: 180]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,

    /// Initiate replica sets that the manifests leave to an operator to initiate
    #[arg(long)]
    pub initiate_replica_set: bool,

    /// Image of the pod from which names are resolved and connections made; needs busybox
    /// [default: busybox:1.36]
    #[arg(long, value_name = "IMAGE", env = "STATEPROOF_VANTAGE_IMAGE")]
    pub vantage_image: Option<String>,
}

/// What is said beside the manifests.
#[derive(Debug, Args)]
pub struct Beside {
    /// What cannot be seen in the manifests; by default the `stateproof.toml` beside them, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Run another image in place of the manifests': `postgres:16=mirror.example/postgres:16`, or without the tags, or
    /// `docker.io/*=mirror.example/hub/*`; may be given several times
    #[arg(long = "image", value_name = "IMAGE=OTHER", value_parser = image_override)]
    pub images: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub struct Selection {
    /// Only this drill; may be given several times
    #[arg(long = "drill", value_name = "DRILL")]
    pub drills: Vec<Drill>,

    /// Not this drill; may be given several times
    #[arg(long, value_name = "DRILL")]
    pub skip: Vec<Drill>,

    /// Only what is promised of this, for example durability; may be given several times
    #[arg(long, value_name = "PROMISE")]
    pub only: Vec<Promise>,

    /// Only this share of the drills, I of N; `stateproof merge` makes one report of all shares
    ///
    /// Every share applies the whole set. Each drill is in exactly one, the same on every machine.
    #[arg(long, value_name = "I/N", conflicts_with_all = ["repeat", "duration", "seed"])]
    pub shard: Option<Shard>,

    /// Expect the set to fail, and in this way; may be given several times, and every one must be seen
    ///
    /// KIND is Pod, PersistentVolumeClaim or StatefulSet. SIGN is phase, waiting, terminated, unschedulable, event or
    /// log; an event is named by REASON: and a part of its message, after its type where that matters: Normal/ or
    /// Warning/. Nothing else is done to the set, and anything else, success included, is a violation. For example:
    /// --expect-failure Pod/web-1:phase=Pending
    /// --expect-failure "PersistentVolumeClaim/data-web-1:event=Warning/ProvisioningFailed: not found"
    #[arg(
        long = "expect-failure",
        value_name = "KIND/NAME:SIGN=TEXT",
        conflicts_with_all = ["drills", "skip", "only"]
    )]
    pub ends: Vec<End>,
}

/// How often, and in which order.
#[derive(Clone, Copy, Debug, Args)]
pub struct RoundsArgs {
    /// Do the drills so many times, round after round; each round is judged by itself
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(Rounds::MOST)))]
    pub repeat: Option<u32>,

    /// Begin rounds until so much time has gone by, for example 90s, 30m or 8h; what was begun is finished
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,

    /// Take the drills of each round in an order that this number decides; the same one gives the same order
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}
