//! What the rules about settings have in common.

use super::prelude::*;

/// A finding for each setting of a server that has one of these values.
pub(super) fn found(
    rule: &'static Rule,
    inventory: &Inventory<'_>,
    settings: &[(&str, &[&str])],
    message: impl Fn(&str) -> String,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (maker, _, _) in inventory.databases() {
        for setting in maker.settings(inventory) {
            let value = setting.value.to_ascii_lowercase();
            let known = settings.iter().find(|(name, _)| *name == setting.name);
            if known.is_some_and(|(_, values)| values.contains(&value.as_str())) {
                let shown = if value.is_empty() {
                    setting.name.clone()
                } else {
                    format!("{}={value}", setting.name)
                };
                findings.push(Finding::of(
                    rule,
                    maker,
                    setting.place,
                    "said here",
                    message(&shown),
                ));
            }
        }
    }
    findings
}
