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
        ClaimState, ClusterEvent, ContainerState, NodeState, ObjectRef, ObjectState, PodState, VolumeState,
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

    fn said(objects: &mut Objects, about: &ObjectRef, reason: &str, message: &str) {
        say(objects, about, "Warning", reason, message, 0);
    }

    fn say(
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
        objects.observe(&object("Event", "e"), &ObjectState::Event(event));
    }

    /// The pod with this container.
    fn with(container: ContainerState) -> Objects {
        let mut objects = Objects::default();
        let pod = PodState {
            phase: "Pending".into(),
            containers: vec![ContainerState {
                name: "postgres".into(),
                ..container
            }],
            ..PodState::default()
        };
        objects.observe(&object("Pod", "postgres-0"), &ObjectState::Pod(pod));
        objects
    }

    fn ended(restarts: u32) -> ContainerState {
        ContainerState {
            id: Some("containerd://1".into()),
            terminated: Some("Error (exit code 1)".into()),
            restarts,
            ..ContainerState::default()
        }
    }

    fn log(objects: &mut Objects, lines: &[&str]) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        objects.observe_log(&object("Pod", "postgres-0"), "postgres", lines);
    }

    fn has(cause: &Cause, words: &str) {
        assert!(
            cause.chain.iter().any(|line| line.contains(words)),
            "{words}: {cause:?}"
        );
    }

    /// Another pod, with a service account's token.
    fn operator(objects: &mut Objects) {
        let pod = PodState {
            phase: "Running".into(),
            account: Some("operator".into()),
            ..PodState::default()
        };
        objects.observe(&object("Pod", "operator-1"), &ObjectState::Pod(pod));
    }

    #[test]
    fn a_missing_secret_or_key_is_hopeless_unless_somebody_may_make_it() {
        for missing in [
            "MountVolume.SetUp failed for volume \"tls\" : secret \"db-tls\" not found",
            "MountVolume.SetUp failed for volume \"conf\" : configmap references non-existent config key: my.cnf",
        ] {
            let mut objects = pending_pod("ContainerCreating", 0);
            said(&mut objects, &object("Pod", "postgres-0"), "FailedMount", missing);
            has(&cause(&objects), missing);
            assert!(cause(&objects).hopeless, "{missing}");
            operator(&mut objects);
            assert!(!cause(&objects).hopeless, "{missing}");
        }
        let env = "CreateContainerConfigError: couldn't find key PASSWORD in Secret db/db-secret";
        assert!(cause(&pending_pod(env, 0)).hopeless);
    }

    #[test]
    fn what_the_cluster_mends_by_itself_is_not_hopeless() {
        for passing in [
            "MountVolume.SetUp failed for volume \"kube-api-access\" : configmap \"kube-root-ca.crt\" not found",
            "MountVolume.SetUp failed for volume \"tls\" : failed to sync secret cache: timed out waiting",
        ] {
            let mut objects = pending_pod("ContainerCreating", 0);
            said(&mut objects, &object("Pod", "postgres-0"), "FailedMount", passing);
            has(&cause(&objects), passing);
            assert!(!cause(&objects).hopeless, "{passing}");
        }
        for passing in [
            "CreateContainerError: context deadline exceeded",
            "CreateContainerConfigError: failed to sync configmap cache: timed out",
        ] {
            assert!(!cause(&pending_pod(passing, 0)).hopeless, "{passing}");
        }
        // It was missing, and has come.
        let mut objects = with(ended(0));
        said(
            &mut objects,
            &object("Pod", "postgres-0"),
            "FailedMount",
            "secret \"late\" not found",
        );
        assert!(!cause(&objects).hopeless);
    }

    #[test]
    fn what_a_log_says_is_the_cause_and_hopeless_at_the_second_time() {
        for line in [
            "mkdir: cannot create directory '/data/pg': Permission denied",
            "FATAL:  could not write to file \"pg_wal/xlogtemp.18\": No space left on device",
            "cp: can't create '/etc/mysql/conf.d/my.cnf': Read-only file system",
            "initdb: error: directory \"/var/lib/postgresql/data\" exists but is not empty",
        ] {
            let mut objects = with(ended(0));
            log(
                &mut objects,
                &["starting", line, "child process exited with exit code 1"],
            );
            has(&cause(&objects), line);
            assert!(!cause(&objects).hopeless, "the first time: {line}");
            let mut objects = with(ended(1));
            log(
                &mut objects,
                &["starting", line, "child process exited with exit code 1"],
            );
            assert!(cause(&objects).hopeless, "{line}");
        }
        let mut objects = with(ended(1));
        log(&mut objects, &["could not connect to peer"]);
        has(&cause(&objects), "says: could not connect to peer");
        assert!(!cause(&objects).hopeless, "a peer may come");
    }

    #[test]
    fn an_init_container_that_does_not_end_is_named_with_its_last_line_and_waited_for() {
        let mut objects = with(ContainerState {
            init: true,
            running: true,
            id: Some("containerd://1".into()),
            ..ContainerState::default()
        });
        log(
            &mut objects,
            &[
                "line 3: mongosh: command not found",
                "Waiting for MongoDB to start...",
            ],
        );
        let cause = cause(&objects);
        assert_eq!(
            cause.chain,
            [
                "init container postgres of Pod postgres-0 has not ended",
                "init container postgres of Pod postgres-0 says: line 3: mongosh: command not found"
            ]
        );
        assert!(!cause.hopeless);
    }

    #[test]
    fn a_hook_that_runs_is_named_and_one_that_failed_is_quoted() {
        let creating = |post_start| ContainerState {
            waiting: Some("ContainerCreating".into()),
            post_start,
            ..ContainerState::default()
        };
        let pod = object("Pod", "postgres-0");
        let mut objects = with(creating(true));
        assert_eq!(cause(&objects), Cause::default(), "it is not started yet");
        say(&mut objects, &pod, "Normal", "Started", "Container started", 0);
        has(
            &cause(&objects),
            "postStart hook of container postgres of Pod postgres-0 has not ended",
        );
        assert!(!cause(&objects).hopeless);
        let mut objects = with(creating(false));
        say(&mut objects, &pod, "Normal", "Started", "Container started", 0);
        assert_eq!(cause(&objects), Cause::default(), "it has no hook");

        let failed = |error: &str| {
            cause(&pending_pod(
                &format!("PostStartHookError: Exec lifecycle hook ([sh /init.sh]) failed - error: {error}"),
                0,
            ))
        };
        assert!(failed("command 'sh /init.sh' exited with 127: mongosh: not found").hopeless);
        assert!(!failed("command 'sh /init.sh' exited with 1: no primary yet").hopeless);
    }

    #[test]
    fn a_liveness_loop_is_told_by_the_probe_and_the_restarts() {
        let mut objects = with(ContainerState {
            running: true,
            ..ended(1)
        });
        let pod = object("Pod", "postgres-0");
        said(
            &mut objects,
            &pod,
            "Unhealthy",
            "Liveness probe failed: no response",
        );
        let killing = "Container postgres failed liveness probe, will be restarted";
        say(&mut objects, &pod, "Normal", "Killing", killing, 2);
        say(
            &mut objects,
            &pod,
            "Normal",
            "Pulled",
            "Container image already present",
            2,
        );
        let named = cause(&objects);
        has(&named, "was started again, 1×");
        has(&named, "Liveness probe failed: no response");
        has(&named, killing);
        assert!(!named.chain.iter().any(|line| line.contains("already present")));
        assert!(!named.hopeless, "a third start may do");
        let crashing = pending_pod("CrashLoopBackOff: back-off 20s", 2);
        assert!(cause(&crashing).hopeless);
    }

    fn pending_claim(class: &str) -> Objects {
        let mut objects = pending_pod("ContainerCreating", 0);
        let state = ClaimState {
            phase: "Pending".into(),
            storage_class: Some(class.into()),
            ..Default::default()
        };
        objects.observe(
            &object("PersistentVolumeClaim", "data-postgres-0"),
            &ObjectState::Claim(state),
        );
        objects
    }

    fn volume(objects: &mut Objects, class: &str, claim: Option<&str>) {
        let state = VolumeState {
            phase: "Available".into(),
            storage_class: Some(class.into()),
            claim_uid: claim.map(str::to_owned),
            ..VolumeState::default()
        };
        objects.observe(&object("PersistentVolume", "pv"), &ObjectState::Volume(state));
    }

    #[test]
    fn a_class_that_only_names_volumes_is_hopeless_when_the_last_is_taken() {
        let about = object("PersistentVolumeClaim", "data-postgres-0");
        let missing = "storageclass.storage.k8s.io \"by-hand\" not found";
        for (claim, hopeless) in [
            (None, false),
            (Some("uid-data-postgres-0"), false),
            (Some("another"), true),
        ] {
            let mut objects = pending_claim("by-hand");
            said(&mut objects, &about, "ProvisioningFailed", missing);
            volume(&mut objects, "by-hand", claim);
            assert_eq!(cause(&objects).hopeless, hopeless, "{claim:?}");
        }
    }

    #[test]
    fn no_volume_that_fits_is_hopeless_when_it_was_looked_for_again() {
        let about = object("PersistentVolumeClaim", "data-postgres-0");
        let none = "no persistent volumes available for this claim and no storage class is set";
        for (repeated, hopeless) in [(0, false), (2, false), (3, true)] {
            let mut objects = pending_claim("");
            say(&mut objects, &about, "Normal", "FailedBinding", none, repeated);
            has(&cause(&objects), none);
            assert_eq!(cause(&objects).hopeless, hopeless, "{repeated}");
        }
    }

    #[test]
    fn a_mode_that_the_provisioner_refuses_is_hopeless() {
        let about = object("PersistentVolumeClaim", "data-postgres-0");
        let mut objects = pending_claim("standard");
        let refused = "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes";
        said(&mut objects, &about, "ProvisioningFailed", refused);
        assert!(cause(&objects).hopeless);
        let mut objects = pending_claim("standard");
        said(
            &mut objects,
            &about,
            "ProvisioningFailed",
            "create process timeout after 120 seconds",
        );
        assert!(!cause(&objects).hopeless);
    }

    #[test]
    fn a_pod_that_no_node_takes_is_named_in_the_schedulers_words() {
        let mut objects = Objects::default();
        let why = "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. preemption: none";
        let pod = PodState {
            phase: "Pending".into(),
            unschedulable: Some(why.into()),
            ..PodState::default()
        };
        objects.observe(&object("Pod", "postgres-0"), &ObjectState::Pod(pod));
        has(&cause(&objects), why);
        assert!(!cause(&objects).hopeless, "no node is known");
        let node = NodeState {
            ready: true,
            ..NodeState::default()
        };
        objects.observe(&object("Node", "node"), &ObjectState::Node(node));
        assert!(cause(&objects).hopeless);
    }
}
