//! What the watches saw of one pod, made by hand for tests.

use super::Cause;
use super::member::member_not_ready;
use crate::cluster::Objects;
use crate::history::{ClusterEvent, ContainerState, ObjectRef, ObjectState, PodState};

pub fn object(kind: &str, name: &str) -> ObjectRef {
    ObjectRef {
        kind: kind.into(),
        namespace: "db".into(),
        name: name.into(),
        uid: format!("uid-{name}"),
    }
}

pub fn pending_pod(waiting: &str, restarts: u32) -> Objects {
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
    objects.observe(&object("Pod", "postgres-0"), &ObjectState::Pod(Box::new(pod)));
    objects
}

pub fn cause(objects: &Objects) -> Cause {
    member_not_ready(
        objects,
        "db",
        "postgres",
        "postgres-0",
        &["data-postgres-0".into()],
    )
}

pub fn said(objects: &mut Objects, about: &ObjectRef, reason: &str, message: &str) {
    say(objects, about, "Warning", reason, message, 0);
}

pub fn say(
    objects: &mut Objects,
    about: &ObjectRef,
    severity: &str,
    reason: &str,
    message: &str,
    repeated: u32,
) {
    let event = ClusterEvent {
        about_kind: about.kind.clone(),
        about_name: about.name.clone(),
        about_uid: about.uid.clone(),
        severity: severity.into(),
        reason: reason.into(),
        message: message.into(),
        container: Some("postgres".into()),
        repeated,
    };
    objects.observe(&object("Event", "e"), &ObjectState::Event(Box::new(event)));
}

/// The pod with this container.
pub fn with(container: ContainerState) -> Objects {
    let mut objects = Objects::default();
    let pod = PodState {
        phase: "Pending".into(),
        containers: vec![ContainerState {
            name: "postgres".into(),
            ..container
        }],
        ..PodState::default()
    };
    objects.observe(&object("Pod", "postgres-0"), &ObjectState::Pod(Box::new(pod)));
    objects
}

pub fn ended(restarts: u32) -> ContainerState {
    ContainerState {
        id: Some("containerd://1".into()),
        terminated: Some("Error (exit code 1)".into()),
        restarts,
        ..ContainerState::default()
    }
}

pub fn log(objects: &mut Objects, lines: &[&str]) {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    objects.observe_log(&object("Pod", "postgres-0"), "postgres", lines);
}

pub fn has(cause: &Cause, words: &str) {
    assert!(
        cause.chain.iter().any(|line| line.contains(words)),
        "{words}: {cause:?}"
    );
}
