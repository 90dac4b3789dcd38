use super::deployment;
use super::model::Finding;
use super::sighting::Sighting;
use super::times::{self, seconds};
use super::view::{DrillView, Ending, POD};
use crate::history::{Event, PodState, Probe, WriteFate, WriteOutcome};
use crate::plan::Step;

/// The member becomes Ready and, where the drill writes after the fault, accepts writes again.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let pod = &view.member.pod;
    // Refuted only where every step was done and no watch missed anything: a time-out of the harness is no proof.
    let refuted = view.ending == Ending::Complete && !view.gap_since_fault(POD);
    let verdict = |evidence: String| {
        if refuted {
            Finding::violated(vec![evidence])
        } else {
            Finding::inconclusive(evidence)
        }
    };
    let Some(new) = view.new_pod() else {
        return verdict(format!("no new pod {pod} was seen"));
    };
    let pod = view.name(new).unwrap_or(pod);
    let Some(ready) = view.ready(new) else {
        let last = view.pod(new).filter_map(|pod| pod.state).last();
        return verdict(format!(
            "{pod}: pod {new} was never seen Ready{}",
            last.map(last_seen).unwrap_or_default()
        ));
    };

    let times = times::of(view);
    let ready_after = times.as_ref().and_then(|times| times.ready_us);
    let after_fault =
        |us: Option<u64>| us.map_or_else(String::new, |us| format!(" {} after the fault", seconds(us)));
    let mut evidence = vec![format!("{pod}: pod {new} Ready{}", after_fault(ready_after))];
    let restarts = view
        .pod(new)
        .filter_map(|pod| view.engine(pod.state?))
        .map(|engine| engine.restarts)
        .max();
    if let Some(restarts) = restarts.filter(|restarts| *restarts > 0) {
        evidence.push(format!("its server's container was started again: {restarts}×"));
    }

    if let Some(finding) = page(view, ready, &mut evidence) {
        return finding;
    }
    if let Some(finding) = unspoken(view, &mut evidence) {
        return finding;
    }
    if !view.writes_after_fault() {
        let read = view
            .own()
            .any(|at| at.place > ready.place && matches!(at.event, Event::Read { .. }));
        return if read {
            evidence.push("it answered the final read".into());
            Finding::held(evidence)
        } else {
            Finding::inconclusive(format!("{pod}: pod {new} was not read from once it was Ready"))
        };
    }
    if first_write(view, new).is_some() {
        let write = times.and_then(|times| times.write_us);
        evidence.push(format!("first row acknowledged{}", after_fault(write)));
        return Finding::held(evidence);
    }
    if deployment::answers_after(view, ready.us) {
        evidence.push("rows were acknowledged since, by whichever pod its Service led to".to_owned());
        return Finding::held(evidence);
    }
    let refusal = view.own().filter_map(|at| match at.event {
        Event::Wrote { outcomes, .. } => outcomes.iter().rev().find_map(|outcome| match &outcome.fate {
            WriteFate::Refused(why) if outcome.sent_us >= ready.us => Some(why),
            _ => None,
        }),
        _ => None,
    });
    match refusal.last() {
        Some(why) if view.ending != Ending::Missing => Finding::violated(vec![format!(
            "{pod}: pod {new} was Ready and accepted no row; the last refusal: {why}"
        )]),
        _ => Finding::inconclusive(format!("{pod}: no row was acknowledged by pod {new}")),
    }
}

/// What can be said of a server that nobody speaks to: that it is Ready. None where it could be asked.
pub(super) fn unspoken(view: &DrillView<'_>, evidence: &mut Vec<String>) -> Option<Finding> {
    (!view.workload.is_spoken()).then(|| {
        evidence.push(format!(
            "{}: that it serves is what its readiness says, and nothing else",
            view.workload.engine
        ));
        Finding::held(std::mem::take(evidence))
    })
}

/// What the answers over HTTP say, where the drill asks for a page in place of rows; none where it does not.
///
/// Only the status is compared: a page may tell the time.
pub(super) fn page(view: &DrillView<'_>, ready: Sighting<'_>, evidence: &mut Vec<String>) -> Option<Finding> {
    if !view.planned.steps.contains(&Step::Get) {
        return None;
    }
    let answers = || {
        view.own().filter_map(|at| match at.event {
            Event::Probed {
                probe: Probe::Get,
                answer: Some(answer),
                ..
            } => Some((at.place, answer.as_str())),
            _ => None,
        })
    };
    let fault = view.first_fault().map_or(usize::MAX, |fault| fault.place);
    let before = answers().take_while(|(place, _)| *place < fault).last();
    let Some((_, after)) = answers().find(|(place, _)| *place > ready.place) else {
        return Some(Finding::inconclusive(format!(
            "{}: GET / was not answered once the new pod was Ready",
            view.member.pod
        )));
    };
    let status = |answer: &str| answer.split(':').next().map(str::to_owned);
    Some(match before {
        Some((_, before)) if status(before) != status(after) => Finding::violated(vec![format!(
            "{}: GET / answered {after} after the fault, {before} before it",
            view.member.pod
        )]),
        _ => {
            evidence.push(format!("GET / answered {after}"));
            Finding::held(std::mem::take(evidence))
        }
    })
}

/// The first row that a pod acknowledged: one that was sent on a connection opened since that pod was first seen, to
/// a server that says it has that pod's address, or, where it knows no more of itself, its name.
///
/// What is acknowledged on another connection was acknowledged by the pod before it, which a forced deletion leaves
/// running for a while. A replica set acknowledges rows as a whole: there the first one counts that was sent after the
/// new pod was seen, whichever member is PRIMARY.
pub(super) fn first_write<'h>(view: &DrillView<'h>, new: &str) -> Option<&'h WriteOutcome> {
    let seen = view.first_seen(new)?;
    if view.workload.replication.is_some() {
        let seen_us = view.pod(new).next()?.us;
        return first_acknowledged(view, seen_us);
    }
    let is_the_pod = |server: &str| {
        view.pod(new).any(|pod| {
            let ip = pod.state.and_then(|state| state.ip.as_deref());
            view.member.answers_as(server, ip)
        })
    };
    let connected = view.own().find(|at| match at.event {
        Event::Connected { name, server, .. } => {
            at.place > seen && *name == view.member.dns && server.as_deref().is_none_or(is_the_pod)
        }
        _ => false,
    })?;
    first_acknowledged(view, connected.us)
}

/// The first acknowledged row that was sent since a time.
pub(super) fn first_acknowledged<'h>(view: &DrillView<'h>, since_us: u64) -> Option<&'h WriteOutcome> {
    view.own()
        .filter_map(|at| match at.event {
            Event::Wrote { outcomes, .. } => Some(outcomes),
            _ => None,
        })
        .flatten()
        .filter(|outcome| outcome.fate == WriteFate::Acknowledged && outcome.sent_us >= since_us)
        .min_by_key(|outcome| outcome.done_us)
}

pub(super) fn last_seen(pod: &PodState) -> String {
    let mut text = format!("; last seen {}", pod.phase);
    if let Some(why) = &pod.unschedulable {
        text = format!("{text}, not scheduled: {why}");
    }
    for container in &pod.containers {
        if let Some(why) = container.waiting.as_ref().or(container.terminated.as_ref()) {
            text = format!("{text}, {}: {why}", container.name);
        }
    }
    text
}
