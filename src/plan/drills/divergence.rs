use super::parts::{held, planned};
use crate::plan::{Drill, PlannedDrill, Promise, Step};
use crate::workload::Workload;

/// Rows written as an application does that opens a new connection for each, then every member by itself.
///
/// Members that do not replicate and stand behind one address are expected to agree, as whoever put them there does:
/// they do not. Where every name leads to one member only, nobody claims that they agree; that they do not is a warning,
/// and what is promised is that each member has what it took.
pub fn divergence(workload: &Workload) -> Result<PlannedDrill, String> {
    if !workload.is_spoken() {
        return Err(format!("{}: no rows are written", workload.engine));
    }
    if workload.replication.is_some() {
        return Err("its members replicate: `roles` reads each of them".to_owned());
    }
    if !workload.keeps_rows() {
        return Err("it keeps no rows that could differ".to_owned());
    }
    if workload.replicas < 2 {
        return Err("one member alone cannot differ from another".to_owned());
    }
    let mut expectations = vec![held(Promise::Durability)];
    if workload.spreading_services().next().is_some() {
        expectations.insert(0, held(Promise::Agreement));
    }
    let steps = vec![Step::WriteThroughServices, Step::ReadMembers];
    Ok(planned(Drill::Divergence, workload, steps, expectations))
}
