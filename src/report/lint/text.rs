use std::fmt::Write;

use miette::GraphicalReportHandler;

use crate::lint::{Level, Lint};
use crate::manifest::Problems;

/// Each finding with its file, line and the text marked, as the handler draws it; in the end a line that counts them.
///
/// ```
/// use miette::{GraphicalReportHandler, GraphicalTheme};
/// use stateproof::lint::lint;
/// use stateproof::manifest::ManifestSet;
/// use stateproof::report::lint_text;
///
/// let set = ManifestSet::read(&["fixtures/wealist-postgres".into()])?;
/// let text = lint_text(&lint(&set, "default"), &GraphicalReportHandler::new_themed(GraphicalTheme::none()));
/// assert!(text.contains("SP028") && text.contains("postgres-statefulset.yaml:30:"), "{text}");
/// # Ok::<(), stateproof::manifest::Problems>(())
/// ```
#[must_use]
pub fn lint_text(lint: &Lint, handler: &GraphicalReportHandler) -> String {
    let problems = lint.findings.iter().map(crate::lint::Finding::problem).collect();
    let mut text = match Problems::check(problems) {
        Ok(()) => String::new(),
        Err(problems) => problems.render(handler),
    };
    let _ = write!(text, "{}", summary(lint));
    text
}

/// `2 errors, 1 warning in 6 objects; 1 suppressed`.
fn summary(lint: &Lint) -> String {
    let mut counts = Vec::new();
    for (level, singular, plural) in [
        (Level::Error, "error", "errors"),
        (Level::Warning, "warning", "warnings"),
        (Level::Info, "remark", "remarks"),
    ] {
        let count = lint
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .count();
        if count > 0 {
            counts.push(format!("{count} {}", if count == 1 { singular } else { plural }));
        }
    }
    let objects = if lint.objects == 1 { "object" } else { "objects" };
    let found = if counts.is_empty() {
        "nothing found".to_owned()
    } else {
        counts.join(", ")
    };
    let mut summary = format!("{found} in {} {objects}", lint.objects);
    if !lint.suppressed.is_empty() {
        let _ = write!(summary, "; {} suppressed", lint.suppressed.len());
    }
    let fixable = lint
        .findings
        .iter()
        .filter(|finding| finding.is_fixable())
        .count();
    if fixable > 0 {
        let _ = write!(summary, "; --fix mends {fixable}");
    }
    summary
}
