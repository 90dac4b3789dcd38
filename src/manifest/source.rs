use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::harmless::{harmless, of_same_length};

/// Longer lines are not shown in a diagnostic: a minified JSON file is one line.
const LONGEST_LINE_SHOWN: usize = 400;

/// A manifest file's name and text. Passwords in the text are masked, so that no diagnostic can show one.
#[derive(Debug)]
pub(super) struct Source {
    name: String,
    text: String,
    /// The text as it is shown, where it could command a terminal.
    shown: OnceLock<Option<String>>,
    /// Where each line but the first begins; many findings in a large file ask for it.
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    /// Takes a text whose secrets are masked already.
    pub(super) fn new(name: &str, masked: String) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            text: masked,
            shown: OnceLock::new(),
            lines: OnceLock::new(),
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Start of the line that a byte is on.
    pub(super) fn line_start(&self, offset: usize) -> usize {
        self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// End of the line that a byte is on, without its line break.
    pub(super) fn line_end(&self, offset: usize) -> usize {
        let end = self.text[offset..]
            .find('\n')
            .map_or(self.text.len(), |newline| offset + newline);
        offset + self.text[offset..end].trim_end_matches('\r').len()
    }

    /// The line that a byte is on, from 0.
    pub(super) fn line(&self, offset: usize) -> usize {
        let breaks = || self.text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let lines = self
            .lines
            .get_or_init(|| breaks().map(|(at, _)| at + 1).collect());
        lines.partition_point(|&start| start <= offset)
    }

    /// The text without what a terminal would carry out, every byte in its place.
    fn shown(&self) -> &str {
        let shown = self.shown.get_or_init(|| of_same_length(&self.text));
        shown.as_deref().unwrap_or(&self.text)
    }

    fn column(&self, offset: usize) -> usize {
        self.text[self.line_start(offset)..offset].chars().count()
    }
}

/// Shows the marked lines and none around them: those might hold what no output may.
impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        if self.text.get(start..end).is_none() {
            return Err(MietteError::OutOfBounds);
        }
        // Without context the reader wants the span itself: from it, the heading's line and column are made.
        let (from, to, column) = if context_lines_before + context_lines_after == 0 {
            (start, end, self.column(start))
        } else {
            (self.line_start(start), self.line_end(end), 0)
        };
        let shown = &self.shown()[from..to];
        Ok(Box::new(MietteSpanContents::new_named(
            harmless(&self.name).into_owned(),
            shown.as_bytes(),
            (from, to - from).into(),
            self.line(start),
            column,
            shown.lines().count(),
        )))
    }
}

/// A place in a manifest: file, line and column.
///
/// Its text is `file:line:column`, as editors and terminals make links of.
#[derive(Clone)]
pub struct Place {
    source: Arc<Source>,
    span: Range<usize>,
    /// Whether the text may be shown.
    shown: bool,
}

impl Place {
    pub(super) fn new(source: Arc<Source>, span: Range<usize>) -> Self {
        Self {
            source,
            span,
            shown: true,
        }
    }

    /// A place whose text must not be shown, or cannot be.
    pub(super) fn without_text(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self {
            source: Arc::clone(source),
            span,
            shown: false,
        }
    }

    /// The first line of a file of which no more is known.
    pub(super) fn start_of(name: &str, first_line: &str) -> Self {
        Self::new(Source::new(name, first_line.to_owned()), 0..first_line.len())
    }

    /// The file as it was named when it was read; `<stdin>` for standard input.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// A place in a text that is no manifest, and that may be shown as it is.
    pub(crate) fn in_text(name: &str, text: String, span: Range<usize>) -> Self {
        let span = span.start.min(text.len())..span.end.min(text.len());
        Self::new(Source::new(name, text), span)
    }

    /// The same place, its text not to be shown.
    pub(crate) fn hidden(self) -> Self {
        Self { shown: false, ..self }
    }

    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.source.line(self.span.start) + 1
    }

    /// The column in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.source.column(self.span.start) + 1
    }

    /// The line and the column behind the last character that is meant, from 1.
    #[must_use]
    pub fn end(&self) -> (usize, usize) {
        let end = self.span.end;
        (self.source.line(end) + 1, self.source.column(end) + 1)
    }

    /// The bytes of the file that are meant, from 0.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// `file:line`, short enough for a report's table.
    #[must_use]
    pub fn file_and_line(&self) -> String {
        format!("{}:{}", self.file(), self.line())
    }

    /// The text to show, unless the line is too long for it.
    pub(super) fn snippet(&self) -> Option<&Source> {
        let line = self.source.line_start(self.span.start)..self.source.line_end(self.span.end);
        (self.shown && line.len() <= LONGEST_LINE_SHOWN).then_some(&*self.source)
    }

    /// Whether this place begins within these bytes of a text.
    pub(super) fn begins_in(&self, source: &Arc<Source>, range: &Range<usize>) -> bool {
        Arc::ptr_eq(&self.source, source) && range.contains(&self.span.start)
    }

    pub(super) fn same_file(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file(), self.line(), self.column())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}
