use super::neighbours::Neighbours;
use super::{Credentials, DiscoverError, Workload, deployment, engines, stateful_set};
use crate::manifest::{Manifest, ManifestSet, Problem, Problems};

/// A workload that was found, and how to log in to it.
#[derive(Clone, Debug)]
pub struct Discovered {
    /// The workload.
    pub workload: Workload,
    /// How to log in; kept apart, since a workload is written into histories.
    pub credentials: Credentials,
}

/// Finds the databases in a set of manifests: StatefulSets, and Deployments, that run the official image of a database
/// that stateproof speaks, by whatever registry and tag, or that say with the annotation or label
/// `stateproof.dev/engine` what they run. An nginx in a StatefulSet is verified too, one in a Deployment only where it
/// is marked: nobody expects it to keep anything.
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
    let mut problems = Vec::new();
    let found: Vec<Discovered> = set
        .iter()
        .filter(|manifest| manifest.api_version() == "apps/v1")
        .filter_map(|manifest| {
            let neighbours = Neighbours::of(manifest, set, default_namespace);
            match manifest.kind() {
                "StatefulSet" => stateful_set::read(manifest, neighbours, &mut problems),
                "Deployment" => deployment::read(manifest, neighbours, &mut problems),
                _ => None,
            }
        })
        .collect();
    if found.is_empty() && problems.is_empty() {
        problems.push(no_database(set));
    }
    Problems::check(problems)?;
    Ok(found)
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
