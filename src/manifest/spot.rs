use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

/// Where a value and its parts stand in the text, in bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Spot {
    /// The key in front of it; empty for a list's item and for a document.
    pub(super) key: Range<usize>,
    /// The value itself.
    pub(super) value: Range<usize>,
    /// Where its parts stand.
    pub(super) parts: Parts,
}

/// Where the parts of a value stand.
#[derive(Clone, Debug, Default)]
pub(super) enum Parts {
    /// It has none, or they stand elsewhere: behind an alias.
    #[default]
    None,
    /// A list's items.
    Items(Vec<Spot>),
    /// A mapping's fields.
    Fields(BTreeMap<String, Spot>),
}

impl Spot {
    pub(super) fn of(value: Range<usize>) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }

    /// The part that a JSON pointer (RFC 6901) leads to, or the nearest part around it that is there.
    pub(super) fn nearest(&self, pointer: &str) -> &Spot {
        let mut spot = self;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let part = match &spot.parts {
                Parts::None => None,
                Parts::Items(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
                Parts::Fields(fields) => fields.get(&token),
            };
            match part {
                Some(part) => spot = part,
                None => break,
            }
        }
        spot
    }

    /// What to mark: the value where it fits on one line, else its key, else its first line.
    pub(super) fn mark(&self, text: &str) -> Range<usize> {
        let value = &self.value;
        let first_line = text[value.clone()].lines().next().unwrap_or_default().trim_end();
        if matches!(self.parts, Parts::None) && first_line.len() == value.len() && !value.is_empty() {
            value.clone()
        } else if self.key.is_empty() {
            value.start..value.start + first_line.len()
        } else {
            self.key.clone()
        }
    }
}

/// One YAML document: its value and where everything in it stands.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) spot: Spot,
}

/// What a value is called in a message.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
