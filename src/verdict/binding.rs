use std::collections::BTreeMap;

use super::seconds;
use super::timeline::revision;
use super::view::{At, CLAIM, DrillView, POD};
use crate::history::{Event, ObjectRef, ObjectState};

/// What the controller says of a claim that it leaves unbound until a pod that mounts it has a node (Kubernetes, "Storage
/// Classes", "Volume Binding Mode").
const WAITS: &str = "WaitForFirstConsumer";

/// When a claim was bound, beside the scheduling of the first pod that mounts it: a fragment that follows the claim's name.
/// None where either was not seen as it happened.
///
/// A pod has no node before its claims are bound, whatever the class says. With `Immediate` they are bound for
/// themselves; with `WaitForFirstConsumer` once the scheduler has chosen a node, which is what the claim's event tells.
///
/// Which came first, the resourceVersions tell: claims and pods come by watches of their own, and what one of them brings
/// may overtake the other. They are etcd's revisions, one count for all kinds in one etcd.
pub(super) fn told(view: &DrillView<'_>, claim: &ObjectRef) -> Option<String> {
    let (mut created, mut bound, mut scheduled) = (None, None, None);
    let mut has_node = BTreeMap::new();
    for at in view.all() {
        match at.event {
            Event::Gap { kind, .. } if created.is_some() && [CLAIM, POD].contains(&kind.as_str()) => {
                return None;
            }
            Event::Observed {
                object,
                version,
                state: ObjectState::Claim(state),
            } if object.uid == claim.uid => match (created, &state.volume) {
                (None, Some(_)) => return None,
                (None, None) => created = Some(at),
                (Some(_), Some(_)) if bound.is_none() => bound = Some(Seen { at, version }),
                _ => {}
            },
            Event::Observed {
                object,
                version,
                state: ObjectState::Pod(state),
            } if object.namespace == claim.namespace && state.claims.contains(&claim.name) => {
                let now = state.node.is_some();
                let before = has_node.insert(&object.uid, now);
                if created.is_some() && scheduled.is_none() && before == Some(false) && now {
                    scheduled = Some((Seen { at, version }, &object.name));
                }
            }
            _ => {}
        }
        if let (Some(bound), Some((scheduled, pod))) = (bound, scheduled) {
            return sentence(bound, scheduled, pod, waited(view, claim));
        }
    }
    None
}

/// Something that a watch delivered.
#[derive(Clone, Copy)]
struct Seen<'h> {
    at: At<'h>,
    version: &'h str,
}

fn sentence(bound: Seen<'_>, scheduled: Seen<'_>, pod: &str, waited: bool) -> Option<String> {
    let (order, us) = if revision(bound.version)? < revision(scheduled.version)? {
        ("before", scheduled.at.us.saturating_sub(bound.at.us))
    } else {
        ("after", bound.at.us.saturating_sub(scheduled.at.us))
    };
    let waited = if waited {
        format!(", having waited for it ({WAITS})")
    } else {
        String::new()
    };
    Some(format!(
        "bound {} {order} {pod} was scheduled{waited}",
        seconds(us)
    ))
}

fn waited(view: &DrillView<'_>, claim: &ObjectRef) -> bool {
    view.all().any(|at| {
        matches!(at.event, Event::Observed { state: ObjectState::Event(said), .. }
            if said.about_uid == claim.uid && said.reason == WAITS)
    })
}
