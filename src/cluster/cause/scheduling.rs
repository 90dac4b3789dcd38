use crate::cluster::Objects;

/// Why a node does not do, where no waiting makes it do: the pods that keep the new one away stay where they are, and
/// the control plane's taint stays too.
const LASTING: [&str; 3] = [
    "didn't match pod anti-affinity rules",
    "didn't match Pod's node affinity/selector",
    "{node-role.kubernetes.io/control-plane",
];

/// Whether no node will take the pod as long as nobody adds or changes one: each is there, Ready and not cordoned, and
/// refuses for a reason that stays, and no pod is about to make room.
pub(super) fn stays_unschedulable(objects: &Objects, message: &str) -> bool {
    let Some(reasons) = reasons(message) else {
        return false;
    };
    let lasting = |reason: &str| LASTING.iter().any(|words| reason.contains(words));
    let mut nodes = objects.nodes().peekable();
    nodes.peek().is_some()
        && nodes.all(|node| node.ready && !node.cordoned)
        && !objects.pods().any(|(_, pod)| pod.terminating)
        && reasons.split(", ").all(lasting)
}

/// The reasons in `0/3 nodes are available: 1 node(s) …, 2 node(s) …. preemption: …`.
fn reasons(message: &str) -> Option<&str> {
    let (_, reasons) = message.split_once("nodes are available: ")?;
    let reasons = reasons.split_once(". ").map_or(reasons, |(reasons, _)| reasons);
    Some(reasons.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{NodeState, ObjectRef, ObjectState, PodState};

    const APART: &str = "0/2 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 1 node(s) had \
                         untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/2 nodes are \
                         available: 1 No preemption victims found for incoming pod.";

    fn object(kind: &str, name: &str) -> ObjectRef {
        ObjectRef {
            kind: kind.into(),
            namespace: String::new(),
            name: name.into(),
            uid: name.into(),
        }
    }

    fn nodes(cordoned: bool) -> Objects {
        let mut objects = Objects::default();
        for (name, cordoned) in [("one", false), ("two", cordoned)] {
            let node = NodeState {
                ready: true,
                cordoned,
                ..NodeState::default()
            };
            objects.observe(&object("Node", name), &ObjectState::Node(node));
        }
        objects
    }

    #[test]
    fn anti_affinity_with_every_node_there_is_hopeless() {
        assert!(stays_unschedulable(&nodes(false), APART));
    }

    #[test]
    fn a_cordon_or_a_pod_that_goes_may_make_room() {
        assert!(!stays_unschedulable(&nodes(true), APART));
        let mut leaving = nodes(false);
        let pod = PodState {
            terminating: true,
            ..PodState::default()
        };
        leaving.observe(&object("Pod", "web-0"), &ObjectState::Pod(Box::new(pod)));
        assert!(!stays_unschedulable(&leaving, APART));
    }

    #[test]
    fn what_may_pass_is_waited_for() {
        for passing in [
            "0/1 nodes are available: 1 Insufficient cpu. preemption: none",
            "0/1 nodes are available: 1 node(s) had volume node affinity conflict.",
            "0/2 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 1 node(s) had untolerated taint \
             {node.kubernetes.io/not-ready: }.",
            "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
            "running PreBind plugin",
        ] {
            assert!(!stays_unschedulable(&nodes(false), passing), "{passing}");
        }
        assert!(!stays_unschedulable(&Objects::default(), APART));
    }
}
