use std::time::Duration;

use super::RunError;
use super::connection::Route;
use super::drill::{Bench, timed};
use crate::cluster::{Objects, Progress};
use crate::engine::{Address, Target};
use crate::history::Event;
use crate::workload::{Member, Workload};

/// Tries to log in to the first member from the moment that its server's process runs: whether Ready means that it
/// accepts sessions shows only beside the readiness probe, not after it. By the pod's address: a name of a headless
/// Service answers only once the pod is Ready. A certificate is for the name all the same.
///
/// What stateproof does not speak is left out; so are the members of a replica set: what they accept depends on roles that they do not have yet.
///
/// # Errors
/// [`RunError::NoSession`] when no session is accepted within the deadline.
pub async fn first_session(
    bench: &Bench<'_>,
    workload: &Workload,
    deadline: Duration,
) -> Result<(), RunError> {
    if workload.replication.is_some() || workload.replicas == 0 || !workload.is_spoken() {
        return Ok(());
    }
    let member = workload.member(0);
    let started = |objects: &Objects| server_runs(objects, workload, &member);
    let waited = bench
        .watches
        .until(workload.called(&member), "started", deadline, started);
    // Whoever waits for Ready says why it does not start.
    let Ok((pod, ip)) = waited.await else {
        return Ok(());
    };
    let target = Target {
        engine: workload.engine.clone(),
        address: Address::Name {
            dns: Target::member(workload, &member).name(),
            pod: Some((workload.namespace.clone(), pod.clone())),
        },
    };
    let route = Route {
        address: Some(&ip),
        ..bench.route
    };
    let accepted = format!("first session of {pod}");
    let (_, after) = timed(bench.recorder, accepted, route.session(&target, deadline)).await?;
    bench.recorder.record(Event::FirstSession {
        workload: workload.id(),
        pod,
        after,
    })?;
    Ok(())
}

/// The pod's name and address, once the server's container runs.
fn server_runs(objects: &Objects, workload: &Workload, member: &Member) -> Progress<(String, String)> {
    let pod = objects.pod_of(workload, member);
    let running = pod.filter(|(_, pod)| {
        let mut containers = pod.containers.iter();
        containers.any(|container| container.name == workload.engine.container && container.running)
    });
    match running.and_then(|(object, pod)| Some((object.name.clone(), pod.ip.clone()?))) {
        Some(found) => Progress::Met(found),
        None => Progress::Pending {
            last: pod.map_or_else(|| "not there yet".to_owned(), |(_, pod)| pod.phase.clone()),
            causes: Vec::new(),
        },
    }
}
