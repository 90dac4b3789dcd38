use super::model::Finding;
use super::services;
use super::times::seconds;
use super::view::{At, DrillView, Ending};
use crate::history::Event;
use crate::plan::{Drill, Step};

/// For how long an answer may be an old one: the `ttl` that kubeadm's Corefile gives CoreDNS.
const STALE_US: u64 = 30_000_000;

/// The member's DNS name answers with the pod's address and no other, before and after.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    if view.planned.drill == Drill::Scale {
        return services::check(view);
    }
    let name = &view.member.dns;
    let (Some(first_fault), Some(old)) = (view.first_fault(), view.old_pod()) else {
        return Finding::inconclusive("no pod was seen before the fault");
    };
    let Some(new) = view.new_pod() else {
        return Finding::inconclusive("no new pod was seen whose address the name could answer with");
    };
    let Some(old_ip) = ip(view, old, first_fault.place) else {
        return Finding::inconclusive(format!("no address of pod {old} was seen before the fault"));
    };
    let Some(new_ip) = ip(view, new, usize::MAX) else {
        return Finding::inconclusive(format!("no address of pod {new} was seen"));
    };

    let mut before = view.all().rev().filter(|at| at.place < first_fault.place);
    let Some(before) = before.find_map(|at| answer(view, at)) else {
        return Finding::inconclusive(format!("{name} was not asked for before the fault"));
    };
    if before != [old_ip] {
        return Finding::violated(vec![format!(
            "{name} answered with {} before the fault, the pod had {old_ip}",
            list(before)
        )]);
    }

    let Some((last, after)) = answers_since(view, new).last() else {
        return Finding::inconclusive(format!("{name} was not asked for once the new pod had come"));
    };
    if after != [new_ip] {
        let evidence = format!(
            "{name} answered with {} at the end, the new pod had {new_ip}",
            list(after)
        );
        let ready = view.ready(new).map(|ready| ready.us);
        let stale = ready.is_none_or(|ready| last.us < ready.saturating_add(STALE_US));
        return if view.ending != Ending::Complete && stale {
            Finding::inconclusive(format!("{evidence}, which may have been an old answer still"))
        } else {
            Finding::violated(vec![evidence])
        };
    }
    let mut evidence = vec![
        format!("{name} answered with {old_ip} before and {new_ip} after, as the pods had it"),
        delay(view, new, new_ip),
    ];
    match services(view) {
        Ok(found) => evidence.extend(found),
        Err(finding) => return finding,
    }
    Finding::held(evidence)
}

/// What was read through the Services that lead to the member: the rows of the final read and no others.
fn services(view: &DrillView<'_>) -> Result<Vec<String>, Finding> {
    if !view.planned.steps.contains(&Step::ReadServices) {
        return Ok(Vec::new());
    }
    let read = view.own().filter_map(|at| match at.event {
        Event::Read { keys, .. } => Some(keys),
        _ => None,
    });
    let Some(read) = read.last() else {
        return Err(Finding::inconclusive(
            "the rows were not read through the member's own name",
        ));
    };
    let mut evidence = Vec::new();
    for service in view.workload.services_of(&view.member) {
        let through = view.own().filter_map(|at| match at.event {
            Event::ServiceRead {
                service: name, keys, ..
            } if *name == service.dns => Some(keys),
            _ => None,
        });
        match through.last() {
            None => {
                return Err(Finding::inconclusive(format!(
                    "no rows were read through {}",
                    service.dns
                )));
            }
            Some(keys) if keys == read => {
                evidence.push(format!("the same {} rows through {}", keys.len(), service.dns));
            }
            Some(keys) => {
                return Err(Finding::violated(vec![format!(
                    "{} rows through {}, {} through {}",
                    keys.len(),
                    service.dns,
                    read.len(),
                    view.member.dns
                )]));
            }
        }
    }
    Ok(evidence)
}

/// The first answer with the new pod's address, and no other, once that pod was seen.
pub(super) fn first_right_answer<'h>(view: &DrillView<'h>, new: &str) -> Option<At<'h>> {
    let new_ip = ip(view, new, usize::MAX)?;
    let mut answers = answers_since(view, new);
    answers.find(|(_, answer)| *answer == [new_ip]).map(|(at, _)| at)
}

/// The last address that a pod was seen to have before a place of the history.
pub(super) fn ip<'h>(view: &DrillView<'h>, uid: &str, before: usize) -> Option<&'h str> {
    let seen = view.pod(uid).filter(|pod| pod.place < before);
    seen.filter_map(|pod| pod.state?.ip.as_deref()).last()
}

/// The drill's answers since a pod was first seen: another pod may have had the same address before.
fn answers_since<'h>(view: &DrillView<'h>, uid: &str) -> impl Iterator<Item = (At<'h>, &'h [String])> {
    let from = view.first_seen(uid);
    view.own()
        .filter(move |at| from.is_some_and(|from| at.place > from))
        .filter_map(|at| Some((at, answer(view, at)?)))
}

pub(super) fn answer<'h>(view: &DrillView<'_>, at: At<'h>) -> Option<&'h [String]> {
    match at.event {
        Event::Resolved { name, addresses, .. } if *name == view.member.dns => Some(addresses),
        _ => None,
    }
}

fn delay(view: &DrillView<'_>, new: &str, new_ip: &str) -> String {
    let answered = first_right_answer(view, new).map(|at| at.us);
    let ready = view.ready(new).map(|ready| ready.us);
    match (answered, ready) {
        (Some(answered), Some(ready)) if answered >= ready => {
            format!(
                "first with {new_ip} {} after the new pod was Ready",
                seconds(answered - ready)
            )
        }
        (Some(answered), Some(ready)) => {
            format!(
                "first with {new_ip} {} before the new pod was Ready",
                seconds(ready - answered)
            )
        }
        _ => "the new pod was not seen to be Ready".into(),
    }
}

pub(super) fn list(addresses: &[String]) -> String {
    if addresses.is_empty() {
        "nothing".into()
    } else {
        addresses.join(", ")
    }
}
