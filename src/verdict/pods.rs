use std::collections::BTreeMap;

use super::view::{DrillView, POD};
use crate::history::{Event, ObjectState, PodState};

/// A watch's word on a pod of the workload.
#[derive(Clone, Copy)]
pub(super) struct Word<'h> {
    pub place: usize,
    /// Its `metadata.resourceVersion`; none where it was deleted.
    pub version: Option<&'h str>,
    /// Its state; none where it was deleted.
    pub state: Option<&'h PodState>,
}

/// One pod of the workload from its first sighting to its last, as the watch told it.
pub(super) struct Life<'h> {
    pub ordinal: u32,
    pub name: &'h str,
    pub uid: &'h str,
    words: Vec<Word<'h>>,
}

impl<'h> Life<'h> {
    /// Its first sighting.
    pub fn first(&self) -> Word<'h> {
        self.words[0]
    }

    /// Whether the watch saw it as it was made. What a list found may be older: a pod that is scheduled, or has an
    /// address, was made before it was seen.
    pub fn born(&self) -> bool {
        self.first().state.is_some_and(|state| {
            state.node.is_none() && state.ip.is_none() && !state.ready && !state.terminating
        })
    }

    /// When it was first Ready.
    pub fn ready(&self) -> Option<Word<'h>> {
        self.words
            .iter()
            .copied()
            .find(|word| word.state.is_some_and(|state| state.ready))
    }

    /// When its deletion was first seen: its time stamp, or that it was gone.
    pub fn ending(&self) -> Option<Word<'h>> {
        self.words
            .iter()
            .copied()
            .find(|word| word.state.is_none_or(|state| state.terminating))
    }

    /// When it was gone.
    pub fn gone(&self) -> Option<Word<'h>> {
        self.words.iter().copied().find(|word| word.state.is_none())
    }

    /// The last word on it before a place of the history.
    pub fn before(&self, place: usize) -> Option<Word<'h>> {
        self.words.iter().rfind(|word| word.place < place).copied()
    }

    /// The last that was seen of its state.
    pub fn last_state(&self) -> Option<&'h PodState> {
        self.words.iter().rev().find_map(|word| word.state)
    }

    /// Whether it was there at a place of the history.
    pub fn is_at(&self, place: usize) -> bool {
        self.before(place).is_some_and(|word| word.state.is_some())
    }
}

/// Every pod that had a name of the workload's, in the order in which they were first seen.
pub(super) fn lives<'h>(view: &DrillView<'h>) -> Vec<Life<'h>> {
    let mut lives: Vec<Life<'h>> = Vec::new();
    let mut known = BTreeMap::new();
    for at in view.all() {
        let (object, version, state) = match at.event {
            Event::Observed {
                object,
                version,
                state: ObjectState::Pod(state),
            } => (object, Some(version.as_str()), Some(&**state)),
            Event::Gone { object } if object.kind == POD => (object, None, None),
            _ => continue,
        };
        let ordinal = object
            .name
            .strip_prefix(&view.workload.name)
            .and_then(|rest| rest.strip_prefix('-')?.parse().ok());
        let Some(ordinal) = ordinal.filter(|_| object.namespace == view.workload.namespace) else {
            continue;
        };
        let word = Word {
            place: at.place,
            version,
            state,
        };
        let index = *known.entry(object.uid.as_str()).or_insert_with(|| {
            lives.push(Life {
                ordinal,
                name: &object.name,
                uid: &object.uid,
                words: Vec::new(),
            });
            lives.len() - 1
        });
        lives[index].words.push(word);
    }
    lives
}
