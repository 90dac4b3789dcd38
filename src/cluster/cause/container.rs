use super::Cause;
use super::missing::stays_missing;
use super::telling::{lasts, telling};
use crate::cluster::Objects;
use crate::history::{ContainerState, ObjectRef};

/// Reasons of a waiting container that no waiting cures: the image cannot be had.
const HOPELESS_WAITING: [&str; 3] = ["ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"];

/// What the kubelet says with `ErrImagePull` when there is no such image, or nobody to ask for it. Any other failure
/// may pass; the kubelet tries once more, some ten seconds later, before it says `ImagePullBackOff`.
const HOPELESS_PULL: [&str; 5] = [
    "not found",
    "manifest unknown",
    "denied",
    "unauthorized",
    "no such host",
];

/// What it says when a container cannot be made from what is there: neither its program nor its user comes to be.
/// Anything else, as a deadline that the runtime missed, may pass.
const HOPELESS_CREATION: [&str; 4] = [
    "no such file or directory",
    "permission denied",
    "no command specified",
    "runAsNonRoot",
];

/// A container that ended this often is not going to start: the third start failed as the first one did.
const HOPELESS_RESTARTS: u32 = 2;

/// A container that says that it found a lasting fault, twice.
const LASTING_RESTARTS: u32 = 1;

/// What a container says of itself, and of why its pod is not Ready.
pub(super) fn container_cause(
    cause: &mut Cause,
    objects: &Objects,
    pod: &ObjectRef,
    container: &ContainerState,
) {
    let name = name(pod, container);
    if let Some(waiting) = &container.waiting {
        waits(cause, objects, pod, container, waiting, &name);
    }
    let failed = container
        .terminated
        .as_ref()
        .filter(|_| !container.has_succeeded());
    match failed {
        Some(ended) if container.running => {
            cause.say(format!(
                "{name} was started again, {}×: it ended: {ended}",
                container.restarts
            ));
        }
        Some(ended) => cause.say(format!("{name} ended: {ended}, {} restarts", container.restarts)),
        None if container.init && container.running => cause.say(format!("{name} has not ended")),
        None => {}
    }
    let log = objects.log(pod, &container.name);
    let is_news = failed.is_some() || (container.init && container.running);
    if let Some(line) = telling(log).filter(|_| is_news) {
        let again = container.restarts >= LASTING_RESTARTS && !container.running;
        cause.say_final(format!("{name} says: {line}"), again && lasts(line));
    }
}

fn waits(
    cause: &mut Cause,
    objects: &Objects,
    pod: &ObjectRef,
    container: &ContainerState,
    waiting: &str,
    name: &str,
) {
    let reason = waiting.split(':').next().unwrap_or_default();
    let any = |words: &[&str]| words.iter().any(|words| waiting.contains(words));
    let hopeless = match reason {
        "ContainerCreating" | "PodInitializing" => {
            if hook_runs(objects, pod, container) {
                cause.say(format!("postStart hook of {name} has not ended"));
            }
            return;
        }
        "CrashLoopBackOff" => container.restarts >= HOPELESS_RESTARTS,
        "ErrImagePull" => any(&HOPELESS_PULL),
        "CreateContainerConfigError" => any(&HOPELESS_CREATION) || stays_missing(objects, Some(pod), waiting),
        "CreateContainerError" | "RunContainerError" => {
            any(&HOPELESS_CREATION) || waiting.contains("not found")
        }
        "PostStartHookError" => lasts(waiting),
        other => HOPELESS_WAITING.contains(&other),
    };
    cause.say_final(format!("{name} waits: {waiting}"), hopeless);
}

/// The kubelet tells of a container's start at once in an event, and in the pod's state only when the hook has ended.
fn hook_runs(objects: &Objects, pod: &ObjectRef, container: &ContainerState) -> bool {
    let events = objects.events(&pod.uid).iter();
    let started = |event: &&crate::history::ClusterEvent| {
        event.reason == "Started" && event.container.as_deref() == Some(&container.name)
    };
    container.post_start && events.filter(started).count() > 0
}

fn name(pod: &ObjectRef, container: &ContainerState) -> String {
    let kind = if container.init {
        "init container"
    } else {
        "container"
    };
    format!("{kind} {} of Pod {}", container.name, pod.name)
}
