use std::collections::BTreeSet;

use super::cause::{self, Cause};
use super::wait::is_one_of;
use super::{Objects, Progress};
use crate::history::{ObjectRef, PodState};
use crate::workload::{Member, Workload};

/// A Deployment has as many Ready pods as it asks for and no others, and none of them has one of the UIDs `not`, nor
/// its server one of these container IDs.
///
/// Its pods have no names that stay, so that none stands for the one that went: all of them must be there. And the old
/// ones must be on their way: a rollout that is taken back while an old pod is left keeps that one. Gives the pod that
/// stands for the member.
#[must_use]
pub fn deployment_ready(
    objects: &Objects,
    workload: &Workload,
    member: &Member,
    not: &BTreeSet<String>,
) -> Progress<(ObjectRef, PodState)> {
    let pods: Vec<_> = objects
        .pods_of(workload)
        .filter(|(_, pod)| pod.is_alive())
        .collect();
    let (old, pods): (Vec<_>, Vec<_>) = pods
        .into_iter()
        .partition(|(object, pod)| is_one_of(not, workload, object, pod));
    let is_ready = |pod: &PodState| pod.ready && pod.ip.is_some();
    let ready = pods.iter().filter(|(_, pod)| is_ready(pod)).count();
    let wanted = usize::try_from(workload.replicas).unwrap_or(usize::MAX);
    let place = usize::try_from(member.ordinal).unwrap_or(usize::MAX);
    if old.is_empty()
        && ready == pods.len()
        && ready == wanted
        && let Some((object, pod)) = pods.get(place)
    {
        return Progress::Met(((*object).clone(), (*pod).clone()));
    }
    let last = format!(
        "{ready} of {wanted} pods Ready, {} not Ready, {} old ones left",
        pods.len() - ready,
        old.len()
    );
    let Cause {
        chain: causes,
        hopeless,
    } = not_ready(objects, workload, &pods, &member.claims);
    if hopeless {
        Progress::Hopeless { last, causes }
    } else {
        Progress::Pending { last, causes }
    }
}

/// Why pods of a Deployment are not Ready, each in its own words.
fn not_ready(
    objects: &Objects,
    workload: &Workload,
    pods: &[(&ObjectRef, &PodState)],
    claims: &[String],
) -> Cause {
    let namespace = &workload.namespace;
    let mut chain: Vec<String> = Vec::new();
    let mut hopeless = false;
    let unready = pods.iter().filter(|(_, pod)| !pod.ready);
    let causes = unready
        .map(|(pod, _)| cause::member_not_ready(objects, namespace, &workload.name, &pod.name, claims));
    for cause in causes {
        hopeless |= cause.hopeless;
        let news: Vec<_> = cause
            .chain
            .into_iter()
            .filter(|line| !chain.contains(line))
            .collect();
        chain.extend(news);
    }
    if objects.pods_of(workload).next().is_none() {
        let exists = objects.deployment(namespace, &workload.name).is_some();
        let there = if exists { "has no pod" } else { "does not exist" };
        chain.push(format!("Deployment {} {there}", workload.name));
    }
    Cause { chain, hopeless }
}
