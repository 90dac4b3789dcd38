use tokio::sync::RwLock;
use tokio::time::Instant;

use super::RunError;
use super::drill::{self, Bench};
use crate::history::Event;
use crate::plan::{Plan, PlannedDrill};

/// Runs a workload's drills, round after round where that was asked for, then what is done once.
///
/// A round in which no drill could be carried through is the last: whatever is wrong then, the next rounds would wait
/// for it as long and show no more. `quiet` keeps what is done to a node apart from the drills of other workloads.
///
/// # Errors
/// As [`drill::run`].
pub async fn run(bench: &Bench<'_>, plan: &Plan, quiet: &RwLock<()>) -> Result<(), RunError> {
    let workload = plan.workload.id();
    if let Some(rounds) = plan.rounds {
        let (since, mut begun) = (Instant::now(), 0);
        while rounds.goes_on(begun, since.elapsed()) {
            begun += 1;
            if !one(bench, &plan.round(begun), begun, quiet).await? {
                break;
            }
        }
        bench.recorder.record(Event::RoundsEnded { workload, begun })?;
    }
    one(bench, &plan.round(0), 0, quiet).await?;
    Ok(())
}

/// Runs the drills of one round, one after the other. Gives whether any was carried through.
async fn one(
    bench: &Bench<'_>,
    drills: &[&PlannedDrill],
    round: u32,
    quiet: &RwLock<()>,
) -> Result<bool, RunError> {
    let mut any = false;
    for planned in drills {
        let drill = Box::pin(drill::run(bench, planned, round));
        any |= if planned.drill.is_for_a_node() {
            let _alone = quiet.write().await;
            drill.await?
        } else {
            let _beside = quiet.read().await;
            drill.await?
        };
    }
    Ok(any)
}
