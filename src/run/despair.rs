use super::RunError;
use super::drill::Bench;
use crate::cluster::{Cause, Objects, WaitError, cause};
use crate::plan::Step;
use crate::workload::Member;

/// Carries a step out, unless it needs the member's server and the cluster says that this will not come back.
///
/// Without it a session would be tried for until the deadline, whatever the pod's containers do meanwhile.
pub async fn unless_hopeless(
    bench: &Bench<'_>,
    member: &Member,
    step: Step,
    work: impl Future<Output = Result<(), RunError>>,
) -> Result<(), RunError> {
    if !needs_server(step) {
        return work.await;
    }
    let from_us = bench.recorder.now_us();
    let hopeless = bench.watches.when(|objects| {
        let cause = cause_of(bench, objects, member);
        cause.hopeless.then_some(cause.chain)
    });
    tokio::select! {
        // What both ended at once ended well.
        biased;
        done = work => done,
        causes = hopeless => Err(WaitError::NotMet {
            object: format!("the server in Pod {}", member.pod),
            condition: "there".to_owned(),
            waited: std::time::Duration::from_micros(bench.recorder.now_us() - from_us),
            last: "the pod does not come back by itself".to_owned(),
            causes,
            hopeless: true,
        }
        .into()),
    }
}

/// An error's lines and, where it is not a wait's, which has them, what the cluster says of the member.
pub fn with_causes(bench: &Bench<'_>, member: &Member, error: &RunError) -> Vec<String> {
    let mut lines = error.lines();
    if !matches!(error, RunError::Wait(_)) {
        lines.extend(
            bench
                .watches
                .look(|objects| cause_of(bench, objects, member))
                .chain,
        );
    }
    lines
}

fn cause_of(bench: &Bench<'_>, objects: &Objects, member: &Member) -> Cause {
    let workload = bench.route.workload;
    cause::member_not_ready(
        objects,
        &workload.namespace,
        &workload.name,
        &member.pod,
        &member.claims,
    )
}

fn needs_server(step: Step) -> bool {
    matches!(
        step,
        Step::Write { .. } | Step::StartWriter | Step::StopWriter { .. } | Step::Read
    )
}
