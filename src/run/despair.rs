use std::time::Duration;

use super::RunError;
use super::drill::Bench;
use crate::cluster::{Cause, Objects, WaitError, cause};
use crate::history::{Event, Span};
use crate::workload::{Member, WorkloadKind};

/// Carries out what needs a member's server, unless the cluster says that this will not come back.
///
/// Without it a session would be tried for until the deadline, whatever the pod's containers do meanwhile.
pub async fn unless_hopeless<T>(
    bench: &Bench<'_>,
    member: &Member,
    work: impl Future<Output = Result<T, RunError>>,
) -> Result<T, RunError> {
    let from_us = bench.recorder.now_us();
    let hopeless = bench.watches.when(|objects| {
        let cause = cause_of(bench, objects, member);
        cause.hopeless.then_some(cause.chain)
    });
    tokio::select! {
        // What both ended at once ended well.
        biased;
        done = work => done,
        causes = hopeless => {
            bench.watches.record_logs();
            let object = format!("the server in {}", bench.route.workload.called(member));
            let to_us = bench.recorder.now_us();
            // The work that was given up has not said so.
            bench.recorder.record(Event::Waited(Span { what: object.clone(), from_us, to_us }))?;
            Err(WaitError::NotMet {
                object,
                condition: "there".to_owned(),
                waited: Duration::from_micros(to_us - from_us),
                last: "it does not come back by itself".to_owned(),
                causes,
                hopeless: true,
            }
            .into())
        }
    }
}

/// An error's lines and, where it is not a wait's, which has them, what the cluster says of the member.
pub fn with_causes(bench: &Bench<'_>, member: &Member, error: &RunError) -> Vec<String> {
    let mut lines = error.lines();
    if !matches!(error, RunError::Wait(_)) {
        bench.watches.record_logs();
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
    let namespace = &workload.namespace;
    match workload.kind {
        WorkloadKind::StatefulSet | WorkloadKind::Pod => {
            cause::member_not_ready(objects, namespace, &workload.name, &member.pod, &member.claims)
        }
        WorkloadKind::Deployment => objects
            .pod_of(workload, member)
            .map(|(pod, _)| cause::pod_not_ready(objects, namespace, &pod.name))
            .unwrap_or_default(),
    }
}
