use super::prelude::*;
use super::sp101_unreasoned_suppression::none;

pub(in crate::lint) static RULE: Rule = Rule {
    id: "SP102",
    title: "a suppression suppresses nothing",
    level: Level::Warning,
    why: "What it was written for is no longer there, or it stands in the wrong place: a later finding that it happens to \
          cover would go unseen.",
    mend: "take it away, or move it to the line or the object that the finding is at",
    source: "stateproof",
    foresees: &[],
    fixable: false,
    check: none,
};
