//! Why something is not as awaited: pure functions of what the watches saw.

use super::Objects;
use crate::history::{ClusterEvent, ContainerState, ObjectRef, PodState};

/// Why something is not as awaited, in the cluster's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// From the nearest object to the root: pod, container, claim, set; a line each.
    pub chain: Vec<String>,
    /// Whether waiting longer cannot help unless somebody changes something.
    pub hopeless: bool,
}

impl Cause {
    fn say(&mut self, line: String) {
        if !self.chain.contains(&line) {
            self.chain.push(line);
        }
    }

    fn give_up(&mut self, line: String) {
        self.say(line);
        self.hopeless = true;
    }
}

/// Reasons of a waiting container that no waiting cures: the image cannot be had, or what the container needs
/// (a Secret, a key, a command) is not there.
const HOPELESS_WAITING: [&str; 6] = [
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
];

/// What the kubelet says with `ErrImagePull` when there is no such image, or nobody to ask for it. Any other failure
/// may pass; the kubelet tries once more, some ten seconds later, before it says `ImagePullBackOff`.
const HOPELESS_PULL: [&str; 5] = [
    "not found",
    "manifest unknown",
    "denied",
    "unauthorized",
    "no such host",
];

/// A container that ended this often is not going to start: the third start failed as the first one did.
const HOPELESS_RESTARTS: u32 = 2;

/// Why the pod of a StatefulSet's member is not Ready: its containers, its claims, and the set that should make it.
///
/// Pure: everything it knows comes from the watches.
#[must_use]
pub fn member_not_ready(
    objects: &Objects,
    namespace: &str,
    set: &str,
    pod: &str,
    claims: &[String],
) -> Cause {
    let mut cause = Cause::default();
    match objects.pod(namespace, pod) {
        Some((object, state)) => pod_cause(&mut cause, objects, object, state),
        None => match objects.set(namespace, set) {
            Some((object, _)) => {
                cause.say(format!("Pod {pod} does not exist"));
                for event in warnings(objects, object) {
                    cause.say(format!("StatefulSet {set}: {}", words(event)));
                }
            }
            None => cause.say(format!("neither Pod {pod} nor StatefulSet {set} exists")),
        },
    }
    for name in claims {
        claim_cause(&mut cause, objects, namespace, name);
    }
    cause
}

/// Why a pod that belongs to no workload is not Ready.
#[must_use]
pub fn pod_not_ready(objects: &Objects, namespace: &str, pod: &str) -> Cause {
    let mut cause = Cause::default();
    if let Some((object, state)) = objects.pod(namespace, pod) {
        pod_cause(&mut cause, objects, object, state);
    }
    cause
}

fn pod_cause(cause: &mut Cause, objects: &Objects, object: &ObjectRef, state: &PodState) {
    let name = &object.name;
    if let Some(message) = &state.unschedulable {
        cause.say(format!("Pod {name} is not scheduled: {message}"));
    }
    for container in &state.containers {
        container_cause(cause, name, container);
    }
    for event in warnings(objects, object) {
        if already_said(&cause.chain, &event.message) {
            continue;
        }
        let line = format!("Pod {name}: {}", words(event));
        let lacking = event.reason == "FailedMount" && event.message.contains("not found");
        if lacking {
            cause.give_up(line);
        } else {
            cause.say(line);
        }
    }
}

fn container_cause(cause: &mut Cause, pod: &str, container: &ContainerState) {
    let kind = if container.init {
        "init container"
    } else {
        "container"
    };
    let name = format!("{kind} {} of Pod {pod}", container.name);
    if let Some(waiting) = &container.waiting {
        let reason = waiting.split(':').next().unwrap_or_default();
        let looping = reason == "CrashLoopBackOff" && container.restarts >= HOPELESS_RESTARTS;
        let no_image = reason == "ErrImagePull" && HOPELESS_PULL.iter().any(|words| waiting.contains(words));
        let line = format!("{name} waits: {waiting}");
        if looping || no_image || HOPELESS_WAITING.contains(&reason) {
            cause.give_up(line);
        } else if reason != "ContainerCreating" && reason != "PodInitializing" {
            cause.say(line);
        }
    }
    if let (false, Some(terminated)) = (container.running, &container.terminated)
        && !(container.init && terminated.starts_with("Completed"))
    {
        cause.say(format!(
            "{name} ended: {terminated}, {} restarts",
            container.restarts
        ));
    }
}

fn claim_cause(cause: &mut Cause, objects: &Objects, namespace: &str, name: &str) {
    let Some((object, state)) = objects.claim(namespace, name) else {
        return;
    };
    if state.phase == "Bound" {
        return;
    }
    cause.say(format!("PersistentVolumeClaim {name} is {}", state.phase));
    for event in warnings(objects, object) {
        let line = format!("PersistentVolumeClaim {name}: {}", words(event));
        let no_class = event.reason == "ProvisioningFailed"
            && event.message.contains("storageclass")
            && event.message.contains("not found");
        if no_class {
            cause.give_up(line);
        } else {
            cause.say(line);
        }
    }
}

fn warnings<'a>(objects: &'a Objects, object: &ObjectRef) -> impl Iterator<Item = &'a ClusterEvent> {
    objects
        .events(&object.uid)
        .iter()
        .filter(|event| event.severity == "Warning")
}

/// The kubelet says the same thing as a container's state and in one event after the other, a few words around it.
fn already_said(chain: &[String], message: &str) -> bool {
    let (_, core) = message.split_once(": ").unwrap_or(("", message));
    chain.iter().any(|line| line.contains(core))
}

fn words(event: &ClusterEvent) -> String {
    format!("{}: {}", event.reason, event.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{ClaimState, ObjectState};

    fn object(kind: &str, name: &str) -> ObjectRef {
        ObjectRef {
            kind: kind.into(),
            namespace: "db".into(),
            name: name.into(),
            uid: format!("uid-{name}"),
        }
    }

    fn pending_pod(waiting: &str, restarts: u32) -> Objects {
        let mut objects = Objects::default();
        let container = ContainerState {
            name: "postgres".into(),
            waiting: Some(waiting.into()),
            restarts,
            ..Default::default()
        };
        let pod = PodState {
            phase: "Pending".into(),
            containers: vec![container],
            ..Default::default()
        };
        objects.observe(&object("Pod", "postgres-0"), &ObjectState::Pod(pod));
        objects
    }

    fn cause(objects: &Objects) -> Cause {
        member_not_ready(
            objects,
            "db",
            "postgres",
            "postgres-0",
            &["data-postgres-0".into()],
        )
    }

    #[test]
    fn an_image_that_cannot_be_had_is_hopeless() {
        let cause = cause(&pending_pod(
            "ImagePullBackOff: Back-off pulling image \"postgres:no-such-tag\"",
            0,
        ));
        assert!(cause.hopeless);
        assert_eq!(
            cause.chain,
            [
                "container postgres of Pod postgres-0 waits: ImagePullBackOff: Back-off pulling image \
              \"postgres:no-such-tag\""
            ]
        );
    }

    #[test]
    fn an_image_that_does_not_exist_is_hopeless_at_once_and_a_slow_registry_is_not() {
        let says = |words: &str| {
            cause(&pending_pod(
                &format!("ErrImagePull: failed to resolve reference: {words}"),
                0,
            ))
        };
        assert!(says("docker.io/library/postgres:no-such-tag: not found").hopeless);
        assert!(says("dial tcp: lookup registry on 10.0.0.1:53: no such host").hopeless);
        assert!(!says("dial tcp 10.0.0.2:443: i/o timeout").hopeless);
    }

    #[test]
    fn a_starting_container_is_not() {
        assert_eq!(cause(&pending_pod("ContainerCreating", 0)), Cause::default());
    }

    #[test]
    fn one_crash_may_pass_a_third_does_not() {
        assert!(!cause(&pending_pod("CrashLoopBackOff: back-off 10s", 1)).hopeless);
        assert!(cause(&pending_pod("CrashLoopBackOff: back-off 20s", 2)).hopeless);
    }

    #[test]
    fn a_missing_class_is_named_in_the_claims_own_words() {
        let mut objects = pending_pod("ContainerCreating", 0);
        let claim = object("PersistentVolumeClaim", "data-postgres-0");
        let state = ClaimState {
            phase: "Pending".into(),
            ..Default::default()
        };
        objects.observe(&claim, &ObjectState::Claim(state));
        assert!(!cause(&objects).hopeless);
        let event = ClusterEvent {
            about_kind: "PersistentVolumeClaim".into(),
            about_name: claim.name.clone(),
            about_uid: claim.uid.clone(),
            severity: "Warning".into(),
            reason: "ProvisioningFailed".into(),
            message: "storageclass.storage.k8s.io \"no-such-class\" not found".into(),
        };
        objects.observe(&object("Event", "e"), &ObjectState::Event(event));
        let cause = cause(&objects);
        assert!(cause.hopeless);
        assert_eq!(
            cause.chain,
            [
                "PersistentVolumeClaim data-postgres-0 is Pending",
                "PersistentVolumeClaim data-postgres-0: ProvisioningFailed: storageclass.storage.k8s.io \
                 \"no-such-class\" not found"
            ]
        );
    }
}
