use super::model::Finding;
use super::pods::Life;
use super::timeline::{Notes, Timeline, Window, at, compare};
use crate::history::Fault;

impl<'h> Timeline<'_, 'h> {
    /// Every pod was replaced by one of the new revision, one at a time, the highest ordinal first, and none beside
    /// them.
    pub fn rolled(&self, window: Window, fault: Fault, replicas: u32) -> Finding {
        if let Some(broken) = self.broken(window) {
            return broken;
        }
        let mut notes = Notes::default();
        let mut behind: Option<&Life<'h>> = None;
        let mut revisions = Vec::new();
        for ordinal in (0..replicas).rev() {
            let name = self.name(ordinal);
            let Some(old) = self.there(ordinal, window) else {
                notes
                    .unknown
                    .push(format!("{name} was not seen before the update"));
                continue;
            };
            let new = self
                .lives
                .iter()
                .find(|life| life.ordinal == ordinal && window.has(life.first().place));
            let (Some(ending), Some(gone), Some(new)) = (old.ending(), old.gone(), new) else {
                self.missing(&mut notes, format!("{name} was not replaced"));
                continue;
            };
            if new.first().place < gone.place {
                notes
                    .wrong
                    .push(format!("{name} was made again before the old pod was gone"));
            }
            match behind.map(|behind| (behind, behind.ready())) {
                Some((behind, Some(ready))) if ready.place < ending.place => match compare(ready, ending) {
                    Ok(versions) => notes.right.push(format!(
                        "{name}'s deletion began after the new {} was Ready{versions}",
                        behind.name
                    )),
                    Err(why) => notes.unknown.push(why),
                },
                Some((behind, _)) => notes.wrong.push(format!(
                    "{name}'s deletion began{} before the new {} was Ready",
                    at(ending),
                    behind.name
                )),
                None => {}
            }
            behind = Some(new);
            revisions.push((name, new.last_state().and_then(|state| state.revision.as_deref())));
        }
        self.surplus(window, replicas, &mut notes);
        self.revised(window, fault, &revisions, &mut notes);
        notes.finding()
    }

    /// A pod beyond the ordinals that there should be.
    fn surplus(&self, window: Window, replicas: u32, notes: &mut Notes) {
        let made = self.lives.iter().filter(|life| window.has(life.first().place));
        for life in made.filter(|life| life.ordinal >= replicas) {
            notes
                .wrong
                .push(format!("{} is one more than asked for", life.name));
        }
    }

    /// The new pods' revision: another than before, and after a rollback that of the beginning.
    fn revised(&self, window: Window, fault: Fault, new: &[(String, Option<&str>)], notes: &mut Notes) {
        let of = |place: usize| {
            let there = self.lives.iter().filter(|life| life.is_at(place));
            let mut revisions: Vec<_> = there
                .filter_map(|life| life.before(place)?.state?.revision.as_deref())
                .collect();
            revisions.sort_unstable();
            revisions.dedup();
            revisions
        };
        let first = self
            .view
            .fault(Fault::Restart)
            .map_or(window.from, |fault| fault.place);
        let (before, original) = (of(window.from), of(first));
        let mut names: Vec<_> = new.iter().map(|(_, revision)| *revision).collect();
        names.sort_unstable();
        names.dedup();
        let revision = match names.as_slice() {
            [Some(one)] => *one,
            [] => return,
            _ => {
                let list = new
                    .iter()
                    .map(|(name, revision)| format!("{name} {}", revision.unwrap_or("of none")));
                let list: Vec<_> = list.collect();
                notes
                    .wrong
                    .push(format!("the pods are not of one revision: {}", list.join(", ")));
                return;
            }
        };
        if before.contains(&revision) {
            notes
                .wrong
                .push(format!("the pods are of the revision that they had, {revision}"));
        } else if fault == Fault::Restart {
            notes
                .right
                .push(format!("every pod is of the new revision {revision}"));
        } else if original == [revision] {
            notes
                .right
                .push(format!("every pod is of the first revision again, {revision}"));
        } else {
            notes.wrong.push(format!(
                "every pod is of revision {revision}, not of the first, {}",
                original.join(", ")
            ));
        }
    }
}
