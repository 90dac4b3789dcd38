use std::collections::BTreeMap;

use super::model::Finding;
use super::rows::brief;
use super::view::{DrillView, POD};
use crate::history::{Event, Keys, ObjectState, WriteFate};
use crate::workload::Replication;

/// The members behind one name have the same rows: each that was acknowledged is on every member.
pub(super) fn check(view: &DrillView<'_>) -> Finding {
    let rows = match Rows::of(view) {
        Ok(rows) => rows,
        Err(why) => return Finding::inconclusive(why),
    };
    let mut evidence = Vec::new();
    for (pod, keys) in &rows.of_members {
        let missing = rows.acknowledged.difference(keys);
        if !missing.is_empty() {
            evidence.push(format!(
                "{pod} has {} of {} acknowledged rows: without {}",
                rows.acknowledged.len() - missing.len(),
                rows.acknowledged.len(),
                brief(&missing)
            ));
        }
    }
    if evidence.is_empty() {
        return Finding::held(vec![
            format!(
                "each of {} acknowledged rows is on every member: {}",
                rows.acknowledged.len(),
                rows.of_members.keys().copied().collect::<Vec<_>>().join(", ")
            ),
            format!("read: {}", rows.level),
        ]);
    }
    if evidence.len() == rows.of_members.len() {
        let lost = rows.acknowledged.difference(&rows.union());
        let together = if lost.is_empty() {
            format!("together they have all {}", rows.acknowledged.len())
        } else {
            format!("together they are without {}", brief(&lost))
        };
        evidence.insert(0, format!("no member has all rows, and {together}"));
    }
    evidence.extend(stale(view));
    Finding::violated(evidence)
}

/// Without a fault: every acknowledged row is on the member that took it, and none that nobody wrote is on any.
pub(super) fn kept(view: &DrillView<'_>) -> Finding {
    let rows = match Rows::of(view) {
        Ok(rows) => rows,
        Err(why) => return Finding::inconclusive(why),
    };
    let mut evidence = Vec::new();
    let lost = rows.acknowledged.difference(&rows.union());
    if !lost.is_empty() {
        evidence.push(format!(
            "on no member: {} acknowledged rows: {}",
            lost.len(),
            brief(&lost)
        ));
    }
    for (pod, taken) in &rows.taken {
        let lost = rows
            .of_members
            .get(pod)
            .map_or_else(Keys::default, |keys| taken.difference(keys));
        if !lost.is_empty() {
            evidence.push(format!(
                "{pod} took {} and is without {}",
                brief(taken),
                brief(&lost)
            ));
        }
    }
    let phantom = rows.union().difference(&rows.attempted);
    if !phantom.is_empty() {
        evidence.push(format!(
            "read {} never written rows: {}",
            phantom.len(),
            brief(&phantom)
        ));
    }
    if !evidence.is_empty() {
        return Finding::violated(evidence);
    }
    let taken = rows
        .taken
        .iter()
        .map(|(pod, keys)| format!("{pod} took {}", brief(keys)));
    let mut evidence: Vec<String> = taken.collect();
    if evidence.is_empty() {
        evidence.push("no server said who it is".to_owned());
    }
    evidence.push(format!("each member has what it took; read: {}", rows.level));
    Finding::held(evidence)
}

/// What a reader should know of members that are no cluster: a row of one is not on the others.
pub(super) fn warning(view: &DrillView<'_>) -> Option<String> {
    if view.workload.replication.is_some() {
        return None;
    }
    let rows = Rows::of(view).ok()?;
    let absences = rows.taken.iter().filter_map(|(pod, taken)| {
        let without = |keys: &Keys| taken.intersection(keys).is_empty();
        let others = rows
            .of_members
            .iter()
            .filter(|(other, keys)| *other != pod && without(keys));
        let others: Vec<_> = others.map(|(other, _)| *other).collect();
        (!others.is_empty() && !taken.is_empty())
            .then(|| format!("a row written on {pod} is absent on {}", others.join(" and ")))
    });
    let absences: Vec<_> = absences.collect();
    let count = match rows.of_members.len() {
        2 => "two".to_owned(),
        3 => "three".to_owned(),
        count => count.to_string(),
    };
    (!absences.is_empty()).then(|| {
        format!(
            "{}: {count} databases, not a cluster: {}",
            view.workload.id(),
            absences.join("; ")
        )
    })
}

/// A drill's rows by the members that have them.
struct Rows<'h> {
    attempted: Keys,
    acknowledged: Keys,
    /// By the member that acknowledged them, where its server said who it is.
    taken: BTreeMap<&'h str, Keys>,
    of_members: BTreeMap<&'h str, &'h Keys>,
    level: &'h str,
}

impl<'h> Rows<'h> {
    fn of(view: &DrillView<'h>) -> Result<Self, String> {
        let (mut attempted, mut acknowledged) = (Keys::default(), Keys::default());
        let mut taken: BTreeMap<&str, Keys> = BTreeMap::new();
        let mut of_members = BTreeMap::new();
        let (mut level, mut server) = ("", None);
        for at in view.own() {
            match at.event {
                Event::Connected { server: answered, .. } => server = answered.as_deref(),
                Event::Attempting { keys, .. } => {
                    if !of_members.is_empty() {
                        return Err("rows were written after a member was read".to_owned());
                    }
                    attempted = attempted.union(keys);
                }
                Event::Wrote { outcomes, .. } => {
                    let taken_now = outcomes
                        .iter()
                        .filter(|outcome| outcome.fate == WriteFate::Acknowledged);
                    let keys: Keys = taken_now.map(|outcome| outcome.key).collect();
                    if let Some(pod) = server.and_then(|server| pod_of(view, server, at.place)) {
                        let before = taken.entry(pod).or_default();
                        *before = before.union(&keys);
                    }
                    acknowledged = acknowledged.union(&keys);
                }
                Event::MemberRead {
                    pod,
                    keys,
                    level: how,
                    ..
                } => {
                    of_members.insert(pod.as_str(), keys);
                    level = how;
                }
                _ => {}
            }
        }
        if acknowledged.is_empty() {
            return Err("no row was acknowledged: there was nothing to agree on".to_owned());
        }
        let unread = view
            .workload
            .members()
            .find(|member| !of_members.contains_key(member.pod.as_str()));
        if let Some(member) = unread {
            return Err(format!("{} was not read", member.pod));
        }
        Ok(Self {
            attempted,
            acknowledged,
            taken,
            of_members,
            level,
        })
    }

    fn union(&self) -> Keys {
        let all = self.of_members.values();
        all.fold(Keys::default(), |union, keys| union.union(keys))
    }
}

/// The pod that a server says it is, by the pods' names and the addresses that they had until then.
pub(super) fn pod_of<'h>(view: &DrillView<'h>, server: &str, before: usize) -> Option<&'h str> {
    let pods = view
        .all()
        .rev()
        .filter(|at| at.place < before)
        .filter_map(|at| match at.event {
            Event::Observed {
                object,
                state: ObjectState::Pod(pod),
                ..
            } if object.kind == POD && object.namespace == view.workload.namespace => Some((object, pod)),
            _ => None,
        });
    let mut members =
        pods.filter(|(object, _)| view.workload.members().any(|member| member.pod == object.name));
    let named = members.find(|(object, pod)| {
        let member = view.workload.members().find(|member| member.pod == object.name);
        member.is_some_and(|member| member.answers_as(server, pod.ip.as_deref()))
    });
    named.map(|(object, _)| object.name.as_str())
}

/// Why members that replicate may differ all the same.
fn stale(view: &DrillView<'_>) -> Option<String> {
    let Replication::ReplicaSet { .. } = view.workload.replication.as_ref()?;
    Some("a member that is without them after 10 s is not following the PRIMARY".to_owned())
}
