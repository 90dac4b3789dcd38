use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use super::args::{Cli, Command};
use super::campaign::campaign_command;
use super::clusters::{down, gc, up};
use super::compare::compare_command;
use super::console::{fail, log, style};
use super::exit::Exit;
use super::init::init_command;
use super::judge::{judge_command, report_command};
use super::lint::lint_command;
use super::man::man_command;
use super::merge::merge_command;
use super::probe::probe_command;
use super::verify::{plan_command, prove, upgrade_of, verification_of};

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
        Command::Verify(verify) => {
            return Box::pin(prove(cli, &verify.how, verification_of(verify))).await;
        }
        Command::Upgrade(upgrade) => {
            return Box::pin(prove(cli, &upgrade.how, upgrade_of(upgrade))).await;
        }
        Command::Probe(probe) => return probe_command(probe, cli.color).await,
        Command::Lint(lint) => return lint_command(lint, cli.color),
        Command::Init(init) => return init_command(init, cli.color),
        Command::Judge { history } => return judge_command(cli, history),
        Command::Report { history, out } => return report_command(cli, history, out.as_deref()),
        Command::Merge { runs, report } => return merge_command(runs, report.as_deref(), style(cli.color)),
        Command::Compare { old, new } => return compare_command(old, new),
        Command::Campaign(given) => return campaign_command(given),
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
            Err(error) => return fail(&error, cli.color),
        },
        Command::Up(args) => up(args).await,
        Command::Down { names } => down(names).await,
        Command::Gc => gc().await,
    };
    match done {
        Ok(()) => Exit::Held,
        Err(error) => fail(&error, cli.color),
    }
}
