use std::collections::BTreeMap;

use super::model::Finding;
use super::view::{At, CLAIM, DrillView, Ending, POD, STATEFUL_SET};
use crate::history::{Event, Lookout, ObjectState};

/// The kinds on which this verdict rests.
const KINDS: [&str; 4] = [POD, CLAIM, STATEFUL_SET, "Event"];

/// The set has failed, and in the way that was named: every end is in the history, those that are states to the last,
/// and the members are not all Ready. Anything else is a violation, success included.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let came_to = view.own().find_map(|at| match at.event {
        Event::CameTo { state, causes, .. } => Some((at, state, causes)),
        _ => None,
    });
    let Some((end, state, causes)) = came_to else {
        return Finding::inconclusive("the run does not say what the set came to");
    };
    if view.ending == Ending::Missing {
        return Finding::inconclusive("the history ends within the drill");
    }
    if let Some(kind) = view.gaps().find(|kind| KINDS.contains(kind)) {
        return Finding::inconclusive(format!(
            "the watch on {kind} broke: what happened meanwhile is not known"
        ));
    }
    let mut lookout = Lookout::new(&view.workload.namespace, &view.planned.ends);
    let until = || view.all().take_while(|at| at.place < end.place);
    until().for_each(|at| lookout.feed(at.event));

    let came_up = all_ready(view, until());
    if lookout.all_seen() && !came_up {
        let seen = lookout.seen().map(|(end, words)| format!("{end}, seen: {words}"));
        return Finding::held(seen.collect());
    }
    let mut evidence = vec![if came_up {
        "the set did not fail: every member is Ready".to_owned()
    } else {
        format!("another end than the named one: {state}")
    }];
    evidence.extend(lookout.unseen().map(|end| format!("not seen: {end}")));
    evidence.extend(causes.iter().map(|cause| format!("seen instead: {cause}")));
    Finding::violated(evidence)
}

/// Whether every member's pod was Ready when it was last seen.
fn all_ready<'h>(view: &DrillView<'h>, records: impl Iterator<Item = At<'h>>) -> bool {
    let mut ready = BTreeMap::new();
    for at in records {
        match at.event {
            Event::Observed {
                object,
                state: ObjectState::Pod(pod),
                ..
            } if object.namespace == view.workload.namespace => {
                ready.insert(&object.name, (&object.uid, pod.ready && !pod.terminating));
            }
            Event::Gone { object }
                if ready
                    .get(&object.name)
                    .is_some_and(|(uid, _)| **uid == object.uid) =>
            {
                ready.remove(&object.name);
            }
            _ => {}
        }
    }
    view.workload
        .members()
        .all(|member| ready.get(&member.pod).is_some_and(|(_, ready)| *ready))
}
