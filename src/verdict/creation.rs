use super::model::Finding;
use super::pods::Life;
use super::timeline::{Notes, Timeline, Window, at, compare};
use crate::workload::PodManagement;

impl<'h> Timeline<'_, 'h> {
    /// Members from one ordinal up to another were created in this window.
    pub fn created(&self, window: Window, from: u32, to: u32) -> Finding {
        if let Some(broken) = self.broken(window) {
            return broken;
        }
        let mut notes = Notes::default();
        let mut made = Vec::new();
        for ordinal in from..to {
            let found = self
                .lives
                .iter()
                .find(|life| life.ordinal == ordinal && window.has(life.first().place));
            match found {
                Some(life) if life.born() => made.push(life),
                Some(life) => notes.unknown.push(format!(
                    "{} was not seen as it was made: the watch found it there",
                    life.name
                )),
                None => self.missing(&mut notes, format!("{} was not created", self.name(ordinal))),
            }
        }
        let parallel = self.view.workload.pod_management == PodManagement::Parallel;
        if let [only] = made.as_slice()
            && (parallel || only.ordinal == 0)
        {
            notes
                .right
                .push(format!("{} was created{}", only.name, at(only.first())));
        }
        if parallel {
            created_at_once(&made, &mut notes);
        } else {
            for life in made.iter().filter(|life| life.ordinal > 0) {
                self.created_after(life, &mut notes);
            }
        }
        notes.finding()
    }

    /// A member was created after the one before it was Ready.
    fn created_after(&self, life: &Life<'h>, notes: &mut Notes) {
        let made = life.first();
        let before = life.ordinal - 1;
        let predecessor = self
            .lives
            .iter()
            .rfind(|other| other.ordinal == before && other.is_at(made.place));
        let Some(predecessor) = predecessor else {
            notes.wrong.push(format!(
                "{} was created{} while there was no {}",
                life.name,
                at(made),
                self.name(before)
            ));
            return;
        };
        let is_ready = predecessor
            .before(made.place)
            .and_then(|word| word.state)
            .is_some_and(|state| state.ready && !state.terminating);
        match predecessor.ready() {
            Some(ready) if is_ready => match compare(ready, made) {
                Ok(versions) => notes.right.push(format!(
                    "{} was created after {} was Ready{versions}",
                    life.name, predecessor.name
                )),
                Err(why) => notes.unknown.push(why),
            },
            _ => notes.wrong.push(format!(
                "{} was created{} before {} was Ready{}",
                life.name,
                at(made),
                predecessor.name,
                predecessor
                    .ready()
                    .filter(|ready| ready.place > made.place)
                    .map_or(String::new(), at)
            )),
        }
    }
}

/// With `Parallel`: all were created before the first of them was Ready.
fn created_at_once(made: &[&Life<'_>], notes: &mut Notes) {
    if made.len() < 2 {
        return;
    }
    let last = made.iter().max_by_key(|life| life.first().place);
    let ready = made.iter().filter_map(|life| Some((life, life.ready()?)));
    let (Some(last), Some((first, ready))) = (last, ready.min_by_key(|(_, ready)| ready.place)) else {
        notes.unknown.push("none of the pods was seen Ready".into());
        return;
    };
    let names: Vec<_> = made.iter().map(|life| life.name).collect();
    if last.first().place > ready.place {
        notes.wrong.push(format!(
            "{} was created{} after {} was Ready{}: not in parallel",
            last.name,
            at(last.first()),
            first.name,
            at(ready)
        ));
        return;
    }
    match compare(last.first(), ready) {
        Ok(versions) => notes.right.push(format!(
            "{} were all created before {} was the first to be Ready{versions}",
            names.join(", "),
            first.name
        )),
        Err(why) => notes.unknown.push(why),
    }
}
