use serde::Serialize;

use crate::lint::{Finding, Level, Lint};
use crate::manifest::Place;

/// The version of the JSON's shape: it grows when a field changes its meaning or goes.
const FORMAT: u32 = 1;

/// The findings as JSON, for programs; the shape is described in `docs/lint.md`.
///
/// ```
/// use stateproof::lint::lint;
/// use stateproof::manifest::ManifestSet;
/// use stateproof::report::lint_json;
///
/// let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
/// let json: serde_json::Value = serde_json::from_str(&lint_json(&lint(&set, "default"))).unwrap();
/// assert_eq!(json["format"], 1);
/// assert_eq!(json["findings"][0]["object"], "StatefulSet postgresql-prod/postgres");
/// # Ok::<(), stateproof::manifest::Problems>(())
/// ```
#[must_use]
pub fn lint_json(lint: &Lint) -> String {
    let count = |level| {
        lint.findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let report = Report {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        objects: lint.objects,
        errors: count(Level::Error),
        warnings: count(Level::Warning),
        infos: count(Level::Info),
        findings: lint
            .findings
            .iter()
            .map(|finding| Row::of(finding, None))
            .collect(),
        suppressed: lint
            .suppressed
            .iter()
            .map(|suppressed| Row::of(&suppressed.finding, Some(&suppressed.reason)))
            .collect(),
    };
    // Nothing in it is a map with keys that are no text.
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

#[derive(Serialize)]
struct Report<'l> {
    format: u32,
    version: &'static str,
    objects: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    findings: Vec<Row<'l>>,
    suppressed: Vec<Row<'l>>,
}

#[derive(Serialize)]
struct Row<'l> {
    rule: &'static str,
    title: &'static str,
    level: Level,
    object: &'l str,
    message: &'l str,
    help: &'static str,
    #[serde(flatten)]
    at: At<'l>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'l>>,
    fixable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'l str>,
}

#[derive(Serialize)]
struct At<'l> {
    file: &'l str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related<'l> {
    message: &'l str,
    #[serde(flatten)]
    at: At<'l>,
}

impl<'l> Row<'l> {
    fn of(finding: &'l Finding, reason: Option<&'l str>) -> Self {
        Self {
            rule: finding.rule.id,
            title: finding.rule.title,
            level: finding.level,
            object: &finding.object,
            message: &finding.message,
            help: finding.rule.mend,
            at: At::of(finding.place()),
            related: finding.marks[1..]
                .iter()
                .map(|(place, label)| Related {
                    message: label,
                    at: At::of(place),
                })
                .collect(),
            fixable: finding.is_fixable(),
            reason,
        }
    }
}

impl<'l> At<'l> {
    fn of(place: &'l Place) -> Self {
        let (end_line, end_column) = place.end();
        Self {
            file: place.file(),
            line: place.line(),
            column: place.column(),
            end_line,
            end_column,
        }
    }
}
