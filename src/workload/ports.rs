use k8s_openapi::api::core::v1::{Container, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// The container's declared port that has one of these names; the server's own default without one.
pub(super) fn declared(container: &Container, names: &[&str], default: u16) -> u16 {
    let declared = container.ports.as_deref().unwrap_or_default();
    declared
        .iter()
        .find(|port| port.name.as_deref().is_some_and(|name| names.contains(&name)))
        .and_then(|port| u16::try_from(port.container_port).ok())
        .unwrap_or(default)
}

/// Whether a Service's port leads to a port of the container (Kubernetes, "Field targetPort": a number, or the name of
/// a container's port; the Service's own where it is not set).
pub(super) fn leads_to(offered: &ServicePort, container: &Container, port: u16) -> bool {
    let port = i32::from(port);
    match &offered.target_port {
        None => offered.port == port,
        Some(IntOrString::Int(target)) => *target == port,
        Some(IntOrString::String(name)) => container
            .ports
            .iter()
            .flatten()
            .any(|declared| declared.name.as_ref() == Some(name) && declared.container_port == port),
    }
}
