use super::model::Finding;
use super::pods::lives;
use super::timeline::{Notes, Timeline, Window, at};
use super::view::DrillView;
use crate::history::{Event, Fault};
use crate::plan::{Drill, Outcome};

/// Members are created and removed in the order that the controller promises, and no other is touched.
///
/// With `OrderedReady` each is created after the one before it is Ready, and its deletion begins after the one behind
/// it is gone; with `Parallel` all are created before the first is Ready, and all deletions begin before the first is
/// gone. Updates are one at a time from the highest ordinal down, whatever the policy (Kubernetes' "StatefulSets":
/// "Deployment and Scaling Guarantees", "Pod Management Policies", "Rolling Updates").
///
/// Proven by what the watch told in the order in which it told it, with the resourceVersions of one kind; a list
/// proves nothing, so a broken watch or a pod that was not seen as it was made is Inconclusive.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let timeline = Timeline {
        view,
        lives: lives(view),
    };
    let mut findings = Vec::new();
    if view.planned.drill == Drill::Order {
        findings.push(named("first apply", timeline.at_first()));
    }
    let mut replicas = view.workload.replicas;
    for (index, fault) in view.faults.iter().enumerate() {
        let window = Window {
            from: fault.place,
            to: view.faults.get(index + 1).map_or(usize::MAX, |next| next.place),
        };
        let (main, others) = match fault.fault {
            Fault::Scale { replicas: to } if to < replicas => (
                Some(timeline.removed(window, to, replicas)),
                timeline.untouched(window, to, &[]),
            ),
            Fault::Scale { replicas: to } => (
                Some(timeline.created(window, replicas, to)),
                timeline.untouched(window, replicas, &[]),
            ),
            Fault::DeletePods => (Some(timeline.created(window, 0, replicas)), None),
            Fault::DeletePod | Fault::ForceDelete => {
                let hit: Vec<_> = fault.targets.iter().map(|target| target.name.as_str()).collect();
                (None, timeline.untouched(window, replicas, &hit))
            }
            Fault::Restart | Fault::Undo => (Some(timeline.rolled(window, fault.fault, replicas)), None),
            _ => (None, None),
        };
        if let Fault::Scale { replicas: to } = fault.fault {
            replicas = to;
        }
        let what = fault.fault.to_string();
        findings.extend(
            main.into_iter()
                .chain(others)
                .map(|finding| named(&what, finding)),
        );
    }
    let mut finding = Finding::worst_of(findings)
        .unwrap_or_else(|| Finding::inconclusive("nothing was done that has an order"));
    if finding.observed == Outcome::Held && view.planned.drill == Drill::Order {
        finding.evidence.push(
            "scaled to 0, not deleted: Kubernetes promises no order when the StatefulSet itself is deleted"
                .into(),
        );
    }
    finding
}

impl Timeline<'_, '_> {
    /// The creation at the beginning of the run, before any drill of this workload.
    fn at_first(&self) -> Finding {
        let begun = self.view.all().find(
            |at| matches!(at.event, Event::DrillStarted { drill } if drill.workload == self.view.id.workload),
        );
        let window = Window {
            from: 0,
            to: begun.map_or(0, |at| at.place),
        };
        self.created(window, 0, self.view.workload.replicas)
    }

    /// So many members, those of these names excepted, stayed the pods they were.
    fn untouched(&self, window: Window, members: u32, hit: &[&str]) -> Option<Finding> {
        let mut notes = Notes::default();
        let mut kept = Vec::new();
        for ordinal in 0..members {
            let name = self.name(ordinal);
            if hit.contains(&name.as_str()) {
                continue;
            }
            let Some(life) = self.there(ordinal, window) else {
                notes.unknown.push(format!("{name} was not seen before"));
                continue;
            };
            match life.ending() {
                Some(ending) if window.has(ending.place) => notes.wrong.push(format!(
                    "{name} with UID {} was deleted{}, which nobody asked for",
                    life.uid,
                    at(ending)
                )),
                // What is the same object in the end cannot have gone unseen, whatever happened to the watch.
                _ => kept.push(format!("{name} (UID {})", life.uid)),
            }
        }
        if !kept.is_empty() {
            notes.right.push(format!("not touched: {}", kept.join(", ")));
        }
        (!notes.is_empty()).then(|| notes.finding())
    }
}

/// A finding whose evidence begins with what was done.
fn named(what: &str, mut finding: Finding) -> Finding {
    if let Some(first) = finding.evidence.first_mut() {
        *first = format!("{what}: {first}");
    }
    finding
}
