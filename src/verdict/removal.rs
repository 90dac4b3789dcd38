use super::model::Finding;
use super::pods::{Life, Word};
use super::timeline::{Notes, Timeline, Window, at};
use crate::workload::PodManagement;

impl<'h> Timeline<'_, 'h> {
    /// Members from one ordinal up to another were removed in this window, the highest first.
    pub fn removed(&self, window: Window, from: u32, to: u32) -> Finding {
        if let Some(broken) = self.broken(window) {
            return broken;
        }
        let mut notes = Notes::default();
        let mut ended = Vec::new();
        for ordinal in (from..to).rev() {
            let Some(life) = self.there(ordinal, window) else {
                notes.unknown.push(format!(
                    "{} was not seen before it was to be removed",
                    self.name(ordinal)
                ));
                continue;
            };
            match (life.ending(), life.gone()) {
                (Some(ending), Some(gone)) if window.has(ending.place) && window.has(gone.place) => {
                    ended.push((life, ending, gone));
                }
                _ => self.missing(&mut notes, format!("{} was not removed", life.name)),
            }
        }
        if self.view.workload.pod_management == PodManagement::Parallel && ended.len() > 1 {
            removed_at_once(&ended, &mut notes);
            return notes.finding();
        }
        for pair in ended.windows(2) {
            let ((behind, _, gone), (life, ending, _)) = (&pair[0], &pair[1]);
            let (order, list) = if ending.place > gone.place {
                ("after", &mut notes.right)
            } else {
                ("before", &mut notes.wrong)
            };
            list.push(format!(
                "{}'s deletion began{} {order} {} was gone",
                life.name,
                at(*ending),
                behind.name
            ));
        }
        if let [(only, ending, _)] = ended.as_slice() {
            notes.right.push(format!(
                "{} was removed{}: the highest ordinal{}",
                only.name,
                at(*ending),
                self.newest(window, only)
            ));
        }
        notes.finding()
    }

    /// Says so where the pod with the highest ordinal was not the newest, and went all the same.
    fn newest(&self, window: Window, removed: &Life<'h>) -> String {
        let there = self.lives.iter().filter(|life| life.is_at(window.from));
        let newest = there.max_by_key(|life| life.first().place);
        newest
            .filter(|newest| newest.uid != removed.uid)
            .map_or(String::new(), |newest| {
                format!(", though {} was the newest pod", newest.name)
            })
    }
}

/// With `Parallel`: all deletions began before the first of the pods was gone.
fn removed_at_once(ended: &[(&Life<'_>, Word<'_>, Word<'_>)], notes: &mut Notes) {
    let last = ended.iter().max_by_key(|(_, ending, _)| ending.place);
    let first = ended.iter().min_by_key(|(_, _, gone)| gone.place);
    let (Some((last, ending, _)), Some((first, _, gone))) = (last, first) else {
        return;
    };
    let names: Vec<_> = ended.iter().map(|(life, _, _)| life.name).collect();
    if ending.place <= gone.place {
        notes.right.push(format!(
            "the deletion of {} began before {} was the first to be gone",
            names.join(", "),
            first.name
        ));
    } else {
        notes.wrong.push(format!(
            "{}'s deletion began{} after {} was gone: not in parallel",
            last.name,
            at(*ending),
            first.name
        ));
    }
}
