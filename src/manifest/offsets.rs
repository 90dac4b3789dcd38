use std::ops::Range;

/// Byte offsets of a text's characters: the parser counts characters, everyone else counts bytes.
pub(super) struct Offsets<'t> {
    text: &'t str,
    /// Byte offset of every [`Self::STRIDE`]th character; empty when every character is one byte.
    strides: Vec<usize>,
}

impl<'t> Offsets<'t> {
    const STRIDE: usize = 64;

    pub(super) fn new(text: &'t str) -> Self {
        let strides = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .step_by(Self::STRIDE)
                .map(|(offset, _)| offset)
                .collect()
        };
        Self { text, strides }
    }

    /// The offset of the character with this index; the text's end for one behind it.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.strides.is_empty() {
            return character.min(self.text.len());
        }
        let Some(&from) = self.strides.get(character / Self::STRIDE) else {
            return self.text.len();
        };
        self.text[from..]
            .char_indices()
            .nth(character % Self::STRIDE)
            .map_or(self.text.len(), |(offset, _)| from + offset)
    }

    /// A quoted scalar's bytes up to its closing quote: the parser's span runs on over a comment behind it.
    pub(super) fn without_comment(&self, at: Range<usize>) -> Range<usize> {
        let text = &self.text[at.clone()];
        let Some(quote @ (b'"' | b'\'')) = text.bytes().next() else {
            return at.start..at.start + text.trim_end().len();
        };
        let mut bytes = text.bytes().enumerate().skip(1).peekable();
        while let Some((position, byte)) = bytes.next() {
            if byte == b'\\' && quote == b'"' {
                bytes.next();
            } else if byte == quote {
                // Two single quotes are one that is quoted.
                if quote == b'\'' && bytes.next_if(|&(_, next)| next == quote).is_some() {
                    continue;
                }
                return at.start..at.start + position + 1;
            }
        }
        at
    }
}
