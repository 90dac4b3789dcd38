use super::model::Finding;
use super::pods::{Life, Word};
use super::view::{DrillView, Ending, POD};
use crate::plan::Outcome;

/// A part of the history: after one place and before another.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub from: usize,
    pub to: usize,
}

impl Window {
    pub fn has(self, place: usize) -> bool {
        place > self.from && place < self.to
    }
}

/// What the watch told of a workload's pods, for one drill.
pub(super) struct Timeline<'v, 'h> {
    pub view: &'v DrillView<'h>,
    pub lives: Vec<Life<'h>>,
}

/// What was found in one window: what is wrong, what nobody knows, what is right.
#[derive(Default)]
pub(super) struct Notes {
    pub wrong: Vec<String>,
    pub unknown: Vec<String>,
    pub right: Vec<String>,
}

impl Notes {
    pub fn is_empty(&self) -> bool {
        self.wrong.is_empty() && self.unknown.is_empty() && self.right.is_empty()
    }

    pub fn finding(self) -> Finding {
        if !self.wrong.is_empty() {
            Finding::violated(self.wrong)
        } else if self.unknown.is_empty() {
            Finding::held(self.right)
        } else {
            Finding {
                observed: Outcome::Inconclusive,
                evidence: self.unknown,
            }
        }
    }
}

impl<'h> Timeline<'_, 'h> {
    /// The pod of an ordinal that was there when a window began.
    pub fn there(&self, ordinal: u32, window: Window) -> Option<&Life<'h>> {
        self.lives
            .iter()
            .rfind(|life| life.ordinal == ordinal && life.is_at(window.from))
    }

    /// Something that did not happen: refuted only where every step was done.
    pub fn missing(&self, notes: &mut Notes, what: String) {
        if self.view.ending == Ending::Complete {
            notes.wrong.push(what);
        } else {
            notes.unknown.push(what);
        }
    }

    /// A broken watch may have missed what was between.
    pub fn broken(&self, window: Window) -> Option<Finding> {
        self.view.gap(POD, window.from, window.to).then(|| {
            Finding::inconclusive(
                "the watch on pods broke and was begun again with a list: what happened in between has no order",
            )
        })
    }

    pub fn name(&self, ordinal: u32) -> String {
        self.view.workload.member(ordinal).pod
    }
}

/// The resourceVersions of two sightings, the earlier first, as the evidence prints them.
///
/// Within one kind they are numbers that grow (Kubernetes' "API concepts: Resource versions"); should the watch have
/// told otherwise, one of the two is not what it seems.
pub(super) fn compare(earlier: Word<'_>, later: Word<'_>) -> Result<String, String> {
    let number = |word: Word<'_>| word.version.and_then(revision);
    match (number(earlier), number(later)) {
        (Some(before), Some(after)) if before < after => Ok(format!(" (resourceVersion {after} > {before})")),
        (Some(before), Some(after)) => Err(format!(
            "the watch told resourceVersion {before} before {after}: the history contradicts itself"
        )),
        _ => Ok(String::new()),
    }
}

/// A resourceVersion as the number that it is, but for what an API server of another make may say.
pub(super) fn revision(version: &str) -> Option<u128> {
    version.parse().ok()
}

pub(super) fn at(word: Word<'_>) -> String {
    word.version
        .map_or(String::new(), |version| format!(" (resourceVersion {version})"))
}
