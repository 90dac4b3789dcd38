//! Reads markup strictly: every element closed by its own end, every attribute quoted, every reference leading somewhere.

use std::collections::{BTreeMap, BTreeSet};

/// Elements that have no end (the HTML standard's void elements).
const VOID: [&str; 5] = ["meta", "link", "br", "input", "img"];

/// An element as it stands in the text, without what is in it.
#[derive(Clone, Debug)]
pub struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

/// What a page is made of.
#[derive(Debug, Default)]
pub struct Markup {
    pub elements: Vec<Element>,
    /// All that is not markup, entities as they are written.
    pub text: String,
}

impl Markup {
    /// Reads a page.
    pub fn read(page: &str) -> Self {
        let mut markup = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut rest = page.strip_prefix("<!doctype html>").expect("a doctype");
        while let Some(at) = rest.find('<') {
            markup.text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('/') {
                let (name, after) = after.split_once('>').expect("an end tag ends");
                assert_eq!(open.pop().as_deref(), Some(name), "closed in another order");
                rest = after;
                continue;
            }
            let end = tag_end(rest);
            let tag = &rest[..end];
            rest = &rest[end + 1..];
            let closed = tag.ends_with('/');
            let element = element(tag.trim_end_matches('/'));
            if element.name == "style" {
                // Raw text until its end.
                let (_, after) = rest.split_once("</style>").expect("a style ends");
                rest = after;
            } else if !closed && !VOID.contains(&element.name.as_str()) {
                open.push(element.name.clone());
            }
            markup.elements.push(element);
        }
        assert!(open.is_empty(), "never closed: {open:?}");
        markup.check_references();
        markup
    }

    pub fn named<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    fn check_references(&self) {
        let mut ids = BTreeSet::new();
        for id in self
            .elements
            .iter()
            .filter_map(|element| element.attributes.get("id"))
        {
            assert!(ids.insert(id.clone()), "the id {id} is there twice");
        }
        for element in &self.elements {
            for (name, value) in &element.attributes {
                let wanted = match name.as_str() {
                    "aria-labelledby" => value,
                    "href" if value.starts_with('#') => &value[1..],
                    _ => continue,
                };
                assert!(ids.contains(wanted), "{name}={value} leads nowhere");
            }
        }
    }
}

/// Where a tag ends: a `>` within quotes belongs to a value.
fn tag_end(rest: &str) -> usize {
    let mut quoted = false;
    let end = rest.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '>' && !quoted
    });
    end.expect("a tag ends").0
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    assert!(
        name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{name:?} is no element"
    );
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let name_end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(name_end);
        assert!(!attribute.starts_with("on"), "<{tag}> has a handler: {attribute}");
        let value = if let Some(quoted) = after.strip_prefix("=\"") {
            let (value, after) = quoted.split_once('"').expect("a value ends");
            rest = after;
            value
        } else {
            assert!(!after.starts_with('='), "<{tag}> has a value without quotes");
            rest = after;
            ""
        };
        let twice = attributes.insert(attribute.to_owned(), value.to_owned());
        assert!(twice.is_none(), "<{tag}> has {attribute} twice");
    }
    Element {
        name: name.to_owned(),
        attributes,
    }
}
