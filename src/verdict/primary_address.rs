use super::model::Finding;
use super::role_history::roles_at;
use super::view::DrillView;
use crate::history::{Event, Fault, Probe};

/// A Service that selects one pod leads to the PRIMARY: before it steps down, and after.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let Some(step_down) = view.fault(Fault::StepDown) else {
        return Finding::inconclusive("the PRIMARY did not step down");
    };
    let probes: Vec<_> = view
        .own()
        .filter_map(|at| match at.event {
            Event::Probed {
                probe: Probe::WriteThroughService,
                against,
                refused,
                ..
            } => Some((at.place, against, refused)),
            _ => None,
        })
        .collect();
    let services = view
        .workload
        .services
        .iter()
        .filter_map(|service| Some((service, service.pod.as_deref()?)));
    let (mut held, mut violated) = (Vec::new(), Vec::new());
    for (service, pod) in services {
        let (mut before, mut after) = (false, false);
        for (place, against, refused) in probes.iter().filter(|(_, against, _)| **against == service.dns) {
            let earlier = *place < step_down.place;
            before |= earlier;
            after |= !earlier;
            let roles = roles_at(view, *place);
            let role = roles.get(pod).map_or("of unknown role", |role| role.role);
            let when = if earlier { "before" } else { "after" };
            match refused {
                None => held.push(format!("{when} the step-down {against} led to {pod}, {role}, which took the row")),
                Some(words) => violated.push(format!(
                    "{when} the step-down {against} led to {pod}, {role}, which refused the row ({words}): a selector \
                     knows pods, not roles"
                )),
            }
        }
        if !(before && after) {
            return Finding::inconclusive(format!(
                "no row was tried through {} both before and after the step-down",
                service.dns
            ));
        }
    }
    if !violated.is_empty() {
        violated.extend(held);
        Finding::violated(violated)
    } else if held.is_empty() {
        Finding::inconclusive("no Service selects one pod only")
    } else {
        Finding::held(held)
    }
}
