use super::LogExcerpt;
use crate::history::{Event, History, ObjectRef, ObjectState, Record};
use crate::workload::WorkloadId;

/// What the logs of a workload's containers said last within these records, each container once.
pub(crate) fn excerpts(history: &History, workload: &WorkloadId, records: &[Record]) -> Vec<LogExcerpt> {
    let mut workloads = history.plans().iter().map(|plan| &plan.workload);
    let Some(workload) = workloads.find(|known| known.id() == *workload) else {
        return Vec::new();
    };
    let mut excerpts: Vec<LogExcerpt> = Vec::new();
    for record in records {
        let Event::Log {
            object,
            container,
            lines,
        } = &record.event
        else {
            continue;
        };
        if object.namespace != workload.namespace || !workload.has_pod(&object.name, owner(history, object)) {
            continue;
        }
        excerpts.retain(|known| known.pod != object.name || known.container != *container);
        excerpts.push(LogExcerpt {
            pod: object.name.clone(),
            container: container.clone(),
            lines: lines.clone(),
        });
    }
    excerpts
}

/// What a pod belongs to.
fn owner<'h>(history: &'h History, pod: &ObjectRef) -> Option<&'h str> {
    history.records.iter().find_map(|record| match &record.event {
        Event::Observed {
            object,
            state: ObjectState::Pod(state),
            ..
        } if object == pod => state.owner.as_deref(),
        _ => None,
    })
}
