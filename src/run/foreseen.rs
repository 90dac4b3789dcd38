use crate::history::{Event, Foreseen};
use crate::lint::{Finding, lint};
use crate::manifest::ManifestSet;

/// What lint says of the set before anything is done to it. `namespace` is that of objects that name none.
pub(super) fn linted(set: &ManifestSet, namespace: &str) -> Event {
    Event::Linted {
        findings: lint(set, namespace).findings.iter().map(of).collect(),
    }
}

fn of(finding: &Finding) -> Foreseen {
    Foreseen {
        rule: finding.rule.id.to_owned(),
        title: finding.rule.title.to_owned(),
        message: format!("{}: {}", finding.object, finding.message),
        place: finding.place().file_and_line(),
        workload: finding.workload.clone(),
        foresees: finding.rule.foresees.to_vec(),
    }
}
