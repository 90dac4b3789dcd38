use super::suppression::{self, Suppressed};
use super::{Finding, rules};
use crate::manifest::ManifestSet;
use crate::workload::declared::Inventory;

/// What the rules have to say of a set.
#[derive(Debug)]
pub struct Lint {
    /// What they found, in the order of the files and lines.
    pub findings: Vec<Finding>,
    /// What they found and the manifests suppress, with the reason.
    pub suppressed: Vec<Suppressed>,
    /// How many objects were looked at.
    pub objects: usize,
}

/// Looks for everything that the rules know. Touches nothing and needs no cluster.
///
/// A set in which no database is found is looked at as well: some rules are about any pod with a volume.
#[must_use]
pub fn lint(set: &ManifestSet, default_namespace: &str) -> Lint {
    let inventory = Inventory::of(set, default_namespace);
    let found = rules::catalogue()
        .iter()
        .flat_map(|rule| (rule.check)(&inventory))
        .collect();
    let (mut findings, suppressed) = suppression::apply(set, found);
    findings.sort_by_cached_key(|finding| {
        let place = finding.place();
        (place.file().to_owned(), place.span().start, finding.rule.id)
    });
    Lint {
        findings,
        suppressed,
        objects: set.iter().count(),
    }
}
