use super::Cause;
use super::chain::words;
use super::container::container_cause;
use super::missing::stays_missing;
use super::scheduling::stays_unschedulable;
use crate::cluster::Objects;
use crate::history::{ClusterEvent, ObjectRef, PodState};

/// What a pod says of why it is not Ready: the scheduler's words, its containers, and what else the cluster says of it.
pub(super) fn pod_cause(cause: &mut Cause, objects: &Objects, object: &ObjectRef, state: &PodState) {
    let name = &object.name;
    if let Some(message) = &state.unschedulable {
        cause.say_final(
            format!("Pod {name} is not scheduled: {message}"),
            stays_unschedulable(objects, message),
        );
    }
    for container in &state.containers {
        container_cause(cause, objects, object, container);
    }
    let started = state.containers.iter().any(|container| container.id.is_some());
    let events = objects.events(&object.uid).iter();
    for event in events.filter(|event| event.severity == "Warning" || is_probe_kill(event)) {
        let scheduled = event.reason == "FailedScheduling" && state.node.is_some();
        if scheduled || cause.has_said(&event.message) {
            continue;
        }
        // An event stays when what it said has passed.
        let lacking =
            !started && event.reason == "FailedMount" && stays_missing(objects, Some(object), &event.message);
        cause.say_final(format!("Pod {name}: {}", words(event)), lacking);
    }
}

/// That a container is killed for its probe is no warning to the kubelet; for whoever waits it is.
fn is_probe_kill(event: &ClusterEvent) -> bool {
    event.reason == "Killing" && event.message.contains("probe")
}
