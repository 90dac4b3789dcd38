use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// Labels of a pod, and the labels that a Service asks for.
pub(super) type Labels = BTreeMap<String, String>;

/// Whether every label that is asked for is there.
pub(super) fn selects(wanted: &Labels, labels: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Whether a selector selects a pod with these labels. An empty one selects nothing: a StatefulSet's must not
/// be empty.
pub(super) fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    let wanted = selector.match_labels.clone().unwrap_or_default();
    let expressions = selector.match_expressions.as_deref().unwrap_or_default();
    if wanted.is_empty() && expressions.is_empty() {
        return false;
    }
    selects(&wanted, labels)
        && expressions.iter().all(|expression| {
            let label = labels.get(&expression.key);
            let listed =
                label.is_some_and(|label| expression.values.iter().flatten().any(|value| value == label));
            match expression.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => label.is_some(),
                "DoesNotExist" => label.is_none(),
                _ => false,
            }
        })
}

/// A selector as kubectl takes it: `app=postgres,tier in (db)`.
pub(super) fn describe(selector: &LabelSelector) -> String {
    let labels = selector.match_labels.iter().flatten();
    let expressions = selector.match_expressions.iter().flatten();
    let parts: Vec<String> = labels
        .map(|(key, value)| format!("{key}={value}"))
        .chain(expressions.map(|expression| {
            let values = expression.values.clone().unwrap_or_default().join(", ");
            match expression.operator.as_str() {
                "In" => format!("{} in ({values})", expression.key),
                "NotIn" => format!("{} notin ({values})", expression.key),
                "Exists" => expression.key.clone(),
                "DoesNotExist" => format!("!{}", expression.key),
                other => format!("{} {other} ({values})", expression.key),
            }
        }))
        .collect();
    or_nothing(&parts)
}

/// Labels as kubectl prints them: `app=postgres,tier=db`.
pub(super) fn list(labels: &Labels) -> String {
    let parts: Vec<String> = labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    or_nothing(&parts)
}

fn or_nothing(parts: &[String]) -> String {
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        format!("`{}`", parts.join(","))
    }
}
