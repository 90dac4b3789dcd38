use super::prelude::*;

pub(super) static RULE: Rule = Rule {
    id: "SP103",
    title: "a field that Kubernetes does not have",
    level: Level::Error,
    why: "The API server refuses the object; where validation is switched off it drops the field, and the set runs without \
          what was asked for. Mostly the name has a typo, or stands a level too high or too low.",
    mend: "correct the name or its indentation: see `kubectl explain`; where the cluster's Kubernetes is newer than this \
           stateproof and has the field, suppress the finding with that reason",
    source: "Kubernetes, \"Kubernetes API Concepts\", field validation",
    foresees: &[],
    fixable: false,
    check,
};

fn check(inventory: &Inventory<'_>) -> Vec<Finding> {
    let unknown = inventory.unknown_fields.iter();
    unknown
        .map(|(manifest, pointer)| {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            let message = format!("there is no field {field}");
            Finding::new(
                &RULE,
                manifest,
                manifest.locate(pointer),
                "not a field of Kubernetes'",
                message,
            )
        })
        .collect()
}
