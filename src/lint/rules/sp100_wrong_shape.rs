use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP100",
    title: "an object has a shape that Kubernetes refuses",
    level: Level::Error,
    why: "A field holds another type than Kubernetes has for it, or one that is required is missing: the API server \
          refuses the object, and no other rule can look at it.",
    mend: "correct the field: see `kubectl explain`",
    source: "Kubernetes, \"API reference\"",
    foresees: &[],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (manifest, problem) in &inventory.problems {
        let place = problem.place().cloned().unwrap_or_else(|| manifest.place());
        // The object's name is the finding's own.
        let said = problem.message();
        let message = said
            .strip_prefix(&format!("{manifest}: "))
            .unwrap_or(&said)
            .to_owned();
        findings.push(Finding::new(
            &RULE,
            manifest,
            place,
            "not as Kubernetes has it",
            message,
        ));
    }
    findings
}
