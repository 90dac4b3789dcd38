//! What is said on the terminal, and what is heard of it.

use std::fmt;
use std::io::{IsTerminal, Write};

use clap::ValueEnum;
use miette::{GraphicalReportHandler, GraphicalTheme};
use stateproof::report::{Style, harmless_text};
use stateproof::run::RunError;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::exit::Exit;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether what goes to this stream is coloured.
    pub fn on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }
}

/// Cancelled by the first SIGINT or SIGTERM; a second one ends the process at once.
pub(super) fn interrupt() -> CancellationToken {
    let token = CancellationToken::new();
    // Here and not in the task, whose turn comes later: from now on, no signal ends the process with things left behind.
    let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return token;
    };
    let interrupted = token.clone();
    tokio::spawn(async move {
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

/// Shows what went wrong, the causes too.
pub(super) fn fail(error: &RunError, color: Color) -> Exit {
    match error {
        RunError::Manifests(problems) => {
            eprintln!("{}", problems.render(&handler(color.on(&std::io::stderr()))));
        }
        other => {
            for (index, line) in other.lines().iter().enumerate() {
                say(format!(
                    "{}{line}",
                    if index == 0 { "error: " } else { "  because: " }
                ));
            }
        }
    }
    Exit::from(error)
}

/// Says something on standard error, whatever is in the names and the words of others that it has.
pub(super) fn say(text: impl fmt::Display) {
    eprintln!("{}", harmless_text(&text.to_string()));
}

pub(super) fn print(text: &str) {
    // A reader that has gone away (`| head`) is no error of ours.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// How a diagnostic is drawn.
pub(super) fn handler(colored: bool) -> GraphicalReportHandler {
    GraphicalReportHandler::new_themed(if colored {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    })
}

/// How a report is written on standard output.
pub(super) fn style(color: Color) -> Style {
    Style {
        color: color.on(&std::io::stdout()),
        ..Style::default()
    }
}

/// Has standard error say what is done.
pub(super) fn log(verbose: u8) {
    let level = match verbose {
        // What the client logs of an answer is told as an error anyway, and in the words of what was asked for.
        0 => "warn,kube_client=off",
        1 => "stateproof=debug",
        _ => "stateproof=trace,kube=debug",
    };
    let filter = EnvFilter::try_from_env("STATEPROOF_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
