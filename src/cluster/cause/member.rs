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
    use crate::cluster::cause::sample::{cause, has, object};
    use crate::history::{NodeState, ObjectState, PodState};

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
