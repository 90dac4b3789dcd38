use std::io::IsTerminal;

use indicatif::ProgressDrawTarget;
use stateproof::cluster::Awaiting;
use stateproof::history::{Event, Record};
use stateproof::run::Observer;

use super::console::say;
use super::live::Live;

/// Shows a run while it happens, on standard error: a live tree on a terminal, a plain line a step elsewhere.
pub struct Terminal {
    live: Option<Live>,
    quiet: bool,
}

impl Terminal {
    pub fn new(quiet: bool) -> Self {
        let live = !quiet && std::io::stderr().is_terminal();
        Self {
            live: live.then(|| Live::new(ProgressDrawTarget::stderr())),
            quiet,
        }
    }

    /// Takes the tree away, so that a report can be printed.
    pub fn clear(&self) {
        if let Some(live) = &self.live {
            live.clear();
        }
    }

    fn plain(&self, what: &str) {
        if !self.quiet {
            say(what);
        }
    }
}

impl Observer for Terminal {
    fn phase(&self, what: &str) {
        match &self.live {
            Some(live) => live.say(what),
            None => self.plain(what),
        }
    }

    fn record(&self, record: &Record) {
        let Some(live) = &self.live else {
            if let Some(line) = line(&record.event) {
                self.plain(&line);
            }
            return;
        };
        match &record.event {
            Event::RunStarted { plans, .. } => {
                live.plan(plans);
                live.say(&line(&record.event).unwrap_or_default());
            }
            Event::DrillStarted { drill } => live.begin(drill, record.at_us),
            Event::FaultBegun { drill, fault, .. } => live.doing(drill, &fault.to_string()),
            Event::DrillEnded { drill, error } => {
                live.end(drill, record.at_us, error.first().map(String::as_str));
            }
            _ => {}
        }
    }

    fn awaiting(&self, awaiting: Option<&Awaiting>) {
        if let Some(live) = &self.live {
            let text = awaiting.map(|awaiting| format!("awaiting {}: {}", awaiting.what, awaiting.last));
            live.awaiting(text.as_deref());
        }
    }
}

/// What a log says of an event; most are not worth a line.
fn line(event: &Event) -> Option<String> {
    match event {
        Event::RunStarted { plans, .. } => {
            let names: Vec<_> = plans.iter().map(|plan| plan.workload.id().to_string()).collect();
            Some(format!("bringing up {}", names.join(", ")))
        }
        Event::DrillStarted { drill } => Some(drill.to_string()),
        Event::FaultBegun { drill, fault, .. } => Some(format!("{drill}: {fault}")),
        Event::DrillEnded { drill, error } => error
            .first()
            .map(|first| format!("{drill}: not carried through: {first}")),
        _ => None,
    }
}
