use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use stateproof::history::DrillId;
use stateproof::plan::Plan;
use stateproof::report::harmless;

/// How often the elapsed times are drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// A run on a terminal, as a tree that changes where it stands: what is under way, then a line a drill.
pub struct Live {
    bars: MultiProgress,
    /// What is done outside of the drills, and what is awaited then.
    phase: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    doing: String,
    drills: BTreeMap<DrillId, Branch>,
    running: Option<DrillId>,
}

/// A drill's line.
struct Branch {
    bar: ProgressBar,
    begun_us: u64,
    doing: String,
}

impl Live {
    pub fn new(target: ProgressDrawTarget) -> Self {
        let bars = MultiProgress::with_draw_target(target);
        let phase = bars.add(ProgressBar::new_spinner());
        phase.set_style(style("{spinner} {elapsed:>4}  {wide_msg}"));
        phase.enable_steady_tick(TICK);
        Self {
            bars,
            phase,
            state: Mutex::default(),
        }
    }

    /// Something is under way that is no drill's.
    pub fn say(&self, what: &str) {
        let what = harmless(what).into_owned();
        self.lock().doing.clone_from(&what);
        self.phase.set_message(what);
    }

    /// Draws a line for every drill that will run.
    pub fn plan(&self, plans: &[Plan]) {
        let mut state = self.lock();
        let planned: Vec<DrillId> = plans
            .iter()
            .flat_map(|plan| {
                let workload = Arc::new(plan.workload.id());
                plan.drills.iter().map(move |planned| DrillId {
                    workload: workload.clone(),
                    drill: planned.drill,
                    round: 0,
                })
            })
            .collect();
        let name = |id: &DrillId| match plans {
            [_] => id.drill.to_string(),
            _ => harmless(&id.to_string()).into_owned(),
        };
        let width = planned.iter().map(|id| name(id).len()).max().unwrap_or(0);
        for (index, id) in planned.iter().enumerate() {
            let branch = if index + 1 == planned.len() {
                "└─"
            } else {
                "├─"
            };
            let bar = self.bars.add(ProgressBar::new_spinner());
            bar.set_style(style("{prefix}  {wide_msg}"));
            bar.set_prefix(format!("{branch} {:width$}", name(id)));
            bar.set_message("planned");
            let line = Branch {
                bar,
                begun_us: 0,
                doing: String::new(),
            };
            state.drills.insert(id.clone(), line);
        }
    }

    /// A drill begins.
    pub fn begin(&self, drill: &DrillId, at_us: u64) {
        let mut state = self.lock();
        let line = line(drill);
        let running = state.drills.get_mut(&line);
        if let Some(branch) = running {
            branch.begun_us = at_us;
            branch.bar.reset();
            branch
                .bar
                .set_style(style("{prefix}  {spinner} {elapsed:>4}  {wide_msg}"));
            branch.doing = match drill.round {
                0 => String::new(),
                round => format!("round {round}"),
            };
            branch.bar.set_message(branch.doing.clone());
            branch.bar.enable_steady_tick(TICK);
        }
        state.running = Some(line);
        self.phase.set_message("drills");
    }

    /// What a drill does now.
    pub fn doing(&self, drill: &DrillId, what: &str) {
        let mut state = self.lock();
        if let Some(branch) = state.drills.get_mut(&line(drill)) {
            branch.doing = match drill.round {
                0 => what.to_owned(),
                round => format!("round {round}: {what}"),
            };
            branch.bar.set_message(branch.doing.clone());
        }
    }

    /// A drill has ended, well or not: what it showed is the verdict's to say.
    pub fn end(&self, drill: &DrillId, at_us: u64, error: Option<&str>) {
        let mut state = self.lock();
        state.running = None;
        if let Some(branch) = state.drills.get(&line(drill)) {
            let seconds = Duration::from_micros(at_us.saturating_sub(branch.begun_us)).as_secs_f64();
            let how = error.map_or_else(
                || "carried through".to_owned(),
                |error| format!("✗ {}", harmless(error)),
            );
            branch.bar.set_style(style("{prefix}  {wide_msg}"));
            branch
                .bar
                .finish_with_message(format!("  {seconds:>4.1} s  {how}"));
        }
    }

    /// What is awaited, with its last state, or that nothing is any more.
    pub fn awaiting(&self, what: Option<&str>) {
        let state = self.lock();
        let running = state.running.as_ref().and_then(|id| state.drills.get(id));
        let (bar, doing) = match running {
            Some(branch) => (&branch.bar, branch.doing.as_str()),
            None => (&self.phase, state.doing.as_str()),
        };
        bar.set_message(match what {
            Some(what) if doing.is_empty() => harmless(what).into_owned(),
            Some(what) => format!("{doing} · {}", harmless(what)),
            None => doing.to_owned(),
        });
    }

    /// Takes the tree away.
    pub fn clear(&self) {
        self.phase.finish_and_clear();
        for branch in self.lock().drills.values() {
            branch.bar.finish_and_clear();
        }
        // A terminal that cannot be cleared is no reason to end a run.
        let _ = self.bars.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which line a drill has: one for all its rounds.
fn line(drill: &DrillId) -> DrillId {
    DrillId {
        round: 0,
        ..drill.clone()
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget, TermLike};
    use stateproof::history::{Event, History};

    use super::Live;

    #[test]
    fn the_tree_has_every_drill_and_what_is_awaited_and_fits_the_terminal() {
        let terminal = InMemoryTerm::new(24, 80);
        let live = Live::new(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        let lines = include_str!("../../fixtures/histories/all-drills.jsonl");
        let history = History::parse(lines).unwrap();
        let Event::RunStarted { plans, .. } = &history.records[0].event else {
            panic!("no beginning");
        };
        live.say("bringing up postgresql-prod/postgres");
        live.plan(plans);
        let ids: Vec<_> = history
            .records
            .iter()
            .filter_map(|record| match &record.event {
                Event::DrillStarted { drill } => Some(drill.clone()),
                _ => None,
            })
            .collect();
        live.begin(&ids[0], 1_000_000);
        live.end(&ids[0], 23_900_000, None);
        live.begin(&ids[1], 24_000_000);
        live.doing(&ids[1], "force delete pod");
        live.awaiting(Some(&format!(
            "awaiting Pod postgres-0 Ready: {}",
            "Pending ".repeat(20)
        )));
        let shown = terminal.contents();
        assert!(shown.contains("├─ lose-pod"), "{shown}");
        assert!(shown.contains("22.9 s  carried through"), "{shown}");
        assert!(
            shown.contains("force delete pod · awaiting Pod postgres-0 Ready"),
            "{shown}"
        );
        assert!(
            shown.contains("└─ delete-claim") && shown.contains("planned"),
            "{shown}"
        );
        assert_eq!(shown.lines().count(), 5, "{shown}");
        assert!(
            shown
                .lines()
                .all(|line| line.chars().count() <= usize::from(terminal.width()))
        );
        live.end(
            &ids[1],
            30_000_000,
            Some("Pod postgres-0 was not Ready within 60 s"),
        );
        assert!(terminal.contents().contains("✗ Pod postgres-0 was not Ready"));
        live.clear();
        assert_eq!(terminal.contents().trim(), "");
    }
}
