use super::Cause;
use super::chain::{warnings, words};
use super::claim::claim_cause;
use super::pod::pod_cause;
use super::quota::stays_over_quota;
use crate::cluster::Objects;
use crate::history::{ClusterEvent, ObjectRef};

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
                    let hopeless =
                        is_last_about(pod, event, objects, object) && stays_over_quota(&event.message);
                    cause.say_final(format!("StatefulSet {set}: {}", words(event)), hopeless);
                }
            }
            // A pod that no set makes.
            None if pod == set => cause.say(format!("Pod {pod} does not exist")),
            None => cause.say(format!("neither Pod {pod} nor StatefulSet {set} exists")),
        },
    }
    for name in claims {
        claim_cause(&mut cause, objects, namespace, name);
    }
    cause
}

/// Whether it is the last that a set's controller has said of making this pod: what it said before has passed.
fn is_last_about(pod: &str, event: &ClusterEvent, objects: &Objects, set: &ObjectRef) -> bool {
    let made = format!("Pod {pod} in StatefulSet");
    let mut about = objects.events(&set.uid).iter().rev();
    about.find(|said| said.message.contains(&made)) == Some(event)
}

/// Why a pod is not Ready, by itself: a Deployment's, or the vantage.
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
    use crate::cluster::Objects;
    use crate::cluster::cause::sample::{cause, has, object, said, say};
    use crate::history::{NodeState, ObjectState, PodState};

    /// The set, with none of its pods.
    fn set_without_pods() -> Objects {
        let mut objects = Objects::default();
        let set = ObjectState::Set(Box::default());
        objects.observe(&object("StatefulSet", "postgres"), &set);
        objects
    }

    #[test]
    fn a_pod_that_a_quota_forbids_is_named_by_its_set() {
        let set = object("StatefulSet", "postgres");
        let forbidden = |limit: &str| {
            format!(
                "create Pod postgres-0 in StatefulSet postgres failed error: pods \"postgres-0\" is forbidden: exceeded \
                 quota: small, requested: pods=1, used: pods={limit}, limited: pods={limit}"
            )
        };
        let mut objects = set_without_pods();
        said(&mut objects, &set, "FailedCreate", &forbidden("0"));
        assert_eq!(
            cause(&objects).chain,
            [
                "Pod postgres-0 does not exist".to_owned(),
                format!("StatefulSet postgres: FailedCreate: {}", forbidden("0"))
            ]
        );
        assert!(cause(&objects).hopeless);

        // Somebody else's pod may go.
        let mut objects = set_without_pods();
        said(&mut objects, &set, "FailedCreate", &forbidden("1"));
        has(&cause(&objects), "exceeded quota");
        assert!(!cause(&objects).hopeless);

        // It was forbidden, and has been made since; this one is only not there yet.
        let mut objects = set_without_pods();
        said(&mut objects, &set, "FailedCreate", &forbidden("0"));
        let made = "create Pod postgres-0 in StatefulSet postgres successful";
        say(&mut objects, &set, "Normal", "SuccessfulCreate", made, 0);
        has(&cause(&objects), "exceeded quota");
        assert!(!cause(&objects).hopeless);

        // Another member's is not this one's.
        let mut objects = set_without_pods();
        let other = forbidden("0").replace("postgres-0", "postgres-1");
        said(&mut objects, &set, "FailedCreate", &other);
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
        objects.observe(&object("Pod", "postgres-0"), &ObjectState::Pod(Box::new(pod)));
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
