//! A server process that is killed: the pod stays, and its container is made anew.

use super::address::{answer, ip, list};
use super::model::Finding;
use super::recovery::{first_acknowledged, last_seen, page, unspoken};
use super::sighting::Sighting;
use super::times::{RecoveryTimes, milestone, seconds, write_gap};
use super::view::{At, Begun, DrillView, Ending, POD};
use crate::history::{Event, Fault, PodState, WriteOutcome, container_id};
use crate::workload::WorkloadKind;

/// A server's container, before the fault and after it.
struct Change<'h> {
    /// The UID of the pod, which stays.
    pod: &'h str,
    old: &'h str,
    new: &'h str,
    /// The first sight of the new one.
    seen: Sighting<'h>,
}

/// Whether the server's process was killed: its pod was seen with another container in the old one's place.
///
/// # Errors
///
/// Says what was not seen.
pub(super) fn proof(view: &DrillView<'_>, begun: Begun<'_>) -> Result<(), String> {
    let not = |what: String| Err(format!("the fault did not happen: {what}"));
    let [target] = begun.targets else {
        return not("it was not aimed at one pod".to_owned());
    };
    if !view.is_pod(target) {
        return not(format!(
            "it was aimed at {} {}, not at the member's pod",
            target.kind, target.name
        ));
    }
    let Some(old) = container_before(view, begun, &target.uid) else {
        return not(format!("no running server was seen in {} before it", target.name));
    };
    if change(view).is_none() {
        return not(format!(
            "{} was never seen with another container than {}",
            target.name,
            short(old)
        ));
    }
    Ok(())
}

/// The pod stays the same one; only its server's container is another.
pub(super) fn identity(view: &DrillView<'_>) -> Finding {
    let Some(Change { pod, old, new, seen }) = change(view) else {
        return Finding::inconclusive("no other container was seen after the fault");
    };
    let name = &view.member.pod;
    let replaced = view
        .pods()
        .iter()
        .find(|sighting| sighting.place > seen.place && (sighting.uid != pod || sighting.state.is_none()));
    // A Deployment's other pods come and go under names of their own.
    let stays =
        replaced.is_none_or(|sighting| view.workload.kind == WorkloadKind::Deployment && sighting.uid != pod);
    let ended = seen
        .state
        .and_then(|state| view.engine(state)?.terminated.as_deref());
    let ended = ended.map_or_else(String::new, |how| format!(" ended, {how}"));
    let evidence = format!(
        "{name}: pod {pod} stayed; its server's container {}{ended}; {} took its place",
        short(old),
        short(new)
    );
    if stays {
        Finding::held(vec![evidence])
    } else if view.ending == Ending::Complete && !view.gap_since_fault(POD) {
        Finding::violated(vec![format!(
            "{name}: pod {pod} did not stay when its server was killed"
        )])
    } else {
        Finding::inconclusive(format!(
            "{name}: pod {pod} was replaced while its server was away"
        ))
    }
}

/// The member's name answers with the pod's address, and no other, before and after: the pod keeps it.
pub(super) fn address(view: &DrillView<'_>) -> Finding {
    let name = &view.member.dns;
    let (Some(Change { pod, seen, .. }), Some(fault)) = (change(view), view.first_fault()) else {
        return Finding::inconclusive("no other container was seen after the fault");
    };
    let (Some(before), Some(after)) = (ip(view, pod, fault.place), ip(view, pod, usize::MAX)) else {
        return Finding::inconclusive(format!("no address of pod {pod} was seen"));
    };
    let asked = |from: usize, to: usize| {
        let answers = view.own().filter(move |at| at.place > from && at.place < to);
        answers.filter_map(|at| answer(view, at)).last()
    };
    let (Some(first), Some(last)) = (asked(0, fault.place), asked(seen.place, usize::MAX)) else {
        return Finding::inconclusive(format!("{name} was not asked for before the fault and after it"));
    };
    for (when, answered, had) in [("before", first, before), ("after", last, after)] {
        if answered != [had] {
            return Finding::violated(vec![format!(
                "{name} answered with {} {when} the fault, the pod had {had}",
                list(answered)
            )]);
        }
    }
    Finding::held(vec![format!(
        "{name} answered with {before} before and {after} after, as the pod had it"
    )])
}

/// The container becomes Ready again and, where the drill writes after the fault, accepts writes.
pub(super) fn recovery(view: &DrillView<'_>) -> Finding {
    let name = &view.member.pod;
    let refuted = view.ending == Ending::Complete && !view.gap_since_fault(POD);
    let verdict = |evidence: String| {
        if refuted {
            Finding::violated(vec![evidence])
        } else {
            Finding::inconclusive(evidence)
        }
    };
    let Some(change) = change(view) else {
        return Finding::inconclusive("no other container was seen after the fault");
    };
    let Some(ready) = ready(view, &change) else {
        let last = view.pod(change.pod).filter_map(|pod| pod.state).last();
        return verdict(format!(
            "{name}: the server was never seen Ready again{}",
            last.map(last_seen).unwrap_or_default()
        ));
    };
    let times = times(view);
    let after_fault =
        |us: Option<u64>| us.map_or_else(String::new, |us| format!(" {} after the fault", seconds(us)));
    let ready_us = times.as_ref().and_then(|times| times.ready_us);
    let mut evidence = vec![format!("{name}: the server Ready again{}", after_fault(ready_us))];
    if let Some(finding) = unspoken(view, &mut evidence).or_else(|| page(view, ready, &mut evidence)) {
        return finding;
    }
    if let Some(write) = times.and_then(|times| times.write_us) {
        evidence.push(format!("first row acknowledged{}", after_fault(Some(write))));
        return Finding::held(evidence);
    }
    verdict(format!(
        "{name}: the server was Ready again and acknowledged no row"
    ))
}

/// The place at which the new container was first seen.
pub(super) fn place(view: &DrillView<'_>) -> Option<usize> {
    change(view).map(|change| change.seen.place)
}

/// How long the recovery took.
pub(super) fn times(view: &DrillView<'_>) -> Option<RecoveryTimes> {
    let fault = view.first_fault()?;
    let since = |us: u64| us.checked_sub(fault.us);
    let change = change(view);
    let reached = |is: &dyn Fn(&PodState) -> bool| {
        let Change { pod, new, .. } = change.as_ref()?;
        let there = |pod: &Sighting<'_>| pod.state.is_some_and(|state| runs(view, state, new) && is(state));
        milestone(view, pod, there).and_then(since)
    };
    let accepted = view
        .own()
        .find(|at| matches!(at.event, Event::FaultAccepted { .. }));
    let answers = change.as_ref().and_then(|change| {
        let mut later = view.own().filter(|at| at.place > change.seen.place);
        let had = ip(view, change.pod, usize::MAX)?;
        later.find(|at| answer(view, *at).is_some_and(|answered| answered == [had]))
    });
    Some(RecoveryTimes {
        drill: view.id.clone(),
        accepted_us: accepted.and_then(|at| since(at.us)),
        gone_us: None,
        created_us: None,
        scheduled_us: None,
        started_us: reached(&|_| true),
        ready_us: reached(&|state| state.ready),
        answers_us: answers.and_then(|at| since(at.us)),
        write_us: change
            .as_ref()
            .and_then(|change| first_write(view, fault, change))
            .and_then(|outcome| since(outcome.done_us)),
        write_gap_us: write_gap(view, fault.us),
    })
}

/// The first row that the new process acknowledged: one that was sent on a connection that was opened since the killed
/// one's was lost. Where other members acknowledge rows as well, the first that was sent once the new one was seen.
fn first_write<'h>(view: &DrillView<'h>, fault: Begun<'_>, change: &Change<'h>) -> Option<&'h WriteOutcome> {
    let several = view.workload.replication.is_some()
        || (view.workload.kind == WorkloadKind::Deployment && view.workload.replicas > 1);
    if several {
        return first_acknowledged(view, change.seen.us);
    }
    let since = |place: usize| view.own().filter(move |at| at.place > place);
    let lost = since(fault.place).find(|at| matches!(at.event, Event::Disconnected { .. }))?;
    let opened = since(lost.place).find(|at: &At<'_>| matches!(at.event, Event::Connected { .. }))?;
    first_acknowledged(view, opened.us)
}

fn change<'h>(view: &DrillView<'h>) -> Option<Change<'h>> {
    let begun = view.fault(Fault::Crash)?;
    let target = begun.targets.first()?;
    let old = container_before(view, begun, &target.uid)?;
    let mut later = view.pod(&target.uid).filter(|pod| pod.place > begun.place);
    later.find_map(|seen| {
        let new = view.engine(seen.state?)?.id.as_deref()?;
        (new != old).then_some(Change {
            pod: seen.uid,
            old,
            new,
            seen,
        })
    })
}

/// The container that ran when the fault was begun.
fn container_before<'h>(view: &DrillView<'h>, begun: Begun<'_>, pod: &str) -> Option<&'h str> {
    let before = view.pod(pod).filter(|pod| pod.place < begun.place).last()?;
    let server = view.engine(before.state?)?;
    server.id.as_deref().filter(|_| server.running)
}

fn ready<'h>(view: &DrillView<'h>, change: &Change<'h>) -> Option<Sighting<'h>> {
    let is_ready = |state: &PodState| state.ready && runs(view, state, change.new);
    view.pod(change.pod).find(|pod| pod.state.is_some_and(is_ready))
}

fn runs(view: &DrillView<'_>, pod: &PodState, container: &str) -> bool {
    view.engine(pod)
        .is_some_and(|server| server.running && server.id.as_deref() == Some(container))
}

/// A container's ID as `docker ps` and `crictl ps` shorten it, without its runtime's name.
fn short(id: &str) -> &str {
    let id = container_id(id).unwrap_or(id);
    id.get(..12).unwrap_or(id)
}
