use crate::manifest::{Manifest, Place};

/// A text that somebody runs or reads: a command of a container, or a file that a ConfigMap of the set holds.
#[derive(Clone, Debug)]
pub struct Snippet<'s> {
    /// The object it stands in.
    pub manifest: &'s Manifest,
    /// The JSON pointer to it.
    pub pointer: String,
    /// The text; a command's words with a space between them.
    pub text: String,
}

impl Snippet<'_> {
    /// Where a part of it stands; the whole where it is not written there as it is.
    #[must_use]
    pub fn place_of(&self, part: &str) -> Place {
        self.manifest.locate_in(&self.pointer, part)
    }

    /// Whether it has one of these words in it, as they are written.
    #[must_use]
    pub fn mentions<'w>(&self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().find(|word| self.text.contains(**word)).copied()
    }

    /// Whether it has this word in it, with nothing that belongs to a name on either side.
    #[must_use]
    pub fn has_word(&self, word: &str) -> bool {
        let part_of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        self.text.match_indices(word).any(|(at, _)| {
            let (before, after) = (&self.text[..at], &self.text[at + word.len()..]);
            !before.ends_with(part_of_name) && !after.starts_with(part_of_name)
        })
    }
}
