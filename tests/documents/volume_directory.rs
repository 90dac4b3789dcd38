//! The directory of document 2's static volume, looked at while a run has that volume to itself.

use std::process::Command;
use std::sync::{Arc, Mutex};

use stateproof::history::{Event, Record};
use stateproof::plan::Drill;
use stateproof::run::{Observer, Proven};

use crate::support::{one_node_cluster, proven, verification};

const PATH: &str = "/home/assu/work/volhost01";

/// What was in it, a line a name.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// Before anything was applied.
    pub first: Option<String>,
    /// When the first rows were written.
    pub written: Option<String>,
    /// After the last drill, before anything was taken away.
    pub last: Option<String>,
}

struct Onlooker {
    looks: Mutex<Looks>,
    emptied: bool,
}

/// Proves a fixture on the one node. `emptied`: what a killed run has left in the directory is nobody's, and is removed
/// before anything is applied.
pub fn prove(fixture: &str, drills: &[Drill], emptied: bool) -> (Proven, Looks) {
    let looks = Mutex::default();
    let onlooker = Arc::new(Onlooker { looks, emptied });
    let verification = verification(fixture).cluster(one_node_cluster());
    let proven = proven(&verification.drills(drills).observer(onlooker.clone()));
    let looks = onlooker.looks.lock().unwrap().clone();
    (proven, looks)
}

impl Observer for Onlooker {
    fn record(&self, record: &Record) {
        let mut looks = self.looks.lock().unwrap();
        let look = || Some(on_the_node(&["sh", "-c", "[ ! -e $0 ] || ls -A $0", PATH]));
        match &record.event {
            Event::RunStarted { .. } => {
                if self.emptied {
                    on_the_node(&["rm", "-rf", PATH]);
                }
                looks.first = look();
            }
            Event::Wrote { .. } if looks.written.is_none() => looks.written = look(),
            Event::RunEnded { .. } => looks.last = look(),
            _ => {}
        }
    }
}

fn on_the_node(command: &[&str]) -> String {
    let node = format!("{}-control-plane", one_node_cluster().name);
    let run = Command::new("docker")
        .args(["exec", &node])
        .args(command)
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8(run.stdout).unwrap()
}
