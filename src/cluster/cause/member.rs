use super::Cause;
use super::chain::{warnings, words};
use super::claim::claim_cause;
use super::pod::pod_cause;
use crate::cluster::Objects;

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
        Some((object, state)) => {
            pod_cause(&mut cause, objects, object, state);
            for name in state.claims.iter().filter(|name| !claims.contains(name)) {
                claim_cause(&mut cause, objects, namespace, name);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{
        ClaimState, ClusterEvent, ContainerState, NodeState, ObjectRef, ObjectState, PodState,
    };

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
            ..Default::default()
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
