use std::ops::Range;
use std::sync::Arc;

use super::source::Source;
use super::spot::{Parts, Spot};
use super::{Manifest, ManifestSet, Place};

/// A comment that begins with a certain word, and what it stands at.
#[derive(Clone, Debug)]
pub struct Comment {
    /// What follows the word, to the end of the line.
    pub text: String,
    /// The comment.
    pub place: Place,
    source: Arc<Source>,
    covers: Range<usize>,
}

impl Comment {
    /// Whether a place is in what the comment stands at: everything that begins on its line, or, where it has the line
    /// for itself, on the next line that is no comment.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        place.begins_in(&self.source, &self.covers)
    }
}

impl ManifestSet {
    /// The comments of the set that begin with this word. What looks like one within a value, a script's own comment,
    /// is none.
    ///
    /// ```
    /// use stateproof::manifest::ManifestSet;
    ///
    /// let set = ManifestSet::from_str("ns.yaml", "
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: db # todo: rename it
    /// ")?;
    /// let comments = set.comments("todo:");
    /// assert_eq!((comments[0].text.as_str(), comments[0].place.line()), ("rename it", 5));
    /// assert!(comments[0].covers(&set.iter().next().unwrap().locate("/metadata/name")));
    /// # Ok::<(), stateproof::manifest::Problems>(())
    /// ```
    #[must_use]
    pub fn comments(&self, word: &str) -> Vec<Comment> {
        let manifests: Vec<&Manifest> = self.iter().collect();
        let same_source = |one: &&Manifest, next: &&Manifest| Arc::ptr_eq(one.source(), next.source());
        let mut comments = Vec::new();
        for of_one_source in manifests.chunk_by(same_source) {
            let source = of_one_source[0].source();
            if source.text().contains(word) {
                let outline = Outline::of(of_one_source);
                comments.extend(in_source(source, &outline, word));
            }
        }
        comments
    }
}

fn in_source(source: &Arc<Source>, outline: &Outline, word: &str) -> Vec<Comment> {
    let text = source.text();
    let found = text.match_indices(word).filter_map(|(at, _)| {
        let hash = text[..at].trim_end_matches([' ', '\t']).strip_suffix('#')?.len();
        let line_start = source.line_start(hash);
        let before = &text[line_start..hash];
        if outline.is_within_value(hash) || !(before.is_empty() || before.ends_with([' ', '\t'])) {
            return None;
        }
        let end = source.line_end(at);
        let target = if before.trim().is_empty() {
            next_content(text, end)
        } else {
            line_start
        };
        Some(Comment {
            text: text[at + word.len()..end].trim().to_owned(),
            place: Place::new(Arc::clone(source), hash..end),
            source: Arc::clone(source),
            covers: target..outline.end_of_line_nodes(source, target),
        })
    });
    found.collect()
}

/// Where the next line begins that is neither empty, nor a comment, nor a document's first.
fn next_content(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let content = line.trim();
        if !(content.is_empty() || content.starts_with('#') || content.starts_with("---")) {
            return at;
        }
        at += line.len();
    }
    text.len()
}

/// Where the values of a text stand.
struct Outline {
    /// Scalars, in the order of the text.
    scalars: Vec<Range<usize>>,
    /// Every node, its key included, in the order of its first byte.
    nodes: Vec<Range<usize>>,
}

impl Outline {
    fn of(manifests: &[&Manifest]) -> Self {
        let (mut scalars, mut nodes) = (Vec::new(), Vec::new());
        let mut open: Vec<&Spot> = manifests.iter().map(|manifest| manifest.spot()).collect();
        while let Some(spot) = open.pop() {
            let start = if spot.key.is_empty() {
                spot.value.start
            } else {
                spot.key.start
            };
            nodes.push(start..spot.value.end.max(start));
            match &spot.parts {
                Parts::None => scalars.push(spot.value.clone()),
                Parts::Items(items) => open.extend(items),
                Parts::Fields(fields) => open.extend(fields.values()),
            }
        }
        scalars.sort_by_key(|range| range.start);
        nodes.sort_by_key(|range| range.start);
        Self { scalars, nodes }
    }

    fn is_within_value(&self, at: usize) -> bool {
        let after = self.scalars.partition_point(|range| range.start <= at);
        self.scalars[..after]
            .last()
            .is_some_and(|range| range.contains(&at))
    }

    /// The end of the longest node that begins on the line, and no less than the line's own.
    fn end_of_line_nodes(&self, source: &Source, line: usize) -> usize {
        let end = source.line_end(line);
        let first = self.nodes.partition_point(|node| node.start < line);
        let on_line = self.nodes[first..].iter().take_while(|node| node.start < end);
        on_line.map(|node| node.end).max().unwrap_or(end).max(end)
    }
}
