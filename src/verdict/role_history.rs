use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::view::DrillView;
use crate::history::{Event, History};
use crate::workload::WorkloadId;

/// For how long a member of a replica set had a role, as it said itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSpan {
    /// The workload.
    pub workload: WorkloadId,
    /// The member's pod.
    pub pod: String,
    /// `PRIMARY`, `SECONDARY`, or another state by its MongoDB name; `DOWN` where it did not answer.
    pub role: String,
    /// The election's term, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<i64>,
    /// Since when, in microseconds since the run began.
    pub from_us: u64,
    /// Until when; none where it had it to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_us: Option<u64>,
}

/// The roles of all members over a run, in the order in which they began.
pub(super) fn role_history(history: &History) -> Vec<RoleSpan> {
    let mut spans: Vec<RoleSpan> = Vec::new();
    for record in &history.records {
        let Event::Role {
            workload,
            pod,
            role,
            term,
        } = &record.event
        else {
            continue;
        };
        let before = spans
            .iter_mut()
            .rev()
            .find(|span| span.workload == *workload && span.pod == *pod);
        if let Some(before) = before {
            before.until_us = Some(record.at_us);
        }
        spans.push(RoleSpan {
            workload: workload.clone(),
            pod: pod.clone(),
            role: role.clone(),
            term: *term,
            from_us: record.at_us,
            until_us: None,
        });
    }
    spans
}

/// A member's role and term, as it said itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role<'h> {
    pub role: &'h str,
    pub term: Option<i64>,
}

/// The members' roles as they were at a place of the history.
pub(super) fn roles_at<'h>(view: &DrillView<'h>, before: usize) -> BTreeMap<&'h str, Role<'h>> {
    let mut roles = BTreeMap::new();
    for at in view.all().filter(|at| at.place < before) {
        if let Event::Role {
            workload,
            pod,
            role,
            term,
        } = at.event
            && *workload == *view.id.workload
        {
            roles.insert(pod.as_str(), Role { role, term: *term });
        }
    }
    roles
}
