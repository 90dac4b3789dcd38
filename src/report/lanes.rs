use std::collections::BTreeMap;

use crate::history::{ClaimState, Event, History, ObjectRef, ObjectState, PodState};
use crate::plan::Plan;
use crate::verdict::Verdict;
use crate::workload::{Workload, WorkloadId};

/// What one object was over a run, as the watches saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    pub workload: WorkloadId,
    pub kind: Kind,
    pub name: String,
    pub spans: Vec<Stay>,
    /// When a container of it was started again, and how often until then.
    pub restarts: Vec<(u64, u32)>,
}

/// What a lane is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Pod,
    Role,
    Claim,
}

/// For how long an object was in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    pub from_us: u64,
    pub to_us: u64,
    pub state: State,
    /// The object's UID, or the election's term.
    pub which: String,
    /// What stood in its way, in the cluster's words.
    pub why: Option<String>,
}

/// A state as the picture tells it from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Pending,
    Starting,
    Running,
    Ready,
    Terminating,
    Ended,
    Bound,
    Lost,
    Primary,
    Secondary,
    Other,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Role => "role",
            Self::Claim => "claim",
        }
    }
}

impl State {
    /// Every state, in the order of a legend.
    pub const ALL: [Self; 11] = [
        Self::Pending,
        Self::Starting,
        Self::Running,
        Self::Ready,
        Self::Terminating,
        Self::Ended,
        Self::Bound,
        Self::Lost,
        Self::Primary,
        Self::Secondary,
        Self::Other,
    ];

    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running, not Ready",
            Self::Ready => "Ready",
            Self::Terminating => "terminating",
            Self::Ended => "ended",
            Self::Bound => "Bound",
            Self::Lost => "Lost",
            Self::Primary => "PRIMARY",
            Self::Secondary => "SECONDARY",
            Self::Other => "another role",
        }
    }

    /// How the style sheet calls it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Terminating => "terminating",
            Self::Ended => "ended",
            Self::Bound => "bound",
            Self::Lost => "lost",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Other => "other",
        }
    }
}

/// The lanes of every planned workload: its pods, their roles, its claims, each by name.
pub(super) fn lanes(history: &History, verdict: &Verdict, plans: &[Plan]) -> Vec<Lane> {
    let end_us = history.records.last().map_or(0, |record| record.at_us);
    let mut drawn = Drawn::default();
    for record in &history.records {
        match &record.event {
            Event::Observed { object, state, .. } => {
                let (kind, state, why) = match state {
                    ObjectState::Pod(pod) => {
                        let Some(workload) = whose_pod(object, pod, plans) else {
                            continue;
                        };
                        for claim in &pod.claims {
                            drawn
                                .claims
                                .insert((object.namespace.clone(), claim.clone()), workload.id());
                        }
                        drawn.owners.insert(object.uid.clone(), workload.id());
                        drawn.restarted(object, pod, record.at_us);
                        let (state, why) = of_pod(pod);
                        (Kind::Pod, state, why)
                    }
                    ObjectState::Claim(claim) => (Kind::Claim, of_claim(claim), None),
                    _ => continue,
                };
                drawn.saw(object, kind, state, why, record.at_us);
            }
            Event::Gone { object } => drawn.gone(object, record.at_us),
            _ => {}
        }
    }
    let mut lanes = drawn.finish(end_us, plans);
    lanes.extend(roles(verdict, end_us));
    // Those that came first stand first: a Deployment's pods have names without an order.
    let first = |lane: &Lane| lane.spans.first().map(|stay| stay.from_us);
    lanes.sort_by(|one, other| {
        (one.kind, first(one), &one.name).cmp(&(other.kind, first(other), &other.name))
    });
    lanes
}

/// What is being drawn: the lanes by kind, namespace and name.
#[derive(Default)]
struct Drawn {
    lanes: BTreeMap<(Kind, String, String), Vec<Stay>>,
    /// The workload of each pod, by UID.
    owners: BTreeMap<String, WorkloadId>,
    /// The workload whose pods mount a claim, by namespace and name.
    claims: BTreeMap<(String, String), WorkloadId>,
    /// The objects that are there: where their lane's open stay is.
    open: BTreeMap<String, (Kind, String, String)>,
    /// When the containers of a pod were started again, by namespace and name.
    restarts: BTreeMap<(String, String), Vec<(u64, u32)>>,
    /// The workload of each pod's lane.
    pods: BTreeMap<(String, String), WorkloadId>,
}

impl Drawn {
    fn saw(&mut self, object: &ObjectRef, kind: Kind, state: State, why: Option<String>, us: u64) {
        let key = (kind, object.namespace.clone(), object.name.clone());
        if let (Kind::Pod, Some(owner)) = (kind, self.owners.get(&object.uid)) {
            self.pods
                .insert((object.namespace.clone(), object.name.clone()), owner.clone());
        }
        let was_there = self.open.insert(object.uid.clone(), key.clone()).is_some();
        let stays = self.lanes.entry(key).or_default();
        let last = stays.iter_mut().rfind(|stay| stay.which == object.uid);
        if let Some(last) = last.filter(|_| was_there) {
            last.to_us = us;
            if last.state == state && (last.why == why || why.is_none()) {
                return;
            }
        }
        stays.push(Stay {
            from_us: us,
            // Until something else is seen.
            to_us: u64::MAX,
            state,
            which: object.uid.clone(),
            why,
        });
    }

    fn restarted(&mut self, object: &ObjectRef, pod: &PodState, us: u64) {
        let count = pod.containers.iter().map(|container| container.restarts).sum();
        let name = (object.namespace.clone(), object.name.clone());
        let known = self.restarts.entry(name).or_default();
        let before = known.last().map_or(0, |(_, count)| *count);
        if count > before {
            known.push((us, count));
        }
    }

    fn gone(&mut self, object: &ObjectRef, us: u64) {
        let Some(key) = self.open.remove(&object.uid) else {
            return;
        };
        let stays = self.lanes.entry(key).or_default();
        if let Some(last) = stays.iter_mut().rfind(|stay| stay.which == object.uid) {
            last.to_us = us;
        }
    }

    fn finish(self, end_us: u64, plans: &[Plan]) -> Vec<Lane> {
        let Self {
            lanes,
            claims,
            pods,
            open,
            mut restarts,
            ..
        } = self;
        let mut finished = Vec::new();
        for ((kind, namespace, name), mut spans) in lanes {
            let object = (namespace, name);
            let workload = match kind {
                Kind::Claim => claims
                    .get(&object)
                    .cloned()
                    .or_else(|| whose_claim(&object, plans)),
                _ => pods.get(&object).cloned(),
            };
            let Some(workload) = workload else { continue };
            close(&mut spans, &open, end_us);
            finished.push(Lane {
                restarts: match kind {
                    Kind::Pod => restarts.remove(&object).unwrap_or_default(),
                    _ => Vec::new(),
                },
                workload,
                kind,
                name: object.1,
                spans,
            });
        }
        finished
    }
}

/// What was there last is there to the end; where a sighting changed nothing, a stay lasts until the next.
fn close(spans: &mut [Stay], open: &BTreeMap<String, (Kind, String, String)>, end_us: u64) {
    for index in 0..spans.len() {
        let next = spans[index + 1..]
            .iter()
            .find(|next| next.which == spans[index].which)
            .map(|next| next.from_us);
        let there = open.contains_key(&spans[index].which);
        let span = &mut spans[index];
        match next {
            Some(next) => span.to_us = next,
            None if there => span.to_us = end_us,
            None => span.to_us = span.to_us.min(end_us),
        }
    }
}

fn whose_pod<'p>(object: &ObjectRef, pod: &PodState, plans: &'p [Plan]) -> Option<&'p Workload> {
    plans.iter().map(|plan| &plan.workload).find(|workload| {
        workload.namespace == object.namespace && workload.has_pod(&object.name, pod.owner.as_deref())
    })
}

fn whose_claim((namespace, name): &(String, String), plans: &[Plan]) -> Option<WorkloadId> {
    let workload = plans.iter().map(|plan| &plan.workload).find(|workload| {
        workload.namespace == *namespace && workload.members().any(|member| member.claims.contains(name))
    })?;
    Some(workload.id())
}

fn of_pod(pod: &PodState) -> (State, Option<String>) {
    let waiting = || {
        let containers = pod.containers.iter();
        containers
            .filter(|container| !container.has_succeeded())
            .find_map(|container| container.waiting.clone().or_else(|| container.terminated.clone()))
    };
    let runs = pod
        .containers
        .iter()
        .any(|container| container.running && !container.init);
    if pod.terminating {
        (State::Terminating, None)
    } else if matches!(pod.phase.as_str(), "Failed" | "Succeeded") {
        (State::Ended, waiting())
    } else if pod.ready {
        (State::Ready, None)
    } else if runs {
        (State::Running, waiting())
    } else if pod.node.is_some() {
        (State::Starting, waiting())
    } else {
        (State::Pending, pod.unschedulable.clone())
    }
}

fn of_claim(claim: &ClaimState) -> State {
    match claim.phase.as_str() {
        _ if claim.terminating => State::Terminating,
        "Bound" => State::Bound,
        "Lost" => State::Lost,
        _ => State::Pending,
    }
}

fn roles(verdict: &Verdict, end_us: u64) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for span in &verdict.roles {
        let stay = Stay {
            from_us: span.from_us,
            to_us: span.until_us.unwrap_or(end_us),
            state: match span.role.as_str() {
                "PRIMARY" => State::Primary,
                "SECONDARY" => State::Secondary,
                _ => State::Other,
            },
            which: span.term.map_or_else(String::new, |term| format!("term {term}")),
            why: Some(span.role.clone()),
        };
        let known = lanes
            .iter_mut()
            .find(|lane| lane.workload == span.workload && lane.name == span.pod);
        match known {
            Some(lane) => lane.spans.push(stay),
            None => lanes.push(Lane {
                workload: span.workload.clone(),
                kind: Kind::Role,
                name: span.pod.clone(),
                spans: vec![stay],
                restarts: Vec::new(),
            }),
        }
    }
    lanes
}
