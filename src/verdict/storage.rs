use std::collections::BTreeSet;

use super::binding;
use super::inspection::Inspection;
use super::model::Finding;
use super::view::{CLAIM, DrillView};
use crate::history::{ClaimState, Event, ObjectRef};
use crate::quantity;
use crate::workload::{ClaimTemplate, WorkloadKind};

/// The claims of every member that a fault met are as the manifest asks, and the same claims and volumes before and after.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let (Some(first_fault), Some(last_fault)) = (view.first_fault(), view.last_fault()) else {
        return Finding::inconclusive("no fault was begun");
    };
    if view.workload.claims.is_empty() {
        return Finding::inconclusive("the manifest asks for no claim");
    }
    let inspections = view.inspections();
    let Some(before) = inspections.iter().rfind(|found| found.place < first_fault.place) else {
        return Finding::inconclusive("the claims were not looked at before the fault");
    };
    let Some(after) = inspections.iter().rfind(|found| found.place > last_fault.place) else {
        return Finding::inconclusive("the claims were not looked at after the fault");
    };

    let mut wrong = Vec::new();
    let mut right = Vec::new();
    for view in view.met() {
        for (template, name) in view.workload.claims.iter().zip(&view.member.claims) {
            match compare(&view, template, name, *before, *after) {
                Ok(evidence) => right.push(evidence),
                Err(evidence) => wrong.extend(evidence),
            }
        }
    }
    if wrong.is_empty() {
        Finding::held(right)
    } else {
        Finding::violated(wrong)
    }
}

/// One claim before and after: what is right about it, or all that is wrong.
fn compare(
    view: &DrillView<'_>,
    template: &ClaimTemplate,
    name: &str,
    before: Inspection<'_>,
    after: Inspection<'_>,
) -> Result<String, Vec<String>> {
    let namespace = &view.workload.namespace;
    let (Some((old, old_state)), Some((new, new_state))) =
        (before.claim(namespace, name), after.claim(namespace, name))
    else {
        let when = if before.claim(namespace, name).is_none() {
            "before"
        } else {
            "after"
        };
        return Err(vec![format!("claim {name} was not there {when} the fault")]);
    };

    let mut wrong = Vec::new();
    for (when, state) in [("before", old_state), ("after", new_state)] {
        wrong.extend(
            departures(template, state)
                .into_iter()
                .map(|departure| format!("claim {name} {departure} {when} the fault")),
        );
    }
    if old.uid != new.uid {
        wrong.push(format!(
            "claim {name} is another: UID {} before, {} after",
            old.uid, new.uid
        ));
    }
    if old_state.volume != new_state.volume {
        wrong.push(format!(
            "claim {name} has another volume: {} before, {} after",
            or_none(old_state.volume.as_deref()),
            or_none(new_state.volume.as_deref())
        ));
    }
    let applied = applied(view, name, before.place);
    if let Some(applied) = applied.filter(|applied| applied.uid != old.uid) {
        wrong.push(format!(
            "claim {name} of the manifests was not adopted: UID {} applied, {} found",
            applied.uid, old.uid
        ));
    }

    if wrong.is_empty() {
        Ok(format!(
            "{name}: {}, {} {}, class {}{}; same UID {} and volume {} before and after{}",
            new_state.phase,
            or_none(new_state.requested.as_deref()),
            new_state.access_modes.join("+"),
            or_none(new_state.storage_class.as_deref()),
            // A Deployment makes no claims that it could adopt one in place of.
            if applied.is_some() && view.workload.kind == WorkloadKind::StatefulSet {
                ", adopted from the manifests"
            } else {
                ""
            },
            new.uid,
            or_none(new_state.volume.as_deref()),
            binding::told(view, new).map_or_else(String::new, |told| format!("; {told}")),
        ))
    } else {
        Err(wrong)
    }
}

/// How a claim departs from its template: fragments that follow the claim's name.
fn departures(template: &ClaimTemplate, state: &ClaimState) -> Vec<String> {
    let mut departures = Vec::new();
    if state.phase != "Bound" {
        departures.push(format!("was {}, not Bound,", state.phase));
    } else if state.volume.is_none() {
        departures.push("was bound to no volume".into());
    }
    if state.terminating {
        departures.push("was being deleted".into());
    }
    if !state
        .requested
        .as_deref()
        .is_some_and(|size| quantity::same(size, &template.storage))
    {
        departures.push(format!(
            "asked for {}, not {},",
            or_none(state.requested.as_deref()),
            template.storage
        ));
    }
    let modes = |modes: &[String]| modes.iter().cloned().collect::<BTreeSet<_>>();
    if modes(&state.access_modes) != modes(&template.access_modes) {
        departures.push(format!(
            "had access modes {}, not {},",
            state.access_modes.join("+"),
            template.access_modes.join("+")
        ));
    }
    // A template without a class asks for the cluster's default, whichever that is; "" asks for none.
    if let Some(class) = &template.storage_class
        && state.storage_class.as_deref().unwrap_or_default() != class
    {
        departures.push(format!(
            "had class {}, not {},",
            or_none(state.storage_class.as_deref()),
            or_none(Some(class))
        ));
    }
    departures
}

/// The claim as the manifests themselves contain it, where they do: the StatefulSet must take it over.
fn applied<'h>(view: &DrillView<'h>, name: &str, before: usize) -> Option<&'h ObjectRef> {
    view.all()
        .rev()
        .skip_while(|at| at.place > before)
        .find_map(|at| match at.event {
            Event::Applied { object }
                if object.kind == CLAIM
                    && object.namespace == view.workload.namespace
                    && object.name == name =>
            {
                Some(object)
            }
            _ => None,
        })
}

fn or_none(text: Option<&str>) -> &str {
    text.filter(|text| !text.is_empty()).unwrap_or("none")
}
