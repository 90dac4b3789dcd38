use super::declaration::Declarations;
use super::left_alone::LeftAlone;
use super::neighbours::Neighbours;
use super::{
    Credentials, DiscoverError, Workload, WorkloadId, bare_pod, deployment, engines, operators, stateful_set,
};
use crate::manifest::{Manifest, ManifestSet, Problem, Problems};

/// A workload that was found, and how to log in to it.
#[derive(Clone, Debug)]
pub struct Discovered {
    /// The workload.
    pub workload: Workload,
    /// How to log in; kept apart, since a workload is written into histories.
    pub credentials: Credentials,
}

/// What is in a set: what is verified, and what is not.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The databases, in the manifests' order.
    pub found: Vec<Discovered>,
    /// What runs pods, or has some operator run them, and is not verified.
    pub left_alone: Vec<LeftAlone>,
}

/// What is known of an object that makes pods.
pub(super) enum Read {
    /// A database, or something that keeps what stateproof cannot read.
    Found(Box<Discovered>),
    /// Why it is none.
    LeftAlone(String),
}

/// Finds the databases in a set of manifests: StatefulSets, and Deployments, that run the image of a database that
/// stateproof speaks, by whatever registry, vendor, tag and digest; whose command starts one; whose port and environment
/// are one's; or that say with the annotation or label `stateproof.dev/engine` what they run. An nginx in a StatefulSet
/// is verified too, one in a Deployment only where it is marked: nobody expects it to keep anything. A StatefulSet that
/// runs what stateproof does not speak (Redis, ZooKeeper, Cassandra …) is found as [`super::EngineKind::Other`].
///
/// A StatefulSet without claims that runs something else is passed over: it keeps nothing. One with claims is a
/// problem until it says what it is: a database that is silently not verified would pass.
///
/// What the manifests say is resolved within the set: the governing Service, environment variables from Secrets
/// and ConfigMaps, the port, the data directory. Objects that name no namespace are in the default one. What is
/// odd but runs, such as a data directory that is on no claim, becomes one of the workload's notes.
///
/// # Errors
/// Everything in the set that would keep a database from running or from being reached, all at once; and a set
/// without a database.
///
/// ```
/// use stateproof::manifest::ManifestSet;
/// use stateproof::workload::discover;
///
/// let set = ManifestSet::from_str("web.yaml", "
/// apiVersion: apps/v1
/// kind: Deployment
/// metadata: { name: web }
/// spec: { template: { spec: { containers: [{ name: web, image: nginx:1.27 }] } } }
/// ")?;
/// let problems = discover(&set, "default").unwrap_err();
/// assert!(problems.to_string().ends_with("no database in the set: found Deployment web (nginx:1.27; no port declared)"));
/// # Ok::<(), stateproof::manifest::Problems>(())
/// ```
pub fn discover(set: &ManifestSet, default_namespace: &str) -> Result<Vec<Discovered>, Problems> {
    Ok(survey(set, default_namespace, &Declarations::new())?.found)
}

/// As [`discover`], with what somebody declares beside the manifests, and with what is left alone and why.
///
/// # Errors
/// As [`discover`].
pub fn survey(
    set: &ManifestSet,
    default_namespace: &str,
    declarations: &Declarations,
) -> Result<Survey, Problems> {
    let mut problems = Vec::new();
    let (mut found, mut left_alone) = (Vec::new(), Vec::new());
    let out_of_reach = operators::out_of_reach(set, default_namespace);
    // A custom resource may look like what Kubernetes has: OpenKruise's StatefulSet does.
    let of_kubernetes = |manifest: &&Manifest| operators::of(manifest).is_none();
    let makers = set.iter().filter(|manifest| manifest.pod_spec().is_some());
    for manifest in makers.filter(of_kubernetes) {
        let neighbours = Neighbours::of(manifest, set, default_namespace, declarations);
        let read = match (manifest.api_version(), manifest.kind()) {
            ("apps/v1", "StatefulSet") => stateful_set::read(manifest, neighbours, &mut problems),
            ("apps/v1", "Deployment") => deployment::read(manifest, neighbours, &mut problems),
            ("v1", "Pod") => bare_pod::read(manifest, neighbours, &mut problems),
            (_, kind) => Some(Read::LeftAlone(format!(
                "a {kind}: nothing that keeps a database"
            ))),
        };
        match read {
            Some(Read::Found(discovered)) => found.push(*discovered),
            Some(Read::LeftAlone(reason)) => left_alone.push(LeftAlone {
                object: manifest.to_string(),
                id: WorkloadId {
                    namespace: neighbours.namespace().to_owned(),
                    name: manifest.name().to_owned(),
                },
                declared_at: manifest.place().file_and_line(),
                reason,
                out_of_reach: false,
            }),
            None => {}
        }
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(match out_of_reach.first() {
            Some(resource) => nothing_in_reach(set, resource, &out_of_reach),
            None => no_database(set),
        });
    }
    left_alone.extend(out_of_reach);
    Problems::check(problems)?;
    Ok(Survey { found, left_alone })
}

/// A set whose only databases are made by operators.
fn nothing_in_reach(set: &ManifestSet, first: &LeftAlone, all: &[LeftAlone]) -> Problem {
    let resources: Vec<&str> = all.iter().map(|resource| resource.object.as_str()).collect();
    let problem = Problem::new(DiscoverError::OutOfReach {
        resources: resources.join(", "),
    });
    let mut manifests = set.iter();
    let declared = manifests.find(|manifest| manifest.place().file_and_line() == first.declared_at);
    match declared {
        Some(manifest) => problem.at(manifest.locate("/kind"), "a custom resource of an operator"),
        None => problem,
    }
}

pub(super) fn no_database(set: &ManifestSet) -> Problem {
    let workloads: Vec<&Manifest> = set
        .iter()
        .filter(|manifest| manifest.pod_spec().is_some())
        .collect();
    let described: Vec<String> = workloads
        .iter()
        .map(|manifest| format!("{manifest} ({})", engines::seen(manifest)))
        .collect();
    let found = if described.is_empty() {
        "found nothing that runs pods".to_owned()
    } else {
        format!("found {}", described.join(", "))
    };
    let problem = Problem::new(DiscoverError::NoDatabase { found });
    match workloads.first() {
        Some(first) => problem.at(
            first.locate(&format!(
                "{}/containers/0/image",
                first.pod_spec().map_or("", |(pointer, _)| pointer)
            )),
            "not a database that stateproof speaks",
        ),
        None => problem,
    }
}
