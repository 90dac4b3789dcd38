use std::borrow::Cow;

use anstyle::AnsiColor;
use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::harmless::readable;

/// How a text report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to use the terminal's colours. Whether they are wanted (`NO_COLOR`, no terminal) is the caller's to
    /// know.
    pub color: bool,
    /// The width in columns to wrap at. Less than 40 is taken as 40; tables are not wrapped.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
        }
    }
}

/// Lines of text, wrapped.
pub(super) struct Page {
    style: Style,
    text: String,
}

impl Page {
    pub fn new(style: Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    pub fn into_text(self) -> String {
        self.text
    }

    /// Text in a colour, where colours are wanted.
    pub fn paint(&self, color: Option<AnsiColor>, bold: bool, text: &str) -> String {
        if !self.style.color {
            return text.to_owned();
        }
        let mut style = anstyle::Style::new().fg_color(color.map(Into::into));
        if bold {
            style = style.bold();
        }
        format!("{style}{text}{style:#}")
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A heading of a section, after an empty line.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        for line in wrapped(text, self.style.width.max(40)) {
            let line = self.paint(None, true, &line);
            self.raw(&line);
        }
    }

    /// A line as it is.
    pub fn raw(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Wrapped text with the same indent on every line.
    pub fn text(&mut self, indent: usize, text: &str) {
        let indent = " ".repeat(indent);
        self.hanging(&indent, &indent, &indent, text);
    }

    /// Wrapped text: the first line after `first`, printed as `painted`, the others after `rest`, which is as wide.
    pub fn hanging(&mut self, first: &str, painted: &str, rest: &str, text: &str) {
        let width = self.style.width.max(40).saturating_sub(display_width(first));
        for (index, line) in wrapped(text, width.max(20)).iter().enumerate() {
            let prefix = if index == 0 { painted } else { rest };
            self.raw(&format!("{prefix}{line}"));
        }
    }
}

/// Text in lines, broken at spaces only: its words are names that people copy.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let options = Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let text = readable(text);
    textwrap::wrap(&text, options)
        .into_iter()
        .map(Cow::into_owned)
        .collect()
}
