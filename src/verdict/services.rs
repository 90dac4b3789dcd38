use super::address::list;
use super::model::Finding;
use super::pods::{Life, lives};
use super::view::DrillView;
use crate::history::Event;
use crate::plan::Step;
use crate::workload::ServiceRef;

/// A headless Service's name answers with its pods' addresses, and no others, whoever is scaled away; any other
/// Service's keeps its one address (Kubernetes' "Services: Headless Services", "DNS for Services and Pods").
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let lives = lives(view);
    let findings = view.workload.services.iter().map(|service| {
        if service.headless {
            headless(view, &lives, service)
        } else {
            steady(view, service)
        }
    });
    Finding::worst_of(findings.collect())
        .unwrap_or_else(|| Finding::inconclusive("no Service of the set selects the members"))
}

/// The last answer before each fault, and the last of all, are the addresses that the pods had then.
fn headless(view: &DrillView<'_>, lives: &[Life<'_>], service: &ServiceRef) -> Finding {
    let (mut wrong, mut right) = (Vec::new(), Vec::new());
    for (from, to, when) in asked(view) {
        let Some((place, answer)) = answers(view, service, from, to).last() else {
            return Finding::inconclusive(format!("{} was not asked for {when}", service.dns));
        };
        let wanted = addresses(lives, service, place);
        if answer == wanted {
            right.push(format!("{} {when}", list(&wanted)));
        } else {
            wrong.push(format!(
                "{} answered with {} {when}, the {} pods had {}",
                service.dns,
                list(answer),
                if service.publishes_not_ready {
                    "running"
                } else {
                    "Ready"
                },
                list(&wanted)
            ));
        }
    }
    if !wrong.is_empty() {
        return Finding::violated(wrong);
    }
    if right.is_empty() {
        return Finding::inconclusive(format!("{} was never asked for", service.dns));
    }
    let of = if service.publishes_not_ready {
        "all pods (publishNotReadyAddresses)"
    } else {
        "the Ready pods"
    };
    Finding::held(vec![format!(
        "{} answered with the addresses of {of} and no other: {}",
        service.dns,
        right.join("; ")
    )])
}

/// Every answer is the same one address.
fn steady(view: &DrillView<'_>, service: &ServiceRef) -> Finding {
    let all: Vec<_> = answers(view, service, 0, usize::MAX).collect();
    let Some((_, first)) = all.first() else {
        return Finding::inconclusive(format!("{} was never asked for", service.dns));
    };
    if let Some((_, other)) = all
        .iter()
        .find(|(_, answer)| answer.len() != 1 || answer != first)
    {
        return Finding::violated(vec![format!(
            "{} answered with {}, and with {}",
            service.dns,
            list(first),
            list(other)
        )]);
    }
    Finding::held(vec![format!(
        "{} answered with its one address {} all the time",
        service.dns,
        list(first)
    )])
}

/// The parts of the history between two faults in which the plan asks for the Services.
fn asked(view: &DrillView<'_>) -> Vec<(usize, usize, String)> {
    let mut parts: Vec<(usize, usize, String)> = Vec::new();
    let mut faults = 0_usize;
    for step in &view.planned.steps {
        if super::view::fault_of(*step).is_some() {
            faults += 1;
        }
        if *step != Step::ResolveServices {
            continue;
        }
        let last = faults.checked_sub(1).and_then(|last| view.faults.get(last));
        let from = last.map_or(0, |begun| begun.place);
        let to = view.faults.get(faults).map_or(usize::MAX, |next| next.place);
        let when = last.map_or_else(
            || "before the first fault".to_owned(),
            |begun| format!("after `{}`", begun.fault),
        );
        parts.push((from, to, when));
    }
    parts
}

/// The drill's answers for a Service's name between two places of the history.
fn answers<'h>(
    view: &DrillView<'h>,
    service: &ServiceRef,
    from: usize,
    to: usize,
) -> impl Iterator<Item = (usize, &'h [String])> {
    let own = view.own().filter(move |at| at.place > from && at.place < to);
    own.filter_map(|at| match at.event {
        Event::Resolved { name, addresses, .. } if *name == service.dns => {
            Some((at.place, addresses.as_slice()))
        }
        _ => None,
    })
}

/// The addresses of a Service's pods at a place of the history, sorted as the answers are.
fn addresses(lives: &[Life<'_>], service: &ServiceRef, place: usize) -> Vec<String> {
    let states = lives
        .iter()
        .filter(|life| service.pod.as_deref().is_none_or(|pod| pod == life.name))
        .filter_map(|life| life.before(place)?.state);
    let mut addresses: Vec<_> = states
        .filter(|pod| service.publishes_not_ready || (pod.ready && !pod.terminating))
        .filter_map(|pod| pod.ip.clone())
        .collect();
    addresses.sort();
    addresses
}
