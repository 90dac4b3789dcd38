//! Conditions on a whole set: pure functions of what the watches saw.

use std::collections::BTreeSet;

use super::wait::member_ready;
use super::{Objects, Progress};
use crate::history::{ContainerState, ObjectRef};
use crate::workload::{Member, Workload, WorkloadKind};

/// Every one of these members is Ready, as another pod than those with the UIDs `not`.
#[must_use]
pub fn all_ready(
    objects: &Objects,
    workload: &Workload,
    members: &[Member],
    not: &BTreeSet<String>,
) -> Progress<()> {
    // A Deployment's are Ready together or not at all.
    let members = match workload.kind {
        WorkloadKind::StatefulSet | WorkloadKind::Pod => members,
        WorkloadKind::Deployment => &members[..members.len().min(1)],
    };
    let (mut lasts, mut why, mut is_hopeless) = (Vec::new(), Vec::new(), false);
    for member in members {
        let progress = member_ready(objects, workload, member, not);
        let (last, causes) = match progress {
            Progress::Met(_) => continue,
            Progress::Pending { last, causes } => (last, causes),
            Progress::Hopeless { last, causes } => {
                is_hopeless = true;
                (last, causes)
            }
        };
        lasts.push(format!("{}: {last}", member.pod));
        why.extend(causes);
    }
    let last = lasts.join("; ");
    if lasts.is_empty() {
        Progress::Met(())
    } else if is_hopeless {
        Progress::Hopeless { last, causes: why }
    } else {
        Progress::Pending { last, causes: why }
    }
}

/// The StatefulSet asks for so many members, as its own watch has delivered it.
#[must_use]
pub fn scaled(objects: &Objects, set: &ObjectRef, replicas: u32) -> Progress<()> {
    match objects.set(&set.namespace, &set.name) {
        Some((_, state)) if state.replicas == replicas => Progress::Met(()),
        Some((_, state)) => pending(format!("it asks for {} members", state.replicas)),
        None => pending("it is gone".to_owned()),
    }
}

/// The StatefulSet's pods are to be made from another template than that of the revision `before`.
#[must_use]
pub fn template_changed(objects: &Objects, set: &ObjectRef, before: Option<&str>) -> Progress<()> {
    match objects.set(&set.namespace, &set.name) {
        Some((_, state)) if state.update_revision.as_deref() != before => Progress::Met(()),
        Some(_) => pending(format!(
            "its updateRevision is {} still",
            before.unwrap_or("not set")
        )),
        None => pending("it is gone".to_owned()),
    }
}

/// One of the workload's pods waits for an image that its node does not have.
#[must_use]
pub fn without_image(objects: &Objects, workload: &Workload) -> Progress<ObjectRef> {
    let mut pods = objects.pods_of(workload);
    let broken = pods.find(|(_, pod)| {
        let server = pod.container(&workload.engine.container);
        pod.is_alive() && server.is_some_and(ContainerState::awaits_image)
    });
    match broken {
        Some((pod, _)) => Progress::Met(pod.clone()),
        None => pending("every pod has its image, or does not ask for it yet".to_owned()),
    }
}

/// The node is cordoned, or is not.
#[must_use]
pub fn node_cordoned(objects: &Objects, node: &ObjectRef, cordoned: bool) -> Progress<()> {
    match objects.node(&node.name) {
        Some((_, state)) if state.cordoned == cordoned => Progress::Met(()),
        Some((_, state)) if state.cordoned => pending("it is cordoned".to_owned()),
        Some(_) => pending("it is not cordoned".to_owned()),
        None => pending("there is no such node".to_owned()),
    }
}

/// The node is Ready, or is not: then the cluster has not heard of it for a while, and the scheduler, which looks at
/// taints and not at conditions, sends no pod there any more. The taint comes a moment after the condition.
#[must_use]
pub fn node_ready(objects: &Objects, node: &ObjectRef, ready: bool) -> Progress<()> {
    match objects.node(&node.name) {
        Some((_, state)) if ready && state.ready => Progress::Met(()),
        Some((_, state)) if !ready && !state.ready && state.unreachable => Progress::Met(()),
        Some((_, state)) if !ready && !state.ready => {
            pending("it is not Ready, and the scheduler may still send pods there".to_owned())
        }
        Some((_, state)) if state.ready => pending("it is Ready".to_owned()),
        Some(_) => pending("it is not Ready".to_owned()),
        None => pending("there is no such node".to_owned()),
    }
}

/// The disruption controller knows the budget as it stands, and counts all of its pods, the members among them, as
/// Ready: until then it allows nothing, or what was true a moment ago.
#[must_use]
pub fn budget_settled(objects: &Objects, workload: &Workload, budget: &str) -> Progress<()> {
    let Some((_, state)) = objects.budget(&workload.namespace, budget) else {
        return pending("there is no such budget".to_owned());
    };
    if state.known && state.expected >= workload.replicas && state.healthy >= state.expected {
        return Progress::Met(());
    }
    pending(format!(
        "{}{} of {} pods Ready",
        if state.known {
            ""
        } else {
            "not yet known to the disruption controller, "
        },
        state.healthy,
        state.expected
    ))
}

/// The member's next pod is Ready on another node than the cordoned or paused one, or the scheduler has said why it finds none.
#[must_use]
pub fn displaced(
    objects: &Objects,
    workload: &Workload,
    member: &Member,
    node: &str,
    not: &BTreeSet<String>,
) -> Progress<()> {
    if let Some((object, pod)) = objects.pod(&workload.namespace, &member.pod)
        && !not.contains(&object.uid)
        && pod.unschedulable.is_some()
    {
        return Progress::Met(());
    }
    match member_ready(objects, workload, member, not) {
        Progress::Met((_, pod)) if pod.node.as_deref() == Some(node) => {
            pending(format!("Ready on {node}, which it was to leave"))
        }
        Progress::Met(_) => Progress::Met(()),
        Progress::Pending { last, causes } => Progress::Pending { last, causes },
        Progress::Hopeless { last, causes } => Progress::Hopeless { last, causes },
    }
}

fn pending<T>(last: String) -> Progress<T> {
    Progress::Pending {
        last,
        causes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{NodeState, ObjectState};

    #[test]
    fn a_node_is_dead_when_the_scheduler_knows_it_too() {
        let node = ObjectRef {
            kind: "Node".into(),
            namespace: String::new(),
            name: "one".into(),
            uid: "1".into(),
        };
        let met = |ready, unreachable| {
            let mut objects = Objects::default();
            let state = NodeState {
                ready,
                unreachable,
                ..NodeState::default()
            };
            objects.observe(&node, &ObjectState::Node(state));
            let is = |ready| matches!(node_ready(&objects, &node, ready), Progress::Met(()));
            (is(true), is(false))
        };
        assert_eq!(met(true, false), (true, false));
        assert_eq!(met(false, false), (false, false));
        assert_eq!(met(false, true), (false, true));
    }
}
