use k8s_openapi::api::core::v1::Pod;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::json;
use tokio::time::{Duration, Instant};

use super::RunError;
use super::cadence::next_try;
use crate::cluster::{FIELD_MANAGER, STAND_INS_POLICY as NAME};
use crate::history::ImageFact;
use crate::manifest::ManifestSet;

/// How long a policy may take until the API server goes by it.
const DEADLINE: Duration = Duration::from_secs(30);

/// Lets pods start whose image is a stand-in and always to be pulled, as `:latest` is (Kubernetes, "Images", "Default
/// image pull policy"): no registry has it. The manifests stay as they are; what the cluster makes of them is said.
///
/// Only for a cluster that stateproof made; nothing is done there unless the set asks for such an image.
///
/// # Errors
/// [`RunError::StandIns`] when the API server refuses the policy or does not go by it.
pub async fn let_in(
    client: &Client,
    set: &ManifestSet,
    images: &[ImageFact],
    namespace: &str,
) -> Result<Option<String>, RunError> {
    let wanted: Vec<&str> = always_pulled(set)
        .filter(|image| {
            let mut facts = images.iter();
            facts.any(|fact| fact.name == *image && fact.stand_in.is_some())
        })
        .collect();
    let Some(image) = wanted.first() else {
        return Ok(None);
    };
    let refused = |source| RunError::StandIns(Box::new(source));
    for (kind, spec) in [
        ("MutatingAdmissionPolicy", policy()),
        ("MutatingAdmissionPolicyBinding", json!({"policyName": NAME})),
    ] {
        let of = GroupVersionKind::gvk("admissionregistration.k8s.io", "v1", kind);
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &ApiResource::from_gvk(&of));
        let body = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": NAME}, "spec": spec,
        });
        let params = PatchParams::apply(FIELD_MANAGER).force();
        api.patch(NAME, &params, &Patch::Apply(&body))
            .await
            .map_err(refused)?;
    }
    until_in_force(client, namespace, image).await?;
    Ok(Some(format!(
        "imagePullPolicy Always is taken as IfNotPresent here: no registry has the stand-in for {}",
        wanted.join(", ")
    )))
}

/// The images that the kubelet is to pull whenever a container starts.
fn always_pulled(set: &ManifestSet) -> impl Iterator<Item = &str> {
    let pods = set
        .iter()
        .filter_map(|manifest| manifest.pod_spec().map(|(_, pod)| pod));
    let containers = pods.flat_map(|pod| {
        ["initContainers", "containers"]
            .into_iter()
            .flat_map(|list| pod[list].as_array().into_iter().flatten())
    });
    containers.filter_map(|container| {
        let image = container["image"].as_str()?;
        let tag = image
            .rsplit('/')
            .next()
            .and_then(|name| name.split_once(':'))
            .map(|(_, tag)| tag);
        let always = match container["imagePullPolicy"].as_str() {
            Some(policy) => policy == "Always",
            None => !image.contains('@') && tag.is_none_or(|tag| tag == "latest"),
        };
        always.then_some(image)
    })
}

/// Kubernetes, "Mutating Admission Policy": containers are merged by their names.
fn policy() -> serde_json::Value {
    let list = |list: &str, kind: &str| {
        format!(
            "{list}: has(object.spec.{list}) ? object.spec.{list}.map(c, Object.spec.{kind}{{name: c.name, \
             imagePullPolicy: c.imagePullPolicy == \"Always\" ? \"IfNotPresent\" : c.imagePullPolicy}}) : []"
        )
    };
    let expression = format!(
        "Object{{spec: Object.spec{{{}, {}}}}}",
        list("containers", "containers"),
        list("initContainers", "initContainers")
    );
    json!({
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "matchConstraints": {"resourceRules": [{
            "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
        }]},
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
    })
}

/// The API server goes by a new policy after a moment of its own, which cannot be watched: a pod is asked for that is
/// never made.
async fn until_in_force(client: &Client, namespace: &str, image: &str) -> Result<(), RunError> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": NAME},
        "spec": {
            "automountServiceAccountToken": false,
            "serviceAccountName": "vantage",
            "containers": [{"name": "probe", "image": image, "imagePullPolicy": "Always"}],
        },
    }))
    .map_err(|error| RunError::StandIns(Box::new(kube::Error::SerdeError(error))))?;
    let end = Instant::now() + DEADLINE;
    loop {
        let made = pods.create(&params, &pod).await;
        let in_force = made.as_ref().is_ok_and(|made| {
            let mut containers = made.spec.iter().flat_map(|spec| &spec.containers);
            containers.any(|container| container.image_pull_policy.as_deref() == Some("IfNotPresent"))
        });
        if in_force {
            return Ok(());
        }
        if Instant::now() >= end {
            return match made {
                Err(error) => Err(RunError::StandIns(Box::new(error))),
                Ok(_) => Err(RunError::NotInForce {
                    policy: NAME,
                    waited_s: DEADLINE.as_secs(),
                }),
            };
        }
        next_try().await;
    }
}

#[cfg(test)]
mod tests {
    use super::always_pulled;
    use crate::manifest::ManifestSet;

    fn images(container: &str) -> Vec<String> {
        let text = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, {container}}}]}}}}"
        );
        let set = ManifestSet::from_str("p.yaml", &text).unwrap();
        always_pulled(&set).map(str::to_owned).collect()
    }

    #[test]
    fn latest_is_always_pulled_unless_the_manifest_says_otherwise() {
        for always in [
            "image: nginx",
            "image: 'nginx:latest'",
            "image: 'mirror:5000/nginx'",
            "image: 'nginx:1.27', imagePullPolicy: Always",
        ] {
            assert_eq!(images(always).len(), 1, "{always}");
        }
        for not in [
            "image: 'nginx:1.27'",
            "image: 'nginx:latest', imagePullPolicy: IfNotPresent",
            "image: 'nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000'",
        ] {
            assert!(images(not).is_empty(), "{not}");
        }
    }
}
