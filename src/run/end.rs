use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;

use super::RunError;
use super::drill::Bench;
use crate::cluster::{Cause, Objects, Progress, WaitError, cause};
use crate::history::{DrillId, Event, HistoryError, Lookout};
use crate::plan::{End, Sign};
use crate::workload::Workload;

/// How long the named end must stand before it counts, unless waiting is hopeless anyway: what is seen on the way up
/// may pass.
const STANDS: Duration = Duration::from_secs(10);

/// How long the named end may come after the first hopeless cause: the kubelet says `ErrImagePull` some ten seconds
/// before `ImagePullBackOff`.
const FOLLOWS: Duration = Duration::from_secs(20);

/// How far a set that is expected to fail has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Neither has failed nor come up.
    Open,
    /// Every named end is seen.
    Seen,
    /// Every named end is seen, and nothing mends it.
    SeenForGood,
    /// Waiting longer cannot help, and a named end is not seen.
    Hopeless,
    /// Every member is Ready.
    Ready {
        /// How long it must stay so: a liveness probe may still end it.
        for_s: u32,
    },
}

impl Standing {
    fn words(&self) -> &'static str {
        match self {
            Self::Open => "neither the named end nor another stood until the deadline",
            Self::Seen | Self::SeenForGood => "the named end",
            Self::Hopeless => "waiting longer cannot help, for another cause",
            Self::Ready { .. } => "every member is Ready",
        }
    }

    /// How long it must stand.
    fn stands(&self) -> Duration {
        match self {
            Self::Open | Self::SeenForGood => Duration::ZERO,
            Self::Seen => STANDS,
            Self::Hopeless => FOLLOWS,
            Self::Ready { for_s } => STANDS.max(Duration::from_secs(u64::from(*for_s))),
        }
    }
}

/// Watches what becomes of a set that is expected to fail, until that is certain: the named end, another one, success,
/// or the deadline. Which of them it was is recorded, and judged by nobody here.
pub async fn await_end(bench: &Bench<'_>, drill: &DrillId, ends: &[End]) -> Result<(), RunError> {
    let watch = RefCell::new(Watch::new(bench, ends));
    let until = Instant::now() + bench.deadline;
    let standing = loop {
        let left = until.saturating_duration_since(Instant::now());
        let standing = settled(bench, left, |objects| {
            let standing = watch.borrow_mut().standing(objects)?;
            Ok((standing != Standing::Open).then_some(standing))
        });
        let Some(standing) = standing.await? else {
            break Standing::Open;
        };
        if standing.stands().is_zero() {
            break standing;
        }
        let other = settled(bench, standing.stands(), |objects| {
            let now = watch.borrow_mut().standing(objects)?;
            Ok((now != standing).then_some(now))
        });
        match other.await? {
            None => break standing,
            Some(Standing::SeenForGood) => break Standing::SeenForGood,
            // Whatever it becomes in turn: nothing stood until the deadline.
            Some(_) if Instant::now() >= until => break Standing::Open,
            Some(_) => {}
        }
    };
    let mut causes = bench
        .watches
        .look(|objects| causes(objects, bench.route.workload))
        .chain;
    if matches!(standing, Standing::Ready { .. }) {
        causes.clear();
    }
    bench.recorder.record(Event::CameTo {
        drill: drill.clone(),
        state: standing.words().to_owned(),
        causes,
    })?;
    Ok(())
}

/// What the check finds within a time; `None` when that has passed.
async fn settled(
    bench: &Bench<'_>,
    within: Duration,
    mut check: impl FnMut(&Objects) -> Result<Option<Standing>, HistoryError>,
) -> Result<Option<Standing>, RunError> {
    let workload = bench.route.workload;
    let progress = |objects: &Objects| match check(objects) {
        Ok(None) => Progress::Pending {
            last: "not certain yet".to_owned(),
            causes: causes(objects, workload).chain,
        },
        found => Progress::Met(found),
    };
    let object = format!("the end of StatefulSet {}", workload.name);
    match bench.watches.until(object, "certain", within, progress).await {
        Ok(found) => Ok(found?),
        Err(WaitError::NotMet { .. }) => Ok(None),
        Err(WaitError::History(error)) => Err(error.into()),
    }
}

/// Reads the history as it grows.
struct Watch<'a> {
    bench: &'a Bench<'a>,
    ends: &'a [End],
    lookout: Lookout<'a>,
    read: usize,
}

impl<'a> Watch<'a> {
    fn new(bench: &'a Bench<'a>, ends: &'a [End]) -> Self {
        Self {
            bench,
            ends,
            lookout: Lookout::new(&bench.route.workload.namespace, ends),
            read: 0,
        }
    }

    fn standing(&mut self, objects: &Objects) -> Result<Standing, HistoryError> {
        self.record_logs(objects)?;
        let news = self.bench.recorder.since(self.read);
        self.read += news.len();
        for record in &news {
            self.lookout.feed(&record.event);
        }

        let workload = self.bench.route.workload;
        let hopeless = causes(objects, workload).hopeless;
        Ok(match (self.lookout.all_seen(), hopeless) {
            (true, true) => Standing::SeenForGood,
            (false, true) => Standing::Hopeless,
            (seen, false) => match ready(objects, workload) {
                Some(for_s) => Standing::Ready { for_s },
                None if seen => Standing::Seen,
                None => Standing::Open,
            },
        })
    }

    /// A line that a named end asks for stands in the history as soon as it is said.
    fn record_logs(&self, objects: &Objects) -> Result<(), HistoryError> {
        let sought = self.ends.iter().filter(|end| end.sign == Sign::Log);
        let unseen: Vec<&End> = sought
            .filter(|end| self.lookout.unseen().any(|unseen| unseen == *end))
            .collect();
        for (pod, container, lines) in objects.logs() {
            let said = |end: &&End| end.name == pod.name && lines.iter().any(|line| line.contains(&end.text));
            if unseen.iter().any(said) {
                self.bench.recorder.record(Event::Log {
                    object: pod.clone().into(),
                    container: container.to_owned(),
                    lines: lines.to_vec(),
                })?;
            }
        }
        Ok(())
    }
}

/// How long all members have to be left alone to be sure that they stay, in seconds; `None` when not all are Ready.
fn ready(objects: &Objects, workload: &Workload) -> Option<u32> {
    let mut longest = 0;
    for member in workload.members() {
        let (_, pod) = objects.pod(&workload.namespace, &member.pod)?;
        if !pod.ready || pod.terminating {
            return None;
        }
        let probed = pod.containers.iter().filter_map(|container| container.liveness_s);
        longest = longest.max(probed.max().unwrap_or(0));
    }
    Some(longest)
}

/// What stands in the way of any member.
fn causes(objects: &Objects, workload: &Workload) -> Cause {
    let mut all = Cause::default();
    for member in workload.members() {
        let cause = cause::member_not_ready(
            objects,
            &workload.namespace,
            &workload.name,
            &member.pod,
            &member.claims,
        );
        all.hopeless |= cause.hopeless;
        for line in cause.chain {
            if !all.chain.contains(&line) {
                all.chain.push(line);
            }
        }
    }
    all
}
