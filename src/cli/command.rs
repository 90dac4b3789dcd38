use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{CommandFactory, Parser};
use stateproof::cluster::provider::{Clusters, Removal};
use stateproof::cluster::{await_usable, connect};
use stateproof::config::Config;
use stateproof::history::History;
use stateproof::report::{Style, last_line, render};
use stateproof::run::{Proven, RunError, Verification, collect_garbage};
use stateproof::verdict::{Verdict, judge};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::args::{Beside, Cli, ClusterArgs, Color, Command, RoundsArgs, Selection, Verify};
use super::campaign::campaign_command;
use super::compare::compare_command;
use super::exit::Exit;
use super::init::init_command;
use super::lint::lint_command;
use super::man::man_command;
use super::merge::merge_command;
use super::probe::probe_command;
use super::reports::{self, HISTORY};
use super::terminal::Terminal;

/// How long a new cluster may take until it can be used.
const UP_DEADLINE: Duration = Duration::from_mins(3);

/// Parses the command line, carries the command out and gives the exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    log(cli.verbose);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return Exit::Setup.into();
        }
    };
    let exit = runtime.block_on(carry_out(&cli));
    // Reading standard input or waiting for a lock cannot be ended: do not wait for it.
    runtime.shutdown_background();
    exit.into()
}

async fn carry_out(cli: &Cli) -> Exit {
    let done = match &cli.command {
        Command::Verify(verify) => return verify_command(cli, verify).await,
        Command::Probe(probe) => return probe_command(probe).await,
        Command::Lint(lint) => return lint_command(lint, cli.color),
        Command::Init(init) => return init_command(init, cli.color),
        Command::Judge { history } => return judge_command(cli, history),
        Command::Report { history, out } => return report_command(cli, history, out.as_deref()),
        Command::Merge { runs, report } => return merge_command(runs, report.as_deref(), style(cli.color)),
        Command::Compare { old, new } => return compare_command(old, new),
        Command::Campaign { directory } => return campaign_command(directory),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "stateproof", &mut std::io::stdout());
            return Exit::Held;
        }
        Command::Man { of } => return man_command(of.as_deref()),
        Command::Plan {
            manifests,
            selection,
            beside,
            rounds,
        } => match plan_command(manifests, selection, beside, *rounds) {
            Ok(()) => return Exit::Held,
            Err(error) => return fail(&error),
        },
        Command::Up { cluster, .. } => up(cluster).await,
        Command::Down { names } => down(names).await,
        Command::Gc => gc().await,
    };
    match done {
        Ok(()) => Exit::Held,
        Err(error) => fail(&error),
    }
}

async fn verify_command(cli: &Cli, args: &Verify) -> Exit {
    let terminal = Arc::new(Terminal::new(cli.quiet));
    let mut verification = match verification_of(args) {
        Ok(verification) => verification.observer(terminal.clone()),
        Err(error) => return fail(&error),
    };
    if let Some(directory) = &args.report {
        verification = verification.history(directory.join(HISTORY));
    }
    let proven = match verification.prove(&interrupt()).await {
        Ok(proven) => proven,
        Err(error) => {
            terminal.clear();
            return fail(&error);
        }
    };
    terminal.clear();
    let Proven {
        history,
        verdict,
        error,
        scene,
    } = proven;
    print(&render(&verdict, &style(cli.color)));
    let exit = ended(&verdict, error.as_ref());
    // Before anything is taken away: that may fail, or be interrupted.
    let exit = match written(args, &history, &verdict) {
        Err(failed) if exit == Exit::Held => failed,
        _ => exit,
    };
    let Some(scene) = scene else { return exit };
    if args.keep_on_failure && exit != Exit::Held {
        return match scene.leave().await {
            Ok(how) => {
                if let Some(how) = how {
                    eprintln!("{how}");
                }
                exit
            }
            Err(error) => fail(&error),
        };
    }
    let cleaned = scene.clean_up().await;
    terminal.clear();
    match cleaned {
        Ok(()) => exit,
        Err(error) => {
            eprintln!("error: not everything could be taken away");
            fail(&error)
        }
    }
}

fn verification_of(args: &Verify) -> Result<Verification, Box<RunError>> {
    let config = config(&args.manifests, &args.beside)?;
    let (context, own) = match args.context.spec() {
        Some(spec) => (Some(spec), None),
        None => (None, Some(args.cluster.spec(args.keep, config.as_ref())?)),
    };
    let mut verification = selected(
        &args.manifests,
        &args.selection,
        &args.beside,
        args.rounds,
        config,
    );
    if let Some(spec) = own {
        verification = verification.cluster(spec);
    }
    if let Some(spec) = context {
        verification = verification.context(spec);
    }
    verification = verification
        .initiate_replica_set(args.initiate_replica_set)
        .storage_classes(args.storage_classes.iter().cloned().collect());
    if let Some(deadline) = args.deadline {
        verification = verification.deadline(deadline);
    }
    if let Some(image) = args.vantage_image.as_ref().filter(|image| !image.is_empty()) {
        verification = verification.vantage_image(image);
    }
    Ok(verification)
}

fn plan_command(
    manifests: &[PathBuf],
    selection: &Selection,
    beside: &Beside,
    rounds: RoundsArgs,
) -> Result<(), Box<RunError>> {
    let config = config(manifests, beside)?;
    let outlook = selected(manifests, selection, beside, rounds, config).outlook()?;
    print(&outlook.to_string());
    Ok(())
}

fn selected(
    manifests: &[PathBuf],
    selection: &Selection,
    beside: &Beside,
    rounds: RoundsArgs,
    config: Option<Config>,
) -> Verification {
    let verification = Verification::of(manifests)
        .drills(&selection.drills)
        .skip(&selection.skip)
        .only(&selection.only)
        .expect_failure(selection.ends.clone())
        .image_overrides(beside.images.iter().cloned().collect());
    let mut verification = match selection.shard {
        Some(shard) => verification.shard(shard),
        None => verification,
    };
    if let Some(repeat) = rounds.repeat {
        verification = verification.repeat(repeat);
    }
    if let Some(duration) = rounds.duration {
        verification = verification.duration(duration);
    }
    if let Some(seed) = rounds.seed {
        verification = verification.seed(seed);
    }
    match config {
        Some(config) => verification.config(config),
        None => verification,
    }
}

/// The file that is named, else the one beside the manifests.
fn config(manifests: &[PathBuf], beside: &Beside) -> Result<Option<Config>, Box<RunError>> {
    let path = match &beside.config {
        Some(path) => Some(path.clone()),
        None => Config::beside(manifests).map_err(RunError::from)?,
    };
    let config = path.map(|path| Config::read(&path)).transpose();
    Ok(config.map_err(RunError::from)?)
}

/// Writes what was asked for beside the text. A report that is not there must not pass unnoticed.
fn written(args: &Verify, history: &History, verdict: &Verdict) -> Result<(), Exit> {
    let files = match &args.report {
        Some(directory) => reports::write(directory, history, verdict).map(|_| ()),
        None => Ok(()),
    };
    files
        .and_then(|()| reports::append_summary(verdict))
        .map_err(|error| {
            eprintln!("error: {error}");
            Exit::Setup
        })
}

/// The verdict decides, unless the run did not get to its end for another reason than the workload.
fn ended(verdict: &Verdict, error: Option<&RunError>) -> Exit {
    match error {
        None => verdict.outcome.into(),
        Some(error) => fail(error),
    }
}

fn judge_command(cli: &Cli, file: &Path) -> Exit {
    match History::read(file) {
        Ok(history) => {
            let verdict = judge(&history);
            print(&render(&verdict, &style(cli.color)));
            verdict.outcome.into()
        }
        Err(error) => {
            eprintln!("error: {error}");
            Exit::Usage
        }
    }
}

fn report_command(cli: &Cli, file: &Path, out: Option<&Path>) -> Exit {
    let history = match History::read(file) {
        Ok(history) => history,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::Usage;
        }
    };
    let verdict = judge(&history);
    let beside = file.parent().unwrap_or(Path::new(""));
    let written = reports::write(out.unwrap_or(beside), &history, &verdict);
    let summed = written.and_then(|written| reports::append_summary(&verdict).map(|()| written));
    match summed {
        Ok(files) => {
            if !cli.quiet {
                for file in files {
                    eprintln!("wrote {}", file.display());
                }
            }
            print(&last_line(&verdict));
            verdict.outcome.into()
        }
        Err(error) => {
            eprintln!("error: {error}");
            Exit::Setup
        }
    }
}

async fn up(args: &ClusterArgs) -> Result<(), RunError> {
    let begun = Instant::now();
    let spec = args.spec(true, None).map_err(|error| *error)?;
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

async fn down(names: &[String]) -> Result<(), RunError> {
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

async fn gc() -> Result<(), RunError> {
    collect_garbage(&Clusters::from_env()?, |done| eprintln!("{done}")).await
}

/// Cancelled by the first SIGINT or SIGTERM; a second one ends the process at once.
pub(super) fn interrupt() -> CancellationToken {
    let token = CancellationToken::new();
    let interrupted = token.clone();
    tokio::spawn(async move {
        let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        for first in [true, false] {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
            }
            if first {
                eprintln!("interrupted: taking away what was made; once more to leave it");
                interrupted.cancel();
            }
        }
        std::process::exit(Exit::Interrupted as i32);
    });
    token
}

pub(super) fn fail(error: &RunError) -> Exit {
    match error {
        RunError::Manifests(problems) => eprintln!("{}", problems.render(&handler())),
        other => {
            for (index, line) in other.lines().iter().enumerate() {
                eprintln!("{}{line}", if index == 0 { "error: " } else { "  because: " });
            }
        }
    }
    Exit::from(error)
}

pub(super) fn print(text: &str) {
    // A reader that has gone away (`| head`) is no error of ours.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

fn handler() -> miette::GraphicalReportHandler {
    let theme = if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        miette::GraphicalTheme::unicode()
    } else {
        miette::GraphicalTheme::unicode_nocolor()
    };
    miette::GraphicalReportHandler::new_themed(theme)
}

fn style(color: Color) -> Style {
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    Style {
        color,
        ..Style::default()
    }
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "stateproof=debug",
        _ => "stateproof=trace,kube=debug",
    };
    let filter = EnvFilter::try_from_env("STATEPROOF_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
