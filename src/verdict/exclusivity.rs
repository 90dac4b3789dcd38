use std::collections::BTreeSet;

use super::model::Finding;
use super::servers::{self, Server};
use super::times::seconds;
use super::view::{At, Begun, DrillView};
use crate::history::{Event, Fault};
use crate::plan::Outcome;

/// Never two servers on one volume, counted on the nodes: a lock file names a process, and a process ID means nothing
/// in another container (docker-library/postgres issue 171).
///
/// What is counted are the main processes of the engine's containers whose pods mount the same claim. A process whose
/// node is paused stands still and writes nothing: until its node goes on it is not counted.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let templates = view.workload.claims.iter().zip(&view.member.claims);
    let mounted = templates.filter(|(template, _)| !template.mounts.is_empty());
    let claims: Vec<_> = mounted.map(|(_, name)| name).collect();
    if claims.is_empty() {
        return Finding::inconclusive("the server mounts no claim");
    }
    if !view.whole().any(|at| matches!(at.event, Event::NodeTask(_))) {
        return Finding::inconclusive(
            "no node's container runtime was followed: how many servers ran at once is not known",
        );
    }
    let servers = servers::of(view);
    let parts = claims.into_iter().map(|claim| on_claim(view, claim, &servers));
    let parts: Vec<Finding> = parts.collect();
    let observed = parts.iter().map(|part| part.observed).max();
    let observed = observed.unwrap_or(Outcome::Inconclusive);
    let worst = parts.into_iter().filter(|part| part.observed == observed);
    Finding {
        observed,
        evidence: worst.flat_map(|part| part.evidence).collect(),
    }
}

/// A time in which a server ran during the drill, in microseconds since the run began.
struct Stay<'h> {
    pod: &'h str,
    /// The pod's UID: a StatefulSet's pods follow each other under one name.
    uid: &'h str,
    from: i64,
    to: i64,
}

fn on_claim(view: &DrillView<'_>, claim: &String, servers: &[Server<'_>]) -> Finding {
    let (mut stays, mut unknown) = (Vec::new(), Vec::new());
    for server in servers.iter().filter(|server| server.claims.contains(claim)) {
        match stay(view, server) {
            Ok(stay) => stays.extend(stay),
            Err(why) => unknown.push(why),
        }
    }
    let crowd = Crowd::of(&stays);
    if crowd.most.len() > 1 {
        let mut evidence = vec![format!(
            "claim {claim}: {} server processes at once ({}), more than one for {}",
            crowd.most.len(),
            crowd.names(),
            time(crowd.us)
        )];
        evidence.extend(unknown);
        Finding::violated(evidence)
    } else if !unknown.is_empty() {
        Finding {
            observed: Outcome::Inconclusive,
            evidence: unknown,
        }
    } else if stays.is_empty() {
        Finding::inconclusive(format!("claim {claim}: no server process was seen on it"))
    } else {
        Finding::held(vec![one_by_one(claim, &mut stays)])
    }
}

/// None when the server had ended before the drill began; two where its node stood still in between.
fn stay<'h>(view: &DrillView<'_>, server: &Server<'h>) -> Result<Vec<Stay<'h>>, String> {
    let span = view.span_us();
    let (begin, end) = (to_signed(span.0), to_signed(span.1));
    let not_reported = |what: &str| {
        format!(
            "the node did not report the {what} of container {} of Pod {}",
            server.container, server.pod
        )
    };
    let from = match server.started {
        Some(started) => started.us,
        // When it began does not matter once it ran before the drill did.
        None if server.seen_us.is_some_and(|seen| seen <= span.0) => begin,
        None => return Err(not_reported("start")),
    };
    let to = match server.ended {
        Some(ended) => ended.us,
        None if server.runs => end,
        None => return Err(not_reported("end")),
    };
    let (from, to) = (from.max(begin), to.min(end));
    let mut stays = vec![(from, to)];
    if let Some((still_from, still_to)) = stood_still(view, server.node) {
        stays = vec![(from, to.min(still_from)), (from.max(still_to), to)];
    }
    stays.retain(|(from, to)| from < to);
    let stays = stays.into_iter().map(|(from, to)| Stay {
        pod: server.pod,
        uid: server.uid,
        from,
        to,
    });
    Ok(stays.collect())
}

/// The time in which a node was paused.
fn stood_still(view: &DrillView<'_>, node: Option<&str>) -> Option<(i64, i64)> {
    let its = |begun: &Begun<'_>| {
        begun
            .targets
            .iter()
            .any(|target| Some(target.name.as_str()) == node)
    };
    let pause = view.fault(Fault::PauseNode).filter(its)?;
    // From the word of it on that it was done, until the word that it was to end: less is certain, not more.
    let done = |at: &At<'_>| {
        matches!(
            at.event,
            Event::FaultAccepted {
                fault: Fault::PauseNode,
                ..
            }
        ) && at.place > pause.place
    };
    let from = view.own().find(done)?.us;
    let to = view
        .fault(Fault::ResumeNode)
        .filter(its)
        .map_or(u64::MAX, |resume| resume.us);
    Some((to_signed(from), to_signed(to)))
}

/// How many ran at once.
struct Crowd<'h> {
    /// The pods of the most that did, by name and UID.
    most: BTreeSet<(&'h str, &'h str)>,
    /// For how long more than one did, in microseconds.
    us: u64,
}

impl<'h> Crowd<'h> {
    fn of(stays: &[Stay<'h>]) -> Self {
        let mut times: Vec<i64> = stays.iter().flat_map(|stay| [stay.from, stay.to]).collect();
        times.sort_unstable();
        times.dedup();
        let mut crowd = Self {
            most: BTreeSet::new(),
            us: 0,
        };
        for pair in times.windows(2) {
            let &[from, to] = pair else { continue };
            let there = stays.iter().filter(|stay| stay.from <= from && stay.to >= to);
            let there: BTreeSet<_> = there.map(|stay| (stay.pod, stay.uid)).collect();
            if there.len() > 1 {
                crowd.us += to.abs_diff(from);
            }
            if there.len() > crowd.most.len() {
                crowd.most = there;
            }
        }
        crowd
    }

    /// The pods' names; with their UIDs where they share one.
    fn names(&self) -> String {
        let shared = |name| self.most.iter().filter(|(other, _)| *other == name).count() > 1;
        let names = self.most.iter().map(|(name, uid)| {
            if shared(*name) {
                format!("{name} with UID {uid}")
            } else {
                (*name).to_owned()
            }
        });
        names.collect::<Vec<_>>().join(", ")
    }
}

fn one_by_one(claim: &str, stays: &mut [Stay<'_>]) -> String {
    stays.sort_unstable_by_key(|stay| stay.from);
    let between = stays.windows(2).map(|pair| match pair {
        [earlier, later] if earlier.uid != later.uid => Some(later.from.abs_diff(earlier.to)),
        _ => None,
    });
    let processes: BTreeSet<_> = stays.iter().map(|stay| stay.uid).collect();
    match between.flatten().min() {
        Some(least) => format!(
            "claim {claim}: {} server processes, one after the other; one had ended {} or more before the next started",
            processes.len(),
            time(least)
        ),
        None => format!("claim {claim}: one server process"),
    }
}

/// Below a hundredth of a second in microseconds: an overlap must not be printed as none.
fn time(us: u64) -> String {
    if us < 10_000 {
        format!("{us} µs")
    } else {
        seconds(us)
    }
}

fn to_signed(us: u64) -> i64 {
    i64::try_from(us).unwrap_or(i64::MAX)
}
