use super::RunError;
use crate::cluster::Application;
use crate::history::{Event, ObjectRef, Recorder};
use crate::workload::WorkloadId;

/// Applies the manifests, those of other workloads than this one left out, and records what the API server made of
/// them.
pub async fn apply(
    application: &Application,
    only: Option<&WorkloadId>,
    recorder: &Recorder,
) -> Result<(), RunError> {
    let mut applied = Vec::new();
    let result = match only {
        Some(workload) => {
            application
                .apply_for(workload, |object| applied.push(object))
                .await
        }
        None => application.apply(|object| applied.push(object)).await,
    };
    record_applied(applied, recorder)?;
    Ok(result?)
}

/// Applies the other set, as [`apply`] does this one for a workload.
pub async fn apply_next(
    application: &Application,
    workload: &WorkloadId,
    recorder: &Recorder,
) -> Result<(), RunError> {
    let mut applied = Vec::new();
    let result = application
        .apply_next_for(workload, |object| applied.push(object))
        .await;
    record_applied(applied, recorder)?;
    Ok(result?)
}

fn record_applied(applied: Vec<ObjectRef>, recorder: &Recorder) -> Result<(), RunError> {
    for object in applied {
        recorder.record(Event::Applied { object })?;
    }
    Ok(())
}
