use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::DisruptionBudget;
use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::typed::typed;

/// The PodDisruptionBudgets of the namespace that select pods with these labels, and how many of so many they let go.
///
/// One that is no PodDisruptionBudget as Kubernetes has it is left to the API server to refuse.
pub(super) fn selecting(labels: &Labels, replicas: u32, neighbours: Neighbours<'_>) -> Vec<DisruptionBudget> {
    let budgets = neighbours.every_of("policy/v1", "PodDisruptionBudget");
    budgets
        .filter_map(|manifest| {
            let spec = typed::<PodDisruptionBudget>(manifest).ok()?.spec?;
            let wanted = spec.selector.as_ref()?;
            // In policy/v1 an empty selector selects every pod of the namespace, a missing one none.
            let every = wanted.match_labels.as_ref().is_none_or(Labels::is_empty)
                && wanted.match_expressions.as_ref().is_none_or(Vec::is_empty);
            (every || selector::matches(wanted, labels)).then(|| DisruptionBudget {
                name: manifest.name().to_owned(),
                allowed: allowed(&spec, replicas),
            })
        })
        .collect()
}

/// How many the disruption controller lets go at once while all are healthy. A budget that asks for nothing is one
/// that it does not reckon with, and lets none go.
fn allowed(spec: &PodDisruptionBudgetSpec, replicas: u32) -> u32 {
    match (&spec.max_unavailable, &spec.min_available) {
        (Some(most), _) => amount(most, replicas).min(replicas),
        (None, Some(least)) => replicas.saturating_sub(amount(least, replicas)),
        (None, None) => 0,
    }
}

/// A number, or a percentage rounded up (Kubernetes, "Rounding logic when specifying percentages").
fn amount(value: &IntOrString, replicas: u32) -> u32 {
    match value {
        IntOrString::Int(number) => u32::try_from(*number).unwrap_or_default(),
        IntOrString::String(text) => {
            let percent: u32 = text.strip_suffix('%').and_then(|n| n.parse().ok()).unwrap_or(0);
            percent.saturating_mul(replicas).div_ceil(100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_budget_lets_go_is_what_the_controller_lets_go() {
        let int = |number| Some(IntOrString::Int(number));
        let percent = |text: &str| Some(IntOrString::String(text.to_owned()));
        for (min_available, max_unavailable, replicas, lets_go) in [
            (int(1), None, 1, 0),
            (int(1), None, 3, 2),
            (int(5), None, 3, 0),
            (int(0), None, 3, 3),
            (None, int(1), 3, 1),
            (None, int(0), 3, 0),
            (None, int(9), 3, 3),
            // 50 % of 3 are rounded up to 2, whichever side they stand on.
            (percent("50%"), None, 3, 1),
            (None, percent("50%"), 3, 2),
            (percent("100%"), None, 3, 0),
            (None, None, 3, 0),
        ] {
            let spec = PodDisruptionBudgetSpec {
                min_available,
                max_unavailable,
                ..PodDisruptionBudgetSpec::default()
            };
            assert_eq!(allowed(&spec, replicas), lets_go, "{spec:?} of {replicas}");
        }
    }
}
