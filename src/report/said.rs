use crate::history::{ClusterEvent, Event, ObjectState, Record};

/// What the cluster itself said of its objects, each sentence once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub about: String,
    pub reason: String,
    pub message: String,
    /// How often.
    pub times: u32,
}

/// No more sentences than these are shown.
const SHOWN: usize = 24;

/// The warnings of a namespace's objects in these records, in the order in which they were first said.
pub(super) fn warnings(records: &[Record], namespace: &str) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    for record in records {
        let Event::Observed {
            object,
            state: ObjectState::Event(event),
            ..
        } = &record.event
        else {
            continue;
        };
        if event.severity != "Warning" || object.namespace != namespace {
            continue;
        }
        let said = said(event);
        let known = all.iter_mut().find(|known| {
            known.about == said.about && known.reason == said.reason && known.message == said.message
        });
        if let Some(known) = known {
            known.times = known.times.max(said.times);
        } else if all.len() < SHOWN {
            all.push(said);
        }
    }
    all
}

fn said(event: &ClusterEvent) -> Said {
    Said {
        about: format!("{} {}", event.about_kind, event.about_name),
        reason: event.reason.clone(),
        message: event.message.clone(),
        times: event.repeated.max(1),
    }
}
