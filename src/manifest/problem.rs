use std::error::Error;
use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, Severity, SourceCode};

use super::Place;
use crate::harmless::{harmless, harmless_text};

/// One thing that is wrong with the manifests, and where.
///
/// Its text is `file:line:column: what is wrong`. As a [`Diagnostic`] it also has a code, the marked text and
/// what to do about it.
#[derive(Debug)]
pub struct Problem {
    what: Box<dyn Diagnostic + Send + Sync>,
    marks: Vec<Mark>,
}

#[derive(Debug)]
struct Mark {
    place: Place,
    label: String,
}

impl Problem {
    /// A problem of the set as a whole, or of an input that has no text.
    pub fn new(what: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self {
            what: Box::new(what),
            marks: Vec::new(),
        }
    }

    /// Marks a place. The first one marked is where the problem is; others explain it, and are left out when
    /// they are in another file.
    #[must_use]
    pub fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        if self
            .marks
            .first()
            .is_none_or(|first| first.place.same_file(&place))
        {
            self.marks.push(Mark {
                place,
                label: label.into(),
            });
        }
        self
    }

    /// Where it is; `None` for a problem that has no place in a text.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.marks.first().map(|mark| &mark.place)
    }

    /// The problem's identifier, for example `stateproof::manifest::not_yaml`.
    #[must_use]
    pub fn id(&self) -> String {
        self.what.code().map_or_else(String::new, |code| code.to_string())
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> String {
        self.what.to_string()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}", self.what)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.what.source()
    }
}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.what.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.what.severity().or(Some(Severity::Error))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.what.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place()
            .and_then(Place::snippet)
            .map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        // Labels without a text to put them on make a handler fail.
        self.source_code()?;
        Some(Box::new(self.marks.iter().enumerate().map(|(position, mark)| {
            let span = mark.place.span();
            let at = (span.start, span.len());
            let label = Some(mark.label.clone());
            if position == 0 {
                LabeledSpan::new_primary_with_span(label, at)
            } else {
                LabeledSpan::new_with_span(label, at)
            }
        })))
    }
}

/// Everything that is wrong with the manifests, all at once. There is at least one.
///
/// Its text is a line a problem; [`Problems::render`] shows each with the marked text and what to do.
#[derive(Debug)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` when there is none.
    ///
    /// # Errors
    /// The problems, when there are any.
    pub fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }

    /// The problems, in the order in which the manifests were read.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Each problem as the handler draws it, one after the other. What the manifests say cannot command the terminal.
    ///
    /// ```
    /// use miette::{GraphicalReportHandler, GraphicalTheme};
    /// use stateproof::manifest::ManifestSet;
    ///
    /// let problems = ManifestSet::from_str("db.yaml", "kind: [").unwrap_err();
    /// let shown = problems.render(&GraphicalReportHandler::new_themed(GraphicalTheme::none()));
    /// assert!(shown.contains("stateproof::manifest::not_yaml"));
    /// assert!(shown.contains("[db.yaml:1:8]"), "{shown}");
    /// ```
    #[must_use]
    pub fn render(&self, handler: &GraphicalReportHandler) -> String {
        let mut shown = String::new();
        for problem in &self.0 {
            if handler.render_report(&mut shown, &Shown(problem)).is_err() {
                shown.push_str(&harmless_text(&problem.to_string()));
            }
            shown.push('\n');
        }
        shown
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl Error for Problems {}

/// A problem for a terminal: under a heading that does not repeat the place which the marked text is headed by, and with
/// nothing in it that the terminal would carry out.
#[derive(Debug)]
struct Shown<'a>(&'a Problem);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.0.source_code().is_some() {
            self.0.message()
        } else {
            self.0.to_string()
        };
        f.write_str(&harmless_text(&text))
    }
}

impl Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.0.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.0.help()?.to_string();
        Some(Box::new(harmless_text(&help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.0.labels()?;
        Some(Box::new(labels.map(|label| {
            let text = label.label().map(|text| harmless(text).into_owned());
            if label.primary() {
                LabeledSpan::new_primary_with_span(text, *label.inner())
            } else {
                LabeledSpan::new_with_span(text, *label.inner())
            }
        })))
    }
}
