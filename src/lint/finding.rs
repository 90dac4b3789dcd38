use std::fmt;

use miette::{Diagnostic, Severity};

use super::fix::Fix;
use super::{Level, Rule};
use crate::manifest::{Manifest, Place, Problem};
use crate::workload::WorkloadId;
use crate::workload::declared::PodMaker;

/// One thing that a rule has found, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it weighs.
    pub level: Level,
    /// The object: kind, namespace and name.
    pub object: String,
    /// The workload whose pods it is about.
    pub workload: Option<WorkloadId>,
    /// What is wrong, a sentence without its full stop.
    pub message: String,
    /// Where, and what is marked there. The first is where the finding is; the others explain it.
    pub marks: Vec<(Place, String)>,
    pub(super) fix: Option<Fix>,
}

impl Finding {
    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.marks[0].0
    }

    /// Whether `--fix` mends it.
    #[must_use]
    pub fn is_fixable(&self) -> bool {
        self.fix.is_some()
    }

    /// As a diagnostic with the marked text.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let mut problem = Problem::new(What {
            rule: self.rule,
            level: self.level,
            message: format!("{}: {}", self.object, self.message),
        });
        for (place, label) in &self.marks {
            problem = problem.at(place.clone(), label.clone());
        }
        problem
    }

    pub(super) fn new(
        rule: &'static Rule,
        manifest: &Manifest,
        place: Place,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            level: rule.level,
            object: manifest.to_string(),
            workload: None,
            message: message.into(),
            marks: vec![(place, label.into())],
            fix: None,
        }
    }

    /// A finding about the pods of a workload.
    pub(super) fn of(
        rule: &'static Rule,
        maker: &PodMaker<'_>,
        place: Place,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(rule, maker.manifest, place, label, message).about(maker)
    }

    /// Names the workload that it is about, where it is found in another object.
    pub(super) fn about(mut self, maker: &PodMaker<'_>) -> Self {
        self.workload = Some(WorkloadId {
            namespace: maker.namespace.to_owned(),
            name: maker.manifest.name().to_owned(),
        });
        self
    }

    pub(super) fn with_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    pub(super) fn and(mut self, place: Place, label: impl Into<String>) -> Self {
        self.marks.push((place, label.into()));
        self
    }

    pub(super) fn fixed_by(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}

/// `file:line:column: level: message [SP007]`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            level,
            object,
            message,
            ..
        } = self;
        write!(f, "{}: {level}: {object}: {message} [{}]", self.place(), rule.id)
    }
}

#[derive(Debug)]
struct What {
    rule: &'static Rule,
    level: Level,
    message: String,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for What {}

impl Diagnostic for What {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.rule.id))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.rule.mend))
    }
}
