use super::parts::{ROWS, held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// A replica set as it came up: who is what, what each role answers, and whether a row that the majority acknowledged
/// is on every member.
pub fn roles(workload: &Workload) -> Result<PlannedDrill, String> {
    if workload.replication.is_none() {
        return Err("its members are no replica set: they have no roles".to_owned());
    }
    let steps = vec![
        Step::AwaitRoles,
        Step::Write { rows: ROWS },
        Step::ProbeRoles,
        Step::ReadMembers,
    ];
    let expectations = vec![held(Promise::Roles), held(Promise::Agreement)];
    Ok(planned(Drill::Roles, workload, steps, expectations))
}
