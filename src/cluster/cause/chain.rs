use crate::cluster::Objects;
use crate::history::{ClusterEvent, ObjectRef};

/// Why something is not as awaited, in the cluster's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// From the nearest object to the root: pod, container, claim, set; a line each.
    pub chain: Vec<String>,
    /// Whether waiting longer cannot help unless somebody changes something.
    pub hopeless: bool,
}

impl Cause {
    pub(super) fn say(&mut self, line: String) {
        if !self.chain.contains(&line) {
            self.chain.push(line);
        }
    }

    /// Says it; and that it does not go away by itself, where that is so.
    pub(super) fn say_final(&mut self, line: String, hopeless: bool) {
        self.say(line);
        self.hopeless |= hopeless;
    }

    /// The kubelet says the same thing as a container's state and in one event after the other, a few words around it.
    pub(super) fn has_said(&self, message: &str) -> bool {
        let (_, core) = message.split_once(": ").unwrap_or(("", message));
        self.chain.iter().any(|line| line.contains(core))
    }
}

/// The cluster's warnings about an object.
pub(super) fn warnings<'a>(
    objects: &'a Objects,
    object: &ObjectRef,
) -> impl Iterator<Item = &'a ClusterEvent> {
    objects
        .events(&object.uid)
        .iter()
        .filter(|event| event.severity == "Warning")
}

pub(super) fn words(event: &ClusterEvent) -> String {
    format!("{}: {}", event.reason, event.message)
}
