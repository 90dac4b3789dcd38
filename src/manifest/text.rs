use std::sync::Arc;

use super::input::Input;
use super::source::Source;
use super::spot::Document;
use super::{ManifestError, Place, Problem, secrecy, yaml};

/// A file's documents, and what is wrong with its text after the last of them.
pub(super) struct Text {
    pub(super) source: Arc<Source>,
    pub(super) documents: Vec<Document>,
    pub(super) problem: Option<Problem>,
}

impl Text {
    /// Takes a file's bytes apart.
    pub(super) fn parse(input: Input) -> Result<Self, Problem> {
        let text = String::from_utf8(input.bytes).map_err(|error| not_text(&input.name, &error))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (documents, error) = yaml::parse(text);
        let source = Source::new(&input.name, secrecy::mask(text, &documents));
        let problem = error.map(|error| {
            let at = if secrecy::suspicious(text, error.at.start) {
                Place::without_text(&source, error.at)
            } else {
                Place::new(Arc::clone(&source), error.at)
            };
            let problem = Problem::new(error.error).at(at, "here");
            match error.first {
                Some(first) => problem.at(Place::new(Arc::clone(&source), first), "first here"),
                None => problem,
            }
        });
        Ok(Self {
            source,
            documents,
            problem,
        })
    }
}

fn not_text(name: &str, error: &std::string::FromUtf8Error) -> Problem {
    // Without the bytes that are no text, the text up to them tells the line and the column.
    let good = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
    let source = Source::new(name, text);
    Problem::new(ManifestError::NotText).at(Place::without_text(&source, good..good), "here")
}
