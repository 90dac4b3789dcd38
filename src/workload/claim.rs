use k8s_openapi::api::core::v1::PersistentVolumeClaim;

use super::ClaimTemplate;

impl ClaimTemplate {
    /// What a claim, or a template of claims, asks for.
    pub(super) fn of(name: String, claim: &PersistentVolumeClaim, mounts: Vec<String>) -> Self {
        let spec = claim.spec.clone().unwrap_or_default();
        let requests = spec.resources.and_then(|resources| resources.requests);
        let storage = requests.and_then(|requests| requests.get("storage").map(|size| size.0.clone()));
        Self {
            name,
            storage: storage.unwrap_or_default(),
            access_modes: spec.access_modes.unwrap_or_default(),
            storage_class: spec.storage_class_name,
            mounts,
            retained: false,
        }
    }
}
