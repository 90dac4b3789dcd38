use k8s_openapi::api::core::v1::Service;

use super::DiscoverError;
use super::neighbours::Neighbours;
use super::selector::{self, Labels};
use super::typed::typed;
use crate::manifest::{Manifest, Problem};

/// Checks the Service that gives a StatefulSet's members their DNS names, and returns what a reader should know
/// about it.
pub(super) fn check(
    workload: &Manifest,
    service: Option<&str>,
    labels: &Labels,
    neighbours: Neighbours<'_>,
) -> Result<Option<String>, Problem> {
    let place = workload.locate("/spec/serviceName");
    let Some(name) = service.filter(|name| !name.is_empty()) else {
        let object = workload.to_string();
        return Err(
            Problem::new(DiscoverError::NoServiceName { object }).at(place, "`serviceName` is missing here")
        );
    };
    let Some(declared) = neighbours.find("Service", name) else {
        let error = DiscoverError::NoService {
            object: workload.to_string(),
            service: name.to_owned(),
            found: others(neighbours),
        };
        return Err(Problem::new(error).at(place, "no Service of this name in the set"));
    };
    let spec = typed::<Service>(declared)?.spec.unwrap_or_default();
    let wanted = spec.selector.unwrap_or_default();
    if wanted.is_empty() || !selector::selects(&wanted, labels) {
        let error = DiscoverError::ServiceSelectsNothing {
            service: declared.to_string(),
            object: workload.to_string(),
            wanted: selector::list(&wanted),
            labels: selector::list(labels),
        };
        return Err(Problem::new(error)
            .at(
                declared.locate("/spec/selector"),
                "no pod of the StatefulSet has this",
            )
            .at(
                workload.locate("/spec/template/metadata/labels"),
                "its pods' labels",
            ));
    }
    let headless = spec.cluster_ip.as_deref() == Some("None");
    // A note only: CoreDNS answers for the members of such a Service too, other servers need not.
    Ok((!headless).then(|| {
        format!(
            "the governing Service {name} is not headless (clusterIP: None): Kubernetes promises the members' DNS \
             names only for a headless one"
        )
    }))
}

fn others(neighbours: Neighbours<'_>) -> String {
    let names: Vec<&str> = neighbours.every("Service").map(Manifest::name).collect();
    if names.is_empty() {
        format!("the set has no Service in namespace {}", neighbours.namespace())
    } else {
        format!(
            "in namespace {} it has {}",
            neighbours.namespace(),
            names.join(", ")
        )
    }
}
