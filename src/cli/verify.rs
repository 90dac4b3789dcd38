use std::path::{Path, PathBuf};
use std::sync::Arc;

use stateproof::config::Config;
use stateproof::history::History;
use stateproof::report::{harmless_text, render};
use stateproof::run::{Proven, RunError, Verification};
use stateproof::verdict::Verdict;

use super::args::{Beside, Cli, How, RoundsArgs, Selection, Upgrade, Verify};
use super::console::{Color, fail, interrupt, print, say, style};
use super::exit::Exit;
use super::reports::{self, HISTORY};
use super::terminal::Terminal;

/// Carries a verification out, reports it, and takes away what was made.
pub(super) async fn prove(cli: &Cli, args: &How, verification: Result<Verification, Box<RunError>>) -> Exit {
    let terminal = Arc::new(Terminal::new(cli.quiet));
    let mut verification = match verification {
        Ok(verification) => verification.observer(terminal.clone()),
        Err(error) => return fail(&error, cli.color),
    };
    if let Some(directory) = &args.report {
        verification = verification.history(directory.join(HISTORY));
    }
    let proven = match verification.prove(&interrupt()).await {
        Ok(proven) => proven,
        Err(error) => {
            terminal.clear();
            return fail(&error, cli.color);
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
    let exit = ended(&verdict, error.as_ref(), cli.color);
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
                    say(how);
                }
                exit
            }
            Err(error) => fail(&error, cli.color),
        };
    }
    let cleaned = scene.clean_up().await;
    terminal.clear();
    match cleaned {
        Ok(()) => exit,
        Err(error) => {
            eprintln!("error: not everything could be taken away");
            fail(&error, cli.color)
        }
    }
}

pub(super) fn verification_of(args: &Verify) -> Result<Verification, Box<RunError>> {
    let config = config(&args.manifests, args.how.beside.config.as_deref())?;
    placed(config, &args.how, |config| {
        selected(
            &args.manifests,
            &args.selection,
            &args.how.beside,
            args.rounds,
            config,
        )
    })
}

pub(super) fn upgrade_of(args: &Upgrade) -> Result<Verification, Box<RunError>> {
    let beside = |set: &PathBuf| config(std::slice::from_ref(set), args.how.beside.config.as_deref());
    let config = match beside(&args.new)? {
        Some(config) => Some(config),
        None => beside(&args.old)?,
    };
    placed(config, &args.how, |config| {
        let images = args.how.beside.images.iter().cloned().collect();
        let verification = Verification::of([&args.old])
            .upgrade_to([&args.new])
            .image_overrides(images);
        with_config(verification, config)
    })
}

/// A verification where and how the command line says.
fn placed(
    config: Option<Config>,
    args: &How,
    verification: impl FnOnce(Option<Config>) -> Verification,
) -> Result<Verification, Box<RunError>> {
    let (context, own) = match args.context.spec() {
        Some(spec) => (Some(spec), None),
        None => (
            None,
            Some(
                args.cluster
                    .spec(args.keep, config.as_ref().map(|config| &config.cluster))?,
            ),
        ),
    };
    let mut verification = verification(config);
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

pub(super) fn plan_command(
    manifests: &[PathBuf],
    selection: &Selection,
    beside: &Beside,
    rounds: RoundsArgs,
) -> Result<(), Box<RunError>> {
    let config = config(manifests, beside.config.as_deref())?;
    let outlook = selected(manifests, selection, beside, rounds, config).outlook()?;
    print(&harmless_text(&outlook.to_string()));
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
    with_config(verification, config)
}

fn with_config(verification: Verification, config: Option<Config>) -> Verification {
    match config {
        Some(config) => verification.config(config),
        None => verification,
    }
}

/// The file that is named, else the one beside the manifests.
pub(super) fn config(manifests: &[PathBuf], named: Option<&Path>) -> Result<Option<Config>, Box<RunError>> {
    let path = match named {
        Some(path) => Some(path.to_owned()),
        None => Config::beside(manifests).map_err(RunError::from)?,
    };
    let config = path.map(|path| Config::read(&path)).transpose();
    Ok(config.map_err(RunError::from)?)
}

/// Writes what was asked for beside the text. A report that is not there must not pass unnoticed.
fn written(args: &How, history: &History, verdict: &Verdict) -> Result<(), Exit> {
    let files = match &args.report {
        Some(directory) => reports::write(directory, history, verdict).map(|_| ()),
        None => Ok(()),
    };
    files
        .and_then(|()| reports::append_summary(verdict))
        .map_err(|error| {
            say(format_args!("error: {error}"));
            Exit::Setup
        })
}

/// The verdict decides, unless the run did not get to its end for another reason than the workload.
fn ended(verdict: &Verdict, error: Option<&RunError>, color: Color) -> Exit {
    match error {
        None => verdict.outcome.into(),
        Some(error) => fail(error, color),
    }
}
