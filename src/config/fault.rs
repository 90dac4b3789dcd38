use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::ConfigProblem;
use super::mask::masked;
use crate::manifest::{Place, Problem};

/// The most letters in which a key may differ from the one that was meant.
const NEAR: usize = 3;

/// A file's text, for messages.
pub(super) struct File<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
}

impl File<'_> {
    /// A place in it, without what may be a password.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        Place::in_text(self.name, masked(self.text), span)
    }

    /// Where a key is set first.
    pub(super) fn find(&self, key: &str) -> Range<usize> {
        let mut begin = 0;
        for line in self.text.split_inclusive('\n') {
            let indent = line.len() - line.trim_start().len();
            if line[indent..].starts_with(key) {
                return begin + indent..begin + indent + key.len();
            }
            begin += line.len();
        }
        let at = self.text.find(key).unwrap_or_default();
        at..at + key.len()
    }

    /// What the parser says, without a value that it quotes: it may be a password in the wrong place.
    pub(super) fn not_read(&self, error: &toml::de::Error) -> Problem {
        let span = error.span().unwrap_or_default();
        let message = error.message();
        if let Some((key, known)) = names(message, "unknown field") {
            // The span may be the table's: the key is looked for in it.
            let within = self.text.get(span.clone()).unwrap_or_default();
            let span = match within.find(&key) {
                Some(at) if within != key => span.start + at..span.start + at + key.len(),
                _ => span,
            };
            let problem = Problem::new(ConfigProblem::UnknownKey {
                suggestion: suggestion(&key, known.iter().map(String::as_str)),
                known: format!("there are {}", known.join(", ")),
                key,
            });
            return problem.at(self.place(span), "no such key");
        }
        if let Some((value, known)) = names(message, "unknown variant") {
            return Problem::new(ConfigProblem::WrongValue {
                fault: format!(
                    "there is no `{value}` here{}",
                    suggestion(&value, known.iter().map(String::as_str))
                ),
                help: format!("there are {}", known.join(", ")),
            })
            .at(self.place(span), "not one of those that there are");
        }
        let is_type = message.starts_with("invalid ") || message.starts_with("no duration");
        if let (true, Some((_, expected))) = (is_type, message.rsplit_once("expected ")) {
            return Problem::new(ConfigProblem::WrongValue {
                fault: format!("a value of the wrong type: expected {expected}"),
                help: format!("write {expected}"),
            })
            .at(self.place(span), "this");
        }
        if message.contains("names no end") || message.contains("no end") {
            return Problem::new(ConfigProblem::WrongValue {
                fault: message.to_owned(),
                help: "write `KIND/NAME:SIGN=TEXT`, see `stateproof verify --help`".to_owned(),
            })
            .at(self.place(span), "this");
        }
        let yaml = Path::new(self.name)
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        let help = if yaml {
            "`--config` names a stateproof.toml; the configuration of kind or k3d is named with `--cluster-config`"
        } else {
            "correct it at this place"
        };
        Problem::new(ConfigProblem::NotToml {
            reason: message.lines().next().unwrap_or_default().to_owned(),
            help: help.to_owned(),
        })
        // Where the text is no TOML, nobody knows what in it is a value.
        .at(self.place(span).hidden(), "here")
    }
}

/// The name that serde does not know, and those that it does: "unknown field `a`, expected one of `b`, `c`".
fn names(message: &str, what: &str) -> Option<(String, Vec<String>)> {
    let mut quoted = message.strip_prefix(what)?.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?.to_owned();
    Some((unknown, quoted.map(str::to_owned).collect()))
}

/// The nearest of the known names, as the end of a message; empty where none is near.
pub(super) fn suggestion<'k>(wrong: &str, known: impl Iterator<Item = &'k str>) -> String {
    let distances: BTreeMap<usize, &str> = known
        .map(|name| (strsim::damerau_levenshtein(&wrong.replace('-', "_"), name), name))
        .collect();
    match distances.first_key_value() {
        Some((distance, name)) if *distance <= NEAR && *distance < name.len() / 2 => {
            format!("; did you mean `{name}`?")
        }
        _ => String::new(),
    }
}
