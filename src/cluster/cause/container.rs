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
        let again = objects.restarts(pod, container) >= LASTING_RESTARTS && !container.running;
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
        // Why it ended stands in the last line of its log, which may come later than the word that it ended.
        "CrashLoopBackOff" => {
            objects.restarts(pod, container) >= HOPELESS_RESTARTS && objects.has_read_log(pod, container)
        }
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

#[cfg(test)]
mod tests {
    use crate::cluster::cause::Cause;
    use crate::cluster::cause::sample::{cause, ended, has, log, object, pending_pod, said, say, with};
    use crate::history::{ContainerState, ObjectState, PodState};

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

    /// A campaign kills a server ten times: the kubelet backs off, and the server is as well as before.
    #[test]
    fn a_crash_that_was_done_to_it_is_none_of_its_own() {
        let mut objects = pending_pod("CrashLoopBackOff: back-off 10s", 3);
        let pod = object("Pod", "postgres-0");
        for _ in 0..3 {
            objects.observe_kill(&pod, "postgres");
        }
        assert!(!cause(&objects).hopeless);
        let two_more = ObjectState::Pod(Box::new(PodState {
            containers: vec![ContainerState {
                name: "postgres".into(),
                waiting: Some("CrashLoopBackOff: back-off 20s".into()),
                restarts: 5,
                ..Default::default()
            }],
            ..Default::default()
        }));
        objects.observe(&pod, &two_more);
        assert!(cause(&objects).hopeless);
    }

    #[test]
    fn a_crash_loop_is_told_when_its_log_was_read_to_the_end() {
        let mut objects = with(ContainerState {
            waiting: Some("CrashLoopBackOff: back-off 20s".into()),
            ..ended(2)
        });
        log(&mut objects, &["Data page checksums are disabled."]);
        assert!(!cause(&objects).hopeless, "the last line is still to come");
        log(&mut objects, &["could not connect to peer"]);
        let pod = object("Pod", "postgres-0");
        objects.observe_log_end(&pod, "postgres", "containerd://0");
        assert!(!cause(&objects).hopeless, "of the start before");
        objects.observe_log_end(&pod, "postgres", "containerd://1");
        let cause = cause(&objects);
        has(&cause, "could not connect to peer");
        assert!(cause.hopeless);
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
}
