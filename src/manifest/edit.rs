use std::ops::Range;

use super::Manifest;
use super::source::Source;
use super::spot::{Parts, Spot};

/// A change to a manifest file's text that leaves every other byte as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file, as it was named when it was read.
    pub file: String,
    /// The bytes that are replaced; empty where something is put in. A byte order mark is not counted.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

impl Manifest {
    /// Puts a field behind a sibling that is there, in the sibling's own style: on a line of its own with its indent,
    /// or behind a comma in a flow mapping, quoted where it is. `value` is one that needs no quotes in YAML.
    ///
    /// `None` where the sibling is not written out here (behind an alias, or absent), or is no scalar on one line.
    #[must_use]
    pub fn insert_behind(&self, sibling: &str, name: &str, value: &str) -> Option<Edit> {
        let (parent, spot) = self.written_out(sibling)?;
        let source = self.source();
        let text = source.text();
        let (at, new) = if text[parent.value.clone()].starts_with('{') {
            let quoted = text[spot.key.clone()].starts_with('"');
            let literal =
                ["true", "false"].contains(&value) || value.bytes().all(|byte| byte.is_ascii_digit());
            let new = match (quoted, literal) {
                (false, _) => format!(", {name}: {value}"),
                (true, true) => format!(", \"{name}\": {value}"),
                (true, false) => format!(", \"{name}\": \"{value}\""),
            };
            (spot.value.end, new)
        } else {
            let line = source.line_start(spot.key.start);
            // What stands in front of the key is its indent, or the dash of a list's item.
            let indent: String = text[line..spot.key.start]
                .chars()
                .map(|c| if c == '-' { ' ' } else { c })
                .collect();
            if !indent.trim().is_empty() {
                return None;
            }
            let end = source.line_end(spot.value.end);
            (end, format!("{}{indent}{name}: {value}", line_break(source, end)))
        };
        Some(Edit {
            file: source.name().to_owned(),
            range: at..at,
            text: new,
        })
    }

    /// Replaces a scalar that is written out on one line. `value` is one that needs no quotes in YAML.
    #[must_use]
    pub fn replace(&self, pointer: &str, value: &str) -> Option<Edit> {
        let (_, spot) = self.written_out(pointer)?;
        let written = &self.source().text()[spot.value.clone()];
        let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.map(String::from).unwrap_or_default();
        Some(Edit {
            file: self.source().name().to_owned(),
            range: spot.value.clone(),
            text: format!("{quote}{value}{quote}"),
        })
    }

    /// A field that is a scalar on one line, and the mapping around it.
    fn written_out(&self, pointer: &str) -> Option<(&Spot, &Spot)> {
        let (around, name) = pointer.rsplit_once('/')?;
        let parent = self.spot().nearest(around);
        let Parts::Fields(fields) = &parent.parts else {
            return None;
        };
        let spot = fields.get(name)?;
        let one_line = !self.source().text()[spot.value.clone()].contains('\n');
        let written =
            matches!(spot.parts, Parts::None) && !spot.key.is_empty() && !spot.value.is_empty() && one_line;
        written.then_some((parent, spot))
    }
}

/// How the line that ends here is broken; as the one before it at the end of the text.
fn line_break(source: &Source, end: usize) -> &'static str {
    let text = source.text();
    let windows = text[end..].starts_with("\r\n") || (end == text.len() && text.contains("\r\n"));
    if windows { "\r\n" } else { "\n" }
}
