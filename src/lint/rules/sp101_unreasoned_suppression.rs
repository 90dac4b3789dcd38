use super::prelude::*;

pub(in crate::lint) static RULE: Rule = Rule {
    id: "SP101",
    title: "a suppression has no reason or names no rule",
    level: Level::Error,
    why: "Whoever reads the manifest next has to know whether what is suppressed was meant. A suppression without a reason \
          suppresses nothing.",
    mend: "write `# stateproof:ignore SP007 the reason`, or the annotation stateproof.dev/ignore: \"SP007: the reason\"",
    source: "stateproof",
    foresees: &[],
    fixable: false,
    check: none,
};

/// Found where suppressions are applied.
pub(super) fn none(_: &Inventory<'_>) -> Vec<Finding> {
    Vec::new()
}
