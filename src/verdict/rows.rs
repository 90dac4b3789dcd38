use serde::{Deserialize, Serialize};

use super::view::DrillView;
use super::{crash, happened, upgrade};
use crate::history::{DrillId, Event, Keys, WriteFate};
use crate::plan::Drill;

/// What became of a drill's rows, by the final read.
///
/// The words are those of Jepsen's set checker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowAccount {
    /// The drill.
    pub drill: DrillId,
    /// What kind of read the final read was.
    pub level: String,
    /// Rows that were about to be written.
    pub attempted: Keys,
    /// Rows that the server said are committed.
    pub acknowledged: Keys,
    /// Rows acknowledged before the first fault began.
    pub acknowledged_before: Keys,
    /// Rows that were sent when the first fault began, and whose fate was known only then.
    #[serde(default)]
    pub in_flight: Keys,
    /// Rows acknowledged in a second while a connection was there; none where they were too few to tell.
    #[serde(default)]
    pub rows_per_second: Option<u64>,
    /// Rows whose fate nobody knows: the connection was lost before the answer.
    pub unknown: Keys,
    /// Rows that the server said are not committed.
    pub refused: Keys,
    /// Rows that the history says nothing further of: announced, perhaps never sent.
    pub unreported: Keys,
    /// Rows that the final read found.
    pub read: Keys,
    /// Acknowledged and not read.
    pub lost: Keys,
    /// Read and never attempted.
    pub phantom: Keys,
    /// Read with a payload that is not what was written.
    pub corrupt: Keys,
    /// Refused and read all the same.
    pub refused_but_present: Keys,
    /// Read though nobody knew their fate. No fault.
    pub recovered: Keys,
}

/// Takes the account of a drill's rows.
///
/// # Errors
///
/// Says why there is none: no final read, or one that cannot be final, or a history that contradicts itself.
pub(super) fn account(view: &DrillView<'_>) -> Result<RowAccount, String> {
    let fault = view.last_fault().ok_or("no fault was begun")?;
    let first_fault_us = view.first_fault().map_or(0, |fault| fault.us);
    let mut attempted = Vec::new();
    let (mut acknowledged, mut acknowledged_before) = (Vec::new(), Vec::new());
    let (mut unknown, mut refused) = (Vec::new(), Vec::new());
    let mut in_flight = Vec::new();
    let mut last_write = None;
    let mut last_read = None;
    for at in view.own() {
        match at.event {
            Event::Attempting { keys, .. } => {
                attempted.extend_from_slice(keys.ranges());
                last_write = Some(at.place);
            }
            Event::Wrote { outcomes, .. } => {
                last_write = Some(at.place);
                for outcome in outcomes {
                    if outcome.sent_us < first_fault_us && outcome.done_us >= first_fault_us {
                        in_flight.push(outcome.key);
                    }
                    match outcome.fate {
                        WriteFate::Acknowledged => {
                            acknowledged.push(outcome.key);
                            if outcome.done_us < first_fault_us {
                                acknowledged_before.push(outcome.key);
                            }
                        }
                        WriteFate::Unknown(_) => unknown.push(outcome.key),
                        WriteFate::Refused(_) => refused.push(outcome.key),
                    }
                }
            }
            Event::Read {
                level, keys, corrupt, ..
            } => last_read = Some((at.place, level, keys, corrupt)),
            _ => {}
        }
    }

    let (place, level, read, corrupt) = last_read.ok_or("the rows were not read back")?;
    if last_write.is_some_and(|write| write > place) {
        return Err("rows were written after the last read: there is no final read".into());
    }
    let new = match view.planned.drill {
        Drill::Crash => crash::place(view),
        _ => view.new_pod().and_then(|new| view.first_seen(new)),
    };
    // A PRIMARY that steps down keeps its pod, and a bad rollout may not come to this member's.
    let stays = matches!(view.planned.drill, Drill::StepDown | Drill::BadRollout)
        || upgrade::keeps_pods(view)
        || happened::keeps_pod(view);
    if place < fault.place || (!stays && new.is_none_or(|new| place < new)) {
        return Err("the last read came before the new pod: there is no final read".into());
    }

    let attempted = Keys::try_from(attempted)?;
    let acknowledged: Keys = acknowledged.into_iter().collect();
    // A retry keeps its row's key, and one attempt that came through, or may have, is enough for it to be there.
    let unknown = unknown.into_iter().collect::<Keys>().difference(&acknowledged);
    let refused = refused
        .into_iter()
        .collect::<Keys>()
        .difference(&acknowledged.union(&unknown));
    let reported = acknowledged.union(&unknown).union(&refused);
    let unannounced = reported.difference(&attempted);
    if !unannounced.is_empty() {
        return Err(format!(
            "the history contradicts itself: rows were written that were never attempted: {}",
            brief(&unannounced)
        ));
    }
    let unreported = attempted.difference(&reported);
    Ok(RowAccount {
        drill: view.id.clone(),
        level: level.clone(),
        lost: acknowledged.difference(read),
        phantom: read.difference(&attempted),
        corrupt: corrupt.clone(),
        refused_but_present: refused.intersection(read),
        recovered: unknown.union(&unreported).intersection(read),
        read: read.clone(),
        acknowledged_before: acknowledged_before.into_iter().collect(),
        in_flight: in_flight.into_iter().collect(),
        rows_per_second: rows_per_second(view),
        attempted,
        acknowledged,
        unknown,
        refused,
        unreported,
    })
}

/// Fewer rows than these on one connection tell nothing of how many a second it carries.
const ENOUGH: u64 = 64;

/// How many rows were acknowledged in a second of the time in which rows were under way: on each connection from the
/// first row sent to the last acknowledged, so that neither the fault nor the time to connect again counts.
fn rows_per_second(view: &DrillView<'_>) -> Option<u64> {
    let (mut rows, mut us) = (0, 0);
    let (mut count, mut first, mut last) = (0_u64, None, 0);
    for at in view.own().map(Some).chain([None]) {
        match at.map(|at| at.event) {
            Some(Event::Wrote { outcomes, .. }) => {
                for outcome in outcomes {
                    if outcome.fate == WriteFate::Acknowledged {
                        count += 1;
                        first = Some(first.map_or(outcome.sent_us, |first: u64| first.min(outcome.sent_us)));
                        last = last.max(outcome.done_us);
                    }
                }
            }
            Some(Event::Connected { .. }) | None => {
                if let Some(first) = first.take().filter(|_| count >= ENOUGH) {
                    rows += count;
                    us += last.saturating_sub(first);
                }
                (count, last) = (0, 0);
            }
            Some(_) => {}
        }
    }
    rows.saturating_mul(1_000_000).checked_div(us)
}

/// Keys for a sentence: all of them where they are few ranges.
pub(crate) fn brief(keys: &Keys) -> String {
    const SHOWN: usize = 8;
    let ranges = keys.ranges();
    let Some((shown, rest)) = ranges
        .split_at_checked(SHOWN)
        .filter(|(_, rest)| !rest.is_empty())
    else {
        return keys.to_string();
    };
    let rest: u64 = rest
        .iter()
        .map(|(first, last)| (last - first).saturating_add(1))
        .fold(0, u64::saturating_add);
    match Keys::try_from(shown.to_vec()) {
        Ok(shown) => format!("{shown} and {rest} more"),
        Err(_) => keys.to_string(),
    }
}
