use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use stateproof::cluster::Awaiting;
use stateproof::history::{Event, Record};
use stateproof::run::Observer;

/// Shows a run while it happens, on standard error: one live line on a terminal, a plain line a step elsewhere.
pub struct Terminal {
    bar: Option<ProgressBar>,
    quiet: bool,
    /// What the live line says before what is awaited.
    doing: Mutex<String>,
}

impl Terminal {
    pub fn new(quiet: bool) -> Self {
        let live = !quiet && std::io::stderr().is_terminal();
        let bar = live.then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            bar,
            quiet,
            doing: Mutex::default(),
        }
    }

    /// Takes the live line away, so that a report can be printed.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn say(&self, what: &str) {
        what.clone_into(&mut self.doing.lock().unwrap_or_else(PoisonError::into_inner));
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None if self.quiet => {}
            None => eprintln!("{what}"),
        }
    }
}

impl Observer for Terminal {
    fn phase(&self, what: &str) {
        self.say(what);
    }

    fn record(&self, record: &Record) {
        match &record.event {
            Event::RunStarted { plans, .. } => {
                let names: Vec<_> = plans.iter().map(|plan| plan.workload.id().to_string()).collect();
                self.say(&format!("bringing up {}", names.join(", ")));
            }
            Event::DrillStarted { drill } => self.say(&drill.to_string()),
            Event::FaultBegun { drill, fault, .. } => self.say(&format!("{drill}: {fault}")),
            _ => {}
        }
    }

    fn awaiting(&self, awaiting: Option<&Awaiting>) {
        let Some(bar) = &self.bar else { return };
        let doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        bar.set_message(match awaiting {
            Some(awaiting) => format!("{doing} · awaiting {}: {}", awaiting.what, awaiting.last),
            None => doing,
        });
    }
}
