use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Value};

use super::ManifestError;
use super::offsets::Offsets;
use super::scalar;
use super::spot::{Document, Parts, Spot};

/// Levels of nesting. The deepest manifests, schemas in custom resource definitions, have about forty.
const DEEPEST: usize = 100;

/// Values in one input, those that aliases repeat counted each time. A hundred large schemas, or five
/// thousand objects, have about a quarter of it.
const MOST_VALUES: usize = 1_000_000;

/// An error and the bytes it is at, and where something it refers to stands.
pub(super) struct YamlError {
    pub(super) error: ManifestError,
    pub(super) at: Range<usize>,
    pub(super) first: Option<Range<usize>>,
}

/// Reads YAML or JSON documents. Those in front of an error are returned with it.
///
/// The parser's events are put together here rather than by a loader: without recursion, so that no nesting
/// overflows the stack, with a budget, so that no chain of aliases eats the memory, and with Kubernetes' reading
/// of scalars and merge keys.
pub(super) fn parse(text: &str) -> (Vec<Document>, Option<YamlError>) {
    let mut builder = Builder::new(text);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let step = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                let at = builder.offsets.byte(error.marker().index());
                Err(not_yaml(error.info(), at..next_char(text, at)))
            }
        };
        if let Err(error) = step {
            return (builder.documents, Some(error));
        }
    }
    (builder.documents, None)
}

struct Builder<'t> {
    offsets: Offsets<'t>,
    documents: Vec<Document>,
    /// The collections that are open, the outermost first.
    open: Vec<Collection>,
    /// What is anchored in this document, by the parser's number.
    anchors: HashMap<usize, Anchored>,
    values: usize,
}

#[derive(Clone)]
struct Anchored {
    value: Value,
    /// Number of values in it.
    weight: usize,
    /// Levels of nesting in it.
    height: usize,
}

struct Collection {
    start: usize,
    anchor: usize,
    /// The count of values when it began.
    values_before: usize,
    /// Levels of nesting in its parts.
    height: usize,
    content: Content,
}

enum Content {
    List {
        items: Vec<Value>,
        spots: Vec<Spot>,
    },
    Mapping {
        fields: Map<String, Value>,
        spots: BTreeMap<String, Spot>,
        key: Option<(Key, Range<usize>)>,
        merged: Vec<(Map<String, Value>, Range<usize>)>,
    },
}

enum Key {
    Field(String),
    Merge,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            offsets: Offsets::new(text),
            documents: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            values: 0,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let at = self.offsets.byte(span.start.index())..self.offsets.byte(span.end.index());
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::SequenceStart(anchor, tag) => {
                let content = Content::List {
                    items: Vec::new(),
                    spots: Vec::new(),
                };
                self.begin(content, anchor, tag.as_deref(), "seq", at)?;
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping {
                    fields: Map::new(),
                    spots: BTreeMap::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.begin(content, anchor, tag.as_deref(), "map", at)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&at)?,
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, style, anchor, tag.as_deref(), at)?;
            }
            Event::Alias(anchor) => self.alias(anchor, at)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(
        &mut self,
        content: Content,
        anchor: usize,
        tag: Option<&Tag>,
        core_tag: &str,
        at: Range<usize>,
    ) -> Result<(), YamlError> {
        if let Some(tag) = tag.filter(|tag| !(tag.is_yaml_core_schema() && tag.suffix == core_tag)) {
            return Err(not_yaml(
                format!("the tag `{tag}` means nothing to Kubernetes"),
                at,
            ));
        }
        self.nest(1, &at)?;
        if self.expects_key() {
            return Err(not_yaml("a key that is no text", at));
        }
        self.open.push(Collection {
            start: at.start,
            anchor,
            values_before: self.values,
            height: 0,
            content,
        });
        self.count(1, &at)
    }

    fn end(&mut self, at: &Range<usize>) -> Result<(), YamlError> {
        let Some(collection) = self.open.pop() else {
            return Ok(());
        };
        let (value, parts) = match collection.content {
            Content::List { items, spots } => (Value::Array(items), Parts::Items(spots)),
            Content::Mapping {
                mut fields,
                mut spots,
                merged,
                ..
            } => {
                // A field of the mapping itself wins over a merged one, an earlier merge over a later.
                for (other, place) in merged {
                    for (name, value) in other {
                        if !fields.contains_key(&name) {
                            spots.insert(name.clone(), Spot::of(place.clone()));
                            fields.insert(name, value);
                        }
                    }
                }
                (Value::Object(fields), Parts::Fields(spots))
            }
        };
        let spot = Spot {
            parts,
            ..Spot::of(collection.start..at.end.max(collection.start))
        };
        let weight = self.values - collection.values_before;
        let height = collection.height + 1;
        self.remember(collection.anchor, &value, weight, height, at)?;
        self.put(value, spot, height)
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Range<usize>,
    ) -> Result<(), YamlError> {
        let at = if text.is_empty() && style == ScalarStyle::Plain {
            // An absent value spans whatever comes after it.
            at.start..at.start
        } else {
            self.offsets.without_comment(at)
        };
        if style == ScalarStyle::Plain && text == "<<" && tag.is_none() && self.expects_key() {
            self.key(Key::Merge, at);
            return Ok(());
        }
        let value = scalar::value(text, style, tag).map_err(|reason| not_yaml(reason, at.clone()))?;
        self.count(1, &at)?;
        self.remember(anchor, &value, 1, 0, &at)?;
        self.put(value, Spot::of(at), 0)
    }

    fn alias(&mut self, anchor: usize, at: Range<usize>) -> Result<(), YamlError> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(not_yaml(
                "an alias of something that is not complete or not in this document",
                at,
            ));
        };
        let (weight, height) = (anchored.weight, anchored.height);
        self.count(weight, &at)?;
        self.nest(height, &at)?;
        // Cloned only after it is known to fit into the budget.
        let value = self.anchors[&anchor].value.clone();
        self.put(value, Spot::of(at), height)
    }

    fn remember(
        &mut self,
        anchor: usize,
        value: &Value,
        weight: usize,
        height: usize,
        at: &Range<usize>,
    ) -> Result<(), YamlError> {
        if anchor > 0 {
            self.count(weight, at)?;
            let value = value.clone();
            let anchored = Anchored {
                value,
                weight,
                height,
            };
            self.anchors.insert(anchor, anchored);
        }
        Ok(())
    }

    fn nest(&self, levels: usize, at: &Range<usize>) -> Result<(), YamlError> {
        if self.open.len() + levels > DEEPEST {
            return Err(too_large(format!("{DEEPEST} levels of nesting"), at.clone()));
        }
        Ok(())
    }

    fn count(&mut self, values: usize, at: &Range<usize>) -> Result<(), YamlError> {
        self.values += values;
        if self.values > MOST_VALUES {
            return Err(too_large(format!("{MOST_VALUES} values"), at.clone()));
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Collection {
                content: Content::Mapping { key: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, new: Key, at: Range<usize>) {
        if let Some(Collection {
            content: Content::Mapping { key, .. },
            ..
        }) = self.open.last_mut()
        {
            *key = Some((new, at));
        }
    }

    /// Puts a complete value where it belongs: as a key, a field, an item, or as a document.
    fn put(&mut self, value: Value, mut spot: Spot, height: usize) -> Result<(), YamlError> {
        if let Some(around) = self.open.last_mut() {
            around.height = around.height.max(height);
        }
        match self.open.last_mut().map(|collection| &mut collection.content) {
            None => self.documents.push(Document { value, spot }),
            Some(Content::List { items, spots }) => {
                items.push(value);
                spots.push(spot);
            }
            Some(Content::Mapping {
                fields,
                spots,
                key,
                merged,
            }) => match key.take() {
                None => {
                    let name = scalar::key(value).map_err(|reason| not_yaml(reason, spot.value.clone()))?;
                    if let Some(first) = spots.get(&name) {
                        return Err(YamlError {
                            error: ManifestError::DuplicateKey { key: name },
                            at: spot.value,
                            first: Some(first.key.clone()),
                        });
                    }
                    *key = Some((Key::Field(name), spot.value));
                }
                Some((Key::Field(name), at)) => {
                    spot.key = at;
                    spots.insert(name.clone(), spot);
                    fields.insert(name, value);
                }
                Some((Key::Merge, _)) => {
                    let others = match value {
                        Value::Array(items) => items,
                        other => vec![other],
                    };
                    for other in others {
                        let Value::Object(other) = other else {
                            return Err(not_yaml("only mappings can be merged", spot.value));
                        };
                        merged.push((other, spot.value.clone()));
                    }
                }
            },
        }
        Ok(())
    }
}

fn not_yaml(reason: impl Into<String>, at: Range<usize>) -> YamlError {
    YamlError {
        error: ManifestError::NotYaml {
            reason: reason.into(),
        },
        at,
        first: None,
    }
}

fn too_large(limit: String, at: Range<usize>) -> YamlError {
    YamlError {
        error: ManifestError::TooLarge { limit },
        at,
        first: None,
    }
}

fn next_char(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(0, char::len_utf8)
}
