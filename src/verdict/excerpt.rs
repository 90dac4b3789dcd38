use super::LogExcerpt;
use crate::history::{Event, Record};
use crate::workload::WorkloadId;

/// What the logs of a workload's containers said last, each container once.
pub(crate) fn excerpts(workload: &WorkloadId, records: &[Record]) -> Vec<LogExcerpt> {
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
        let prefix = format!("{}-", workload.name);
        if object.namespace != workload.namespace || !object.name.starts_with(&prefix) {
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
