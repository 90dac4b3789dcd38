use super::parts::{held, planned};
use crate::plan::{Drill, End, PlannedDrill, Promise, Selection, Step};
use crate::workload::Workload;

/// The set is applied and must fail, in the way that was named. Nothing is done to it.
pub fn expect_failure(workload: &Workload, selection: &Selection) -> Result<PlannedDrill, String> {
    let ends: Vec<End> = selection.ends_of(workload).cloned().collect();
    if ends.is_empty() {
        return Err("no named end is about it".to_owned());
    }
    let expectations = vec![held(Promise::Failure)];
    Ok(PlannedDrill {
        ends,
        ..planned(Drill::ExpectFailure, workload, vec![Step::AwaitEnd], expectations)
    })
}
