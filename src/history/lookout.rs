use super::{ClusterEvent, Event, ObjectRef, ObjectState, PodState};
use crate::plan::{End, Sign};

/// Which of the named ends a history shows, fed with its events in their order.
///
/// The run asks it when to stop, and the verdict whether it was right.
///
/// ```
/// use stateproof::history::{ClusterEvent, Event, Lookout, ObjectRef, ObjectState};
/// use stateproof::plan::End;
///
/// let ends: Vec<End> = vec!["PersistentVolumeClaim/data-web-1:event=ProvisioningFailed: storageclass".parse()?];
/// let mut lookout = Lookout::new("default", &ends);
/// assert!(!lookout.all_seen());
/// lookout.feed(&Event::Observed {
///     object: ObjectRef {
///         kind: "Event".into(), namespace: "default".into(), name: "data-web-1.17".into(), uid: "e".into(),
///     },
///     version: "7".into(),
///     state: ObjectState::Event(Box::new(ClusterEvent {
///         about_kind: "PersistentVolumeClaim".into(),
///         about_name: "data-web-1".into(),
///         reason: "ProvisioningFailed".into(),
///         message: "storageclass.storage.k8s.io \"fast\" not found".into(),
///         ..ClusterEvent::default()
///     })),
/// });
/// assert!(lookout.all_seen());
/// # Ok::<(), stateproof::plan::NotAnEnd>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lookout<'e> {
    namespace: &'e str,
    sought: Vec<Sought<'e>>,
}

#[derive(Clone, Debug)]
struct Sought<'e> {
    end: &'e End,
    /// What showed it, in the cluster's words.
    seen: Option<String>,
    /// The object of this name that there is, by its UID.
    uid: Option<String>,
}

impl<'e> Lookout<'e> {
    /// For these ends of objects in this namespace.
    #[must_use]
    pub fn new(namespace: &'e str, ends: &'e [End]) -> Self {
        let sought = ends.iter().map(|end| Sought {
            end,
            seen: None,
            uid: None,
        });
        Self {
            namespace,
            sought: sought.collect(),
        }
    }

    /// Takes in the next event of the history.
    pub fn feed(&mut self, event: &Event) {
        for sought in &mut self.sought {
            match event {
                Event::Observed {
                    object,
                    state: ObjectState::Event(said),
                    ..
                } if object.namespace == self.namespace => sought.event(said),
                Event::Observed { object, state, .. } if sought.is_about(object, self.namespace) => {
                    sought.uid = Some(object.uid.clone());
                    sought.state(state);
                }
                Event::Gone { object } if sought.uid.as_ref() == Some(&object.uid) => sought.gone(),
                Event::Log { object, lines, .. } if sought.is_about(object, self.namespace) => {
                    sought.log(lines);
                }
                _ => {}
            }
        }
    }

    /// Whether every named end is seen, and those that are states still stand.
    #[must_use]
    pub fn all_seen(&self) -> bool {
        self.sought.iter().all(|sought| sought.seen.is_some())
    }

    /// The ends that are seen, and what showed each.
    pub fn seen(&self) -> impl Iterator<Item = (&'e End, &str)> {
        self.sought
            .iter()
            .filter_map(|sought| Some((sought.end, sought.seen.as_deref()?)))
    }

    /// The ends that are not seen.
    pub fn unseen(&self) -> impl Iterator<Item = &'e End> {
        let unseen = self.sought.iter().filter(|sought| sought.seen.is_none());
        unseen.map(|sought| sought.end)
    }
}

impl Sought<'_> {
    fn is_about(&self, object: &ObjectRef, namespace: &str) -> bool {
        object.kind == self.end.kind && object.name == self.end.name && object.namespace == namespace
    }

    /// Whether it counts only as long as it is so.
    fn is_state(&self) -> bool {
        matches!(self.end.sign, Sign::Phase | Sign::Unschedulable)
    }

    fn state(&mut self, state: &ObjectState) {
        let found = match state {
            ObjectState::Pod(pod) => self.pod(pod),
            ObjectState::Claim(claim) => self.phase(&claim.phase),
            _ => None,
        };
        if self.is_state() || found.is_some() {
            self.seen = found;
        }
    }

    fn pod(&self, pod: &PodState) -> Option<String> {
        let text = self.end.text.as_str();
        let containers = pod.containers.iter();
        let mut words: Box<dyn Iterator<Item = &String>> = match self.end.sign {
            Sign::Phase => return self.phase(&pod.phase),
            Sign::Waiting => Box::new(containers.filter_map(|one| one.waiting.as_ref())),
            Sign::Terminated => Box::new(containers.filter_map(|one| one.terminated.as_ref())),
            Sign::Unschedulable => Box::new(pod.unschedulable.iter()),
            Sign::Event | Sign::Log => return None,
        };
        words.find(|words| words.contains(text)).cloned()
    }

    fn phase(&self, phase: &str) -> Option<String> {
        (self.end.sign == Sign::Phase && self.end.text == phase).then(|| phase.to_owned())
    }

    fn gone(&mut self) {
        self.uid = None;
        if self.is_state() {
            self.seen = None;
        }
    }

    fn event(&mut self, said: &ClusterEvent) {
        let End {
            kind,
            name,
            text,
            event_type,
            sign,
        } = self.end;
        let about = *sign == Sign::Event && said.about_kind == *kind && said.about_name == *name;
        let of_type = event_type.is_none_or(|wanted| wanted.name() == said.severity);
        if about && of_type && says(&said.reason, &said.message, text) {
            let typed = event_type.map_or_else(String::new, |of| format!("{}/", of.name()));
            self.seen = Some(format!("{typed}{}: {}", said.reason, said.message));
        }
    }

    fn log(&mut self, lines: &[String]) {
        if self.end.sign == Sign::Log
            && let Some(line) = lines.iter().rev().find(|line| line.contains(&self.end.text))
        {
            self.seen = Some(line.clone());
        }
    }
}

/// `REASON: TEXT` asks for this reason, and for a message with this text; anything else may stand anywhere.
fn says(reason: &str, message: &str, text: &str) -> bool {
    match text.split_once(": ") {
        Some((wanted, part)) if wanted == reason => message.contains(part),
        _ => format!("{reason}: {message}").contains(text),
    }
}
