use std::time::Duration;

use super::RunError;
use super::drill::Bench;
use crate::cluster::{Objects, Progress};
use crate::engine::{Address, Target};
use crate::history::Event;
use crate::workload::{Member, Workload};

/// Tries to log in to the first member from the moment that its server's process runs: whether Ready means that it
/// accepts sessions shows only beside the readiness probe, not after it. By the pod's address: a name of a headless
/// Service answers only once the pod is Ready.
///
/// The members of a replica set are left out: what they accept depends on roles that they do not have yet.
///
/// # Errors
/// [`RunError::NoSession`] when no session is accepted within the deadline.
pub async fn first_session(
    bench: &Bench<'_>,
    workload: &Workload,
    deadline: Duration,
) -> Result<(), RunError> {
    if workload.replication.is_some() || workload.replicas == 0 {
        return Ok(());
    }
    let member = workload.member(0);
    let started = |objects: &Objects| server_runs(objects, workload, &member);
    let waited = bench
        .watches
        .until(format!("Pod {}", member.pod), "started", deadline, started);
    // Whoever waits for Ready says why it does not start.
    let Ok(ip) = waited.await else { return Ok(()) };
    let mut target = Target::member(workload, &member);
    if let Address::Name { dns, .. } = &mut target.address {
        *dns = ip;
    }
    let (_, after) = bench.route.session(&target, deadline).await?;
    bench.recorder.record(Event::FirstSession {
        workload: workload.id(),
        pod: member.pod,
        after,
    })?;
    Ok(())
}

/// The pod's address, once the server's container runs.
fn server_runs(objects: &Objects, workload: &Workload, member: &Member) -> Progress<String> {
    let pod = objects.pod(&workload.namespace, &member.pod).map(|(_, pod)| pod);
    let running = pod.filter(|pod| {
        let mut containers = pod.containers.iter();
        containers.any(|container| container.name == workload.engine.container && container.running)
    });
    match running.and_then(|pod| pod.ip.clone()) {
        Some(ip) => Progress::Met(ip),
        None => Progress::Pending {
            last: pod.map_or_else(|| "not there yet".to_owned(), |pod| pod.phase.clone()),
            causes: Vec::new(),
        },
    }
}
