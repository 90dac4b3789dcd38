use super::{Finding, Level};
use crate::plan::Promise;
use crate::workload::declared::Inventory;

/// One thing that is looked for.
#[derive(Debug)]
pub struct Rule {
    /// Its identifier, for example `SP007`; it never changes its meaning.
    pub id: &'static str,
    /// What it finds, a sentence fragment.
    pub title: &'static str,
    /// How much a finding weighs, unless the finding itself says less.
    pub level: Level,
    /// What goes wrong, and when.
    pub why: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// The thread, manual or document that it comes from.
    pub source: &'static str,
    /// The promises whose violation on a cluster it foresees.
    pub foresees: &'static [Promise],
    /// Whether `--fix` mends it where the fix is certain.
    pub fixable: bool,
    pub(super) check: fn(&Inventory<'_>) -> Vec<Finding>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}
